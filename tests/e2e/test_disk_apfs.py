# SPDX-License-Identifier: Apache-2.0
"""APFS: containers by recipe; what the source hands out is what went in, and what the Sleuth
Kit sees in them."""

import hashlib
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "forge"))
import apfs  # noqa: E402
from known import UUID, fletcher  # noqa: E402

from conftest import CANARY  # noqa: E402

DUMP = os.environ.get("SOURCE_DUMP")
pytestmark = pytest.mark.skipif(not DUMP, reason="SOURCE_DUMP does not name the test program")


def tree():
    files = {"/empty": b"", "/text": b"a line of text\n" * 3000, "/link": ("link", "../some/where"),
             "/holes": bytes(40960) + b"data" * 5000 + bytes(61440) + b"end",
             "/packed": ("packed", b"packed text\n" * 900), "/stored": ("stored", b"as it is"),
             "/Library": None, "/Library/LaunchAgents": None, "/many": None,
             "/Library/LaunchAgents/canary.plist": CANARY}
    for i in range(250):
        files[f"/many/file number {i:03}"] = b"%d\n" % i
    return files


def expected(files):
    found = {}
    for path, what in files.items():
        data = what[1] if isinstance(what, tuple) and what[0] != "link" else what
        if isinstance(data, bytes):
            found[path] = (len(data), hashlib.sha256(data).hexdigest())
    return found


@pytest.fixture(name="files", scope="module")
def make_files():
    return tree()


@pytest.fixture(name="image")
def make_image(tmp_path, files):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "apfs.img"
    path.write_bytes(apfs.Container([("Macintosh HD", files, 1, 1)]).image())
    return path


def as_volume(image, index=0):
    """The volume as its source is handed it: with its mark."""
    part = image.with_suffix(".part")
    data = bytearray(image.read_bytes())
    data[:16] = b"swVolume" + bytes([index]) + bytes(7)
    part.write_bytes(data)
    return part


def dump(kind, path):
    result = subprocess.run([DUMP, kind, path], capture_output=True, check=False, timeout=60)
    assert result.returncode in (0, 1), result
    lines = [line.split("\t") for line in result.stdout.decode().splitlines()]
    return [line for line in lines if line[0] != "!"], [line[1:] for line in lines if line[0] == "!"]


def contents(lines):
    return {line[6]: (int(line[4]), line[5]) for line in lines if line[0] == "f"}


@pytest.mark.parametrize("features", [1, 8, 0])
def test_files_are_those_that_went_in(tmp_path, files, features):
    path = tmp_path / "apfs.img"
    path.write_bytes(apfs.Container([("Macintosh HD", files, 1, features)]).image())
    lines, failures = dump("apfs", as_volume(path))
    assert failures == []
    assert contents(lines) == expected(files)
    assert {line[6]: line[7] for line in lines if line[0] == "l"} == {"/link": "../some/where"}
    assert {line[6] for line in lines if line[0] == "d"} == {path for path, what in files.items() if what is None}
    assert {line[2] for line in lines} == {"501:20"}


@pytest.mark.skipif(not shutil.which("fls"), reason="the Sleuth Kit is not installed")
def test_the_sleuth_kit_sees_the_same(image, files):
    pool = subprocess.run(["pstat", image], capture_output=True, check=False, text=True).stdout  # no map of free blocks
    block = re.search(r"APSB Block Number: (\d+)", pool).group(1)
    assert "Macintosh HD" in pool
    base = ["-P", "apfs", "-B", block]
    seen = subprocess.run(["fls", *base, "-r", "-p", "-F", image], capture_output=True, check=True, text=True).stdout
    numbers = {"/" + name: number for number, name in re.findall(r"^r/r (\d+)-?[^:]*:\t(.*)$", seen, re.M)}
    assert numbers.keys() == expected(files).keys()
    for path in ("/text", "/holes", "/Library/LaunchAgents/canary.plist", "/many/file number 017"):
        data = subprocess.run(["icat", *base, image, numbers[path]], capture_output=True, check=True).stdout
        assert (len(data), hashlib.sha256(data).hexdigest()) == expected(files)[path]


def test_a_sweep_finds_what_is_in_each_volume(image, scan):
    path = image
    path.write_bytes(apfs.Container([("Data", tree(), 1, 1), ("Locked", {"/x": b"x"}, 0, 1),
                                     ("System", {"/x": b"x"}, 1, 0x21), ("VM", {"/found": CANARY}, 1, 0)]).image())
    result = scan(path.parent)
    found = {finding["locator"][len(str(path)):] for finding in result.findings}
    assert {name.rpartition("!")[2] for name in found} == {"/Library/LaunchAgents/canary.plist", "/found"}
    assert any("Data" in name for name in found) and any("VM" in name for name in found)
    gaps = {gap["reason"]: gap["detail"] for gap in result.gaps}
    assert gaps.keys() == {"encrypted", "unsupported"}
    assert '"Locked"' in gaps["encrypted"] and str(UUID) in gaps["encrypted"]
    assert '"System"' in gaps["unsupported"] and "sealed" in gaps["unsupported"]


def test_a_loop_of_nodes_ends(image, files):
    """Every pointer of the root of the names goes to the first child."""
    data = bytearray(image.read_bytes())
    for at in range(0, len(data), 4096):
        kind, subtype = struct.unpack_from("<II", data, at + 24)
        flags, level, count = struct.unpack_from("<HHI", data, at + 32)
        if subtype == 0xE and level == 1:
            values = [4096 - 40 - struct.unpack_from("<H", data, at + 56 + i * 8 + 4)[0] for i in range(count)]
            for value in values[1:]:
                data[at + value:at + value + 8] = data[at + values[0]:at + values[0] + 8]
            data[at:at + 4096] = fletcher(data[at:at + 4096])
            assert kind == 2 and flags & 1
    image.write_bytes(data)
    lines, failures = dump("apfs", as_volume(image))
    assert failures
    assert contents(lines).items() <= expected(files).items()


def test_bits_that_flip(image, files):
    whole = image.read_bytes()
    rng = random.Random(4)
    used = [at for at in range(0, len(whole), 4096) if whole[at:at + 4096].strip(b"\0")]
    for seed in range(60):
        data = bytearray(whole)
        block = rng.choice(used)
        data[block + rng.randrange(4096)] ^= 1 << rng.randrange(8)
        if seed % 2 and struct.unpack_from("<I", data, block + 28)[0] in (0, 0xB, 0xE):
            data[block:block + 4096] = fletcher(data[block:block + 4096])
        image.write_bytes(data)
        dump("apfs", as_volume(image))
        dump("apfs-container", image)


def test_an_image_that_is_cut(image, files):
    whole = image.read_bytes()
    for size in range(0, len(whole), 40960):
        image.write_bytes(whole[:size])
        lines, failures = dump("apfs", as_volume(image)) if size >= 4096 else ([], ["x"])
        assert failures or contents(lines) == expected(files)
