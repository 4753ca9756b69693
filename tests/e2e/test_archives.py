# SPDX-License-Identifier: Apache-2.0
"""Containers as other programs make them: the engine's sources give the same members.

The sources are asked through tests/tools/open_container.c, without the engine."""

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "forge"))
import archives  # noqa: E402

TOOL = os.environ.get("OPEN_CONTAINER")
pytestmark = pytest.mark.skipif(not TOOL, reason="OPEN_CONTAINER is not set")

RANDOM = random.Random(4)
FILES = {
    "alpha.txt": b"".join(b"line %d of the first file\n" % i for i in range(900)),
    "beta.bin": RANDOM.randbytes(5000),
    "gamma.one": b"x",
}
SUMS = {hashlib.sha256(data).hexdigest() for data in FILES.values()}
FIRST = hashlib.sha256(FILES["alpha.txt"]).hexdigest()


def listing(path, *options):
    done = subprocess.run([TOOL, *options, str(path)], capture_output=True, timeout=60)
    assert done.stderr == b"" and done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sums(rows):
    return {row["sha256"] for row in rows if row.get("kind") == "file"}


def everything():
    yield from archives.recipes(FILES).items()
    yield from archives.tools(FILES).items()


CASES = dict(everything()) if TOOL else {}


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_container_gives_its_content(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(CASES[name])
    rows = listing(path)
    errors = [row["reason"] for row in rows if "error" in row]
    if "deflate64" in name:  # no library reads it: said, and the others are read
        assert set(errors) == {"unsupported"} and len(sums(rows) & SUMS) >= 1
        return
    assert errors == []
    stream = name.startswith("one.") or name.endswith(".stream")
    assert sums(rows) >= ({FIRST} if stream else SUMS), rows


def test_the_usual_tools_were_there():
    assert len(CASES) >= 30, sorted(CASES)


@pytest.mark.parametrize("name", sorted(name for name in CASES if name.endswith((".tar", ".zip"))))
def test_members_are_those_that_python_sees(name, tmp_path):
    if "deflate64" in name:
        pytest.skip("zipfile does not read deflate64")
    path = tmp_path / name
    path.write_bytes(CASES[name])
    seen = [(row["name"], row["sha256"]) for row in listing(path) if row.get("kind") == "file"]
    if name.endswith(".tar"):
        with tarfile.open(path) as archive:
            wanted = [(info.name, hashlib.sha256(archive.extractfile(info).read()).hexdigest()) for info in archive]
    else:
        with zipfile.ZipFile(path) as archive:
            wanted = [(info.filename, hashlib.sha256(archive.read(info)).hexdigest()) for info in archive.infolist()]
    assert seen == wanted


def test_a_tar_flows_out_of_a_stream(tmp_path):
    for name, pack in (("gzip", gzip.compress), ("bzip2", archives.bz2.compress), ("xz", archives.lzma.compress)):
        path = tmp_path / name
        path.write_bytes(pack(archives.tar(FILES)))
        rows = listing(path, "--kind", name + "+tar")
        assert sums(rows) == SUMS and not [row for row in rows if "error" in row]


def test_one_member_of_many_gzip_members(tmp_path):
    path = tmp_path / "many.gz"
    path.write_bytes(b"".join(gzip.compress(bytes([i % 251]) * i) for i in range(2000)))
    rows = listing(path)
    assert rows[-1]["sha256"] == hashlib.sha256(b"".join(bytes([i % 251]) * i for i in range(2000))).hexdigest()
    assert len(rows) == 1


def test_python_packages_and_programs_are_opened(tmp_path):
    """A whole program in front of a zip, as self-extracting archives and zipapps have it."""
    for front in (b"#!/usr/bin/python3\n", Path("/bin/true").read_bytes()):
        path = tmp_path / "app"
        path.write_bytes(front + archives.zip_(FILES))
        assert sums(listing(path)) == SUMS
