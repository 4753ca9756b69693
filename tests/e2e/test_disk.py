# SPDX-License-Identifier: Apache-2.0
"""Disks: tables of volumes, FAT and NTFS in them, what is no file system, and what only looks
like a disk. All images are made by the tools of Debian packages, without mounting."""

import hashlib
import json
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
import sweep
from conftest import CANARY

MIB = 1 << 20
RULE = 'rule canary { strings: $a = "%s" condition: $a }\n' % CANARY.decode()
TOOLS = ["mkfs.fat", "mcopy", "mdel", "mkntfs", "ntfscp", "sfdisk", "sgdisk", "mkswap"]
pytestmark = pytest.mark.skipif(any(shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin") is None
                                    for tool in TOOLS), reason="a tool for disks is missing")


def tool(*command, **keywords):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MTOOLS_SKIP_CHECK": "1"}, **keywords)


def sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def put(image, part, at):
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(part if isinstance(part, bytes) else part.read_bytes())


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """A folder with a rule, a FAT and an NTFS volume, and a disk of each kind that holds both."""
    folder = tmp_path_factory.mktemp("disks")
    (folder / "rule.yar").write_text(RULE)
    tree = folder / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "live.txt").write_bytes(b"x " + CANARY)
    (tree / "large").write_bytes(bytes(3 * MIB) + CANARY)
    with zipfile.ZipFile(tree / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/zip.txt", b"z " + CANARY)
    fat = sparse(folder / "fat.img", 40 * MIB)
    tool("mkfs.fat", "-F", "32", fat)
    tool("mcopy", "-i", fat, "-s", tree / "a", tree / "large", tree / "t.zip", "::/")
    tool("mcopy", "-i", fat, tree / "a" / "b" / "live.txt", "::/gone.txt")
    tool("mdel", "-i", fat, "::/gone.txt")
    ntfs = sparse(folder / "ntfs.img", 16 * MIB)
    tool("mkntfs", "-F", "-Q", ntfs)
    tool("ntfscp", ntfs, tree / "a" / "b" / "live.txt", "live.txt")
    tool("ntfscp", "-N", "stream", ntfs, tree / "a" / "b" / "live.txt", "live.txt")
    tool("ntfscp", ntfs, tree / "t.zip", "t.zip")
    return folder


FAT = {"/a/b/live.txt", "/large", "/t.zip!in/zip.txt", "/_one.txt"}
NTFS = {"/live.txt", "/live.txt:stream", "/t.zip!in/zip.txt"}


def scan(kit, target, *options, **keywords):
    return sweep.scan("--no-builtin-rules", "-r", kit / "rule.yar", *options, target, **keywords)


def places(result, target):
    """What has findings, without the file itself."""
    found = {finding["locator"].removeprefix(str(target)) for finding in result.findings}
    return {place.removeprefix("!") for place in found}


def disk(kit, kind):
    image = sparse(kit / f"{kind}.img", 64 * MIB)
    if kind == "gpt":
        tool("sgdisk", "-n", "1:2048:+40M", "-c", "1:EFI boot", "-n", "2:0:+16M", image)
        starts = 2048, 2048 + 40 * 2048
    else:
        second = 2048 + 40 * 2048
        if kind == "mbr":
            script = f"label: dos\nstart=2048,size=81920,type=c\nstart={second},size=32768,type=7\n"
        else:
            second += 4096
            script = (f"label: dos\nstart=2048,size=81920,type=c\nstart={second - 2048},size=40000,type=5\n"
                      f"start={second},size=32768,type=7\n")
        tool("sfdisk", "-q", image, input=script.encode())
        starts = 2048, second
    put(image, kit / "fat.img", starts[0] * 512)
    put(image, kit / "ntfs.img", starts[1] * 512)
    return image


@pytest.mark.parametrize("name, kind, expected", [("fat.img", "fat", FAT), ("ntfs.img", "ntfs", NTFS)])
def test_a_file_system_by_itself(kit, name, kind, expected):
    result = scan(kit, kit / name)
    assert result.gaps == [], str(result)
    assert places(result, kit / name) == {f"{kind}!{place}" for place in expected}


@pytest.mark.parametrize("kind, first, second", [("mbr", "p1", "p2"), ("extended", "p1", "p5"),
                                                 ("gpt", "p1(EFI boot)", "p2")])
def test_volumes(kit, kind, first, second):
    image = disk(kit, kind)
    before = hashlib.sha256(image.read_bytes()).digest()
    result = scan(kit, image)
    assert result.gaps == [], str(result)
    assert places(result, image) == ({f"{first}!fat!{place}" for place in FAT} |
                                     {f"{second}!ntfs!{place}" for place in NTFS})
    assert hashlib.sha256(image.read_bytes()).digest() == before


def test_a_deleted_file_says_so(kit):
    for finding in scan(kit, kit / "fat.img").findings:
        gone = "/_one.txt" in finding["locator"]
        assert finding["object"]["deleted"] is gone
        assert finding["chain"][2].get("deleted", False) is gone
        assert finding["chain"][2].get("recovery") == ("full" if gone else None)
        assert finding["chain"][1] == {"kind": "file-system", "name": "fat", "mode": "0000"}


def test_a_disk_inside_an_archive(kit, tmp_path):
    with zipfile.ZipFile(tmp_path / "evidence.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(kit / "fat.img", "case/fat.img")
    result = scan(kit, tmp_path / "evidence.zip")
    assert {f"case/fat.img!fat!{place}" for place in FAT} == places(result, tmp_path / "evidence.zip")


def test_threads_change_nothing(kit):
    image = disk(kit, "mbr")
    first, *rest = (scan(kit, image, "-j", str(threads)) for threads in (1, 2, 4))
    want = sorted(json.dumps(finding, sort_keys=True) for finding in first.findings)
    for other in rest:
        assert sorted(json.dumps(finding, sort_keys=True) for finding in other.findings) == want


def test_bytes_that_nobody_knows_are_searched_and_told(kit, tmp_path):
    image = sparse(tmp_path / "unknown.img", 64 * MIB)
    tool("sfdisk", "-q", image, input=b"label: dos\nstart=2048,size=40960,type=83\nstart=43008,size=40960,type=83\n")
    put(image, b"?" + CANARY, (2048 + 16384) * 512 - 7)  # across the edge of two windows
    result = scan(kit, image)
    assert {gap["reason"] for gap in result.gaps} == {"unsupported"}
    assert [gap["locator"].split("!")[1] for gap in result.gaps] == ["p1"]  # the second is empty
    assert {place.split("!")[0] for place in places(result, image)} == {"p1"}


def test_a_swap_area_is_no_gap(kit, tmp_path):
    image = sparse(tmp_path / "swap.img", 40 * MIB)
    tool("mkswap", image)
    put(image, CANARY, 17 * MIB - 3)
    result = scan(kit, image)
    assert len(result.findings) == 1 and result.gaps == [], str(result)


def test_a_disk_of_zeros_is_clean(kit, tmp_path):
    image = sparse(tmp_path / "zeros.img", 2 << 30)
    tool("sfdisk", "-q", image, input=b"label: dos\nstart=2048,size=4000000,type=83\n")
    result = scan(kit, image, timeout=30)
    assert result.findings == [] and result.gaps == [] and result.code == 0, str(result)


@pytest.mark.parametrize("first", [b"\x7fELF\2\1\1\0", b"#!/bin/sh\n", b"import os, sys\n", b"MZ\x90\0\3\0\0\0",
                                   b"\xcf\xfa\xed\xfe\7\0\0\1", b"dex\n035\0", b"\0asm\1\0\0\0",
                                   b"// \xc3\xa9t\xc3\xa9, and so on until byte 32\n"])
def test_a_program_that_is_a_disk_as_well(kit, tmp_path, first):
    """Its bytes are searched, whatever else it looks like: here an MBR."""
    image = sparse(tmp_path / "both.img", 4 * MIB)
    tool("sfdisk", "-q", image, input=b"label: dos\nstart=2048,size=2048,type=83\n")
    put(image, first, 0)
    put(image, CANARY, 3 * MIB)  # outside of every volume
    assert "" in places(scan(kit, image), image)


def test_each_file_has_limits_of_its_own(kit, tmp_path):
    """A bomb on a disk costs one gap, and the file after it is looked at."""
    image = sparse(tmp_path / "limits.img", 40 * MIB)
    tool("mkfs.fat", "-F", "32", image)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(60):
            archive.writestr(f"f{number}", b"x")
    tool("mcopy", "-i", image, tmp_path / "many.zip", "::/a_many.zip")
    tool("mcopy", "-i", image, kit / "tree" / "t.zip", "::/b.zip")
    result = scan(kit, image, "--max-members", "50")
    assert [gap["reason"] for gap in result.gaps] == ["limit_members"]
    assert "a_many.zip" in result.gaps[0]["locator"]
    assert places(result, image) == {"fat!/b.zip!in/zip.txt"}


def test_a_cut_disk_says_what_is_missing(kit, tmp_path):
    image = tmp_path / "cut.img"
    image.write_bytes(disk(kit, "mbr").read_bytes()[:50 * MIB])
    result = scan(kit, image)
    assert "truncated" in {gap["reason"] for gap in result.gaps}
    assert {f"p1!fat!{place}" for place in FAT} <= places(result, image)


def mbr(*rows):
    return (b"\xfa" + bytes(445) + b"".join(struct.pack("<B3xB3xII", 0, *row) for row in rows) +
            bytes(16 * (4 - len(rows))) + b"\x55\xaa")


def test_a_disk_inside_itself_ends(kit, tmp_path):
    """Each volume is the disk again, four times over."""
    image = tmp_path / "self.img"
    image.write_bytes(mbr(*[(0x83, 1, 2047)] * 4) * 2048)
    result = scan(kit, image, timeout=100)
    assert "limit_members" in {gap["reason"] for gap in result.gaps} and not result.engine_deaths


def test_a_chain_of_sixteen_thousand_tables(kit, tmp_path):
    image = tmp_path / "chain.img"
    image.write_bytes(mbr((5, 1, 0xffff)) + b"".join(mbr((5, k, 0xffff)) for k in range(1, 16000)) + CANARY)
    result = scan(kit, image)
    assert {gap["reason"] for gap in result.gaps} == {"damaged", "unsupported"} and not result.engine_deaths
    assert result.findings  # searched as it lies


def test_a_part_that_is_a_program_is_searched(kit, tmp_path):
    """Its name says that it belongs to a disk, and the disk says that it is larger than its file."""
    image = sparse(tmp_path / "whole.img", 40 * MIB)
    tool("mkfs.fat", "-F", "32", image)
    content = image.read_bytes()
    (tmp_path / "update.001").write_bytes(content[:4 * MIB])
    (tmp_path / "update.002").write_bytes(b"\x7fELF\2\1\1\0" + bytes(8000) + CANARY)
    image.unlink()
    assert "update.002" in {Path(finding["object"]["path"]).name for finding in scan(kit, tmp_path).findings}
