# SPDX-License-Identifier: Apache-2.0
"""File systems that are named and not read. Super blocks are forged by recipe; blkid, where it
knows the file system, must see in them what the gap says."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "forge"))
from known import FORMS, GUID, SIZE, UUID  # noqa: E402

from conftest import CANARY  # noqa: E402

DUMP = os.environ.get("SOURCE_DUMP")
pytestmark = pytest.mark.skipif(not DUMP, reason="SOURCE_DUMP does not name the test program")


@pytest.fixture(name="disk")
def make_disk(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in" / "disk.img"


def write(path, blocks):
    with open(path, "wb") as file:
        for at, block in blocks.items():
            file.seek(at)
            file.write(block)
        file.seek(9 << 20)
        file.write(CANARY)
        file.truncate(SIZE)


def blkid(path):
    result = subprocess.run(["blkid", "-p", "-o", "export", path], capture_output=True, check=False, text=True)
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def bid(path):
    lines = subprocess.run([DUMP, "bids", path], capture_output=True, check=True, text=True).stdout.splitlines()
    return int(dict(line.split() for line in lines)["filesystem"])


@pytest.mark.parametrize("name", FORMS)
def test_a_file_system_is_named_and_its_bytes_are_searched(disk, scan, name):
    write(disk, FORMS[name]())
    assert bid(disk) >= 48
    number = str(GUID) if name == "ZFS" else str(UUID)
    seen = blkid(disk) if shutil.which("blkid") else {}
    if name not in ("bcachefs", "EROFS"):  # not known to every blkid
        assert seen.get("TYPE", "").replace("_member", "") == name.lower()
    if seen.get("TYPE"):
        assert seen["LABEL"] == "label" and seen["UUID"] == number
    result = scan(disk.parent)
    gap = [gap for gap in result.gaps if name in gap["detail"]]
    assert [(gap["reason"], gap["locator"]) for gap in gap] == [("unsupported", str(disk))]
    assert '"label"' in gap[0]["detail"] and number in gap[0]["detail"]
    assert len(result.findings) == 1 and result.findings[0]["locator"].startswith(str(disk))


@pytest.mark.parametrize("name", FORMS)
def test_a_magic_number_alone_is_nothing(disk, name):
    """Each super block with everything else that it says taken out."""
    magic = {"btrfs": (64, 8), "F2FS": (0, 4), "JFS": (0, 4), "ReiserFS": (52, 9), "NILFS2": (6, 2), "EROFS": (0, 4),
             "bcachefs": (24, 16), "OCFS2": (0, 8), "GFS2": (0, 4), "ZFS": ((16 << 10), 2)}[name]
    at, block = next(iter(FORMS[name]().items()))
    bare = bytearray(len(block))
    bare[magic[0]:sum(magic)] = block[magic[0]:sum(magic)]
    write(disk, {at: bare})
    assert bid(disk) == 0


@pytest.mark.parametrize("name", FORMS)
def test_a_super_block_that_is_cut(disk, name):
    for at, block in list(FORMS[name]().items())[:1]:
        for cut in (at + 1, at + len(block) // 2, at + len(block) - 1):
            disk.write_bytes(bytes(at) + block[:cut - at])
            result = subprocess.run([DUMP, "filesystem", disk], capture_output=True, check=False, timeout=60)
            assert result.returncode in (0, 1)
