# SPDX-License-Identifier: Apache-2.0
"""Containers made to be missed, to hang or to exhaust whoever opens them: each costs
exactly the gap that it should, a few seconds, and no more memory than anything else."""

import gzip
import io
import lzma
import os
import random
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib

import archives
import bombs
import pytest
import sweep
from conftest import CANARY
from test_memory import measured
from test_unpack import add, below, gaps, integrity, tar_of, write, zip_crypto

MIB = 1024 * 1024
DATA = b"some text before it, so that it packs " * 8 + CANARY + b"\n"
SECONDS = 30
PEAK = 200 * MIB


@pytest.fixture
def sweep_of(rules):
    """sweep_of(*args): within bounds of time and memory, and no engine dies."""

    def call(*args, seconds=SECONDS, peak=PEAK):
        words = ["--no-builtin-rules", "--rules", rules, *map(str, args)]
        result, most, _ = measured(words, timeout=max(60, 4 * seconds))
        assert result.engine_deaths == [], str(result)
        assert result.seconds < seconds * sweep.PATIENCE, result.seconds
        if not sweep.SANITIZER:
            assert most < peak, most
        return result

    return call


def needs(tool):
    return pytest.mark.skipif(not shutil.which(tool), reason=f"no {tool}")


def details(result):
    return {gap["locator"]: gap["detail"] for gap in result.gaps}


# --- archives that hold themselves, and far more than they seem to --------------------------------


@pytest.mark.parametrize("name, make, inner", [("r.gz", bombs.gzip_quine, "r.gz"), ("r.zip", bombs.zip_quine, "r/r.zip")])
def test_an_archive_that_is_its_own_content(tree, sweep_of, name, make, inner):
    path = write(tree, name, make())
    result = sweep_of(tree)
    assert gaps(result) == {("limit_depth", "!".join([os.fspath(path), *[inner] * 16]))}
    result = sweep_of("--max-depth", 32, tree)
    assert gaps(result) == {("limit_depth", "!".join([os.fspath(path), *[inner] * 32]))}


def test_sixteen_zips_in_each_of_five_levels(tree, sweep_of):
    """42.zip: a million files of 10 MiB, in 24 KiB."""
    path = write(tree, "42.zip", bombs.nested(5, 16, CANARY + bytes(10 * MIB)))
    result = sweep_of(tree)
    ((reason, locator),) = gaps(result)
    assert reason == "limit_ratio" and locator.startswith(f"{path}!00.zip!00.zip!00.zip!00.zip!")
    assert result.end["members"]["bytes"] < 68 * MIB
    assert "00.zip!00.zip!00.zip!00.zip!00.zip!leaf" in below(result, path)


def test_a_bomb_of_members(tree, sweep_of):
    """Sixteen million empty files."""
    path = write(tree, "42.zip", bombs.nested(5, 24, b""))
    result = sweep_of("--max-members", 20000, tree)
    ((reason, locator),) = gaps(result)
    assert reason == "limit_members" and locator.startswith(f"{path}!00.zip!")
    assert result.end["members"]["scanned"] <= 20000


def test_a_zip_of_quoted_local_headers(tree, sweep_of):
    """Each of 250 files holds the packed megabyte that they share."""
    path = write(tree, "overlap.zip", bombs.overlapping(250, CANARY + bytes(MIB)))
    result = sweep_of(tree)
    assert integrity(result) >= {("zip_entries_overlap", os.fspath(path))}
    assert {reason for reason, locator in gaps(result) if locator.count("!") == 1} == {"limit_ratio"}
    assert result.end["members"]["bytes"] < 68 * MIB and "0000" in below(result, path)


BOMBS = {"lzma": "xz --format=lzma -0c", "lz4": "lz4 -qc", "lzip": "lzip -0c", "compress": "compress -c",
         "7z": "7z a -bd -si -mx=1 {out}", "zip": "zip -q - -", "zstd-long": "zstd -qc --long=24",
         "xz-threads": "xz -0c -T2 --block-size=1MiB", "gzip-members": "split -b 4M --filter='gzip -c'"}


@pytest.mark.parametrize("packer", BOMBS)
def test_a_bomb_of_each_kind(tree, sweep_of, packer):
    command = BOMBS[packer]
    if not shutil.which(command.split()[0]):
        pytest.skip(f"no {packer}")
    path = tree / f"bomb.{packer}"
    out = "" if "{out}" in command else f"> {path}"
    subprocess.run(f"(printf %s {CANARY.decode()}; head -c 200M /dev/zero) | {command.format(out=path)} {out}",
                   shell=True, check=True, stdout=subprocess.DEVNULL)
    result = sweep_of("--max-ratio", 100, tree)
    ((reason, locator),) = gaps(result)
    assert reason == "limit_ratio" and locator.startswith(f"{path}!")
    assert len(below(result, path)) == 1 and result.end["members"]["bytes"] < 120 * MIB


def test_a_window_that_is_too_large(tree, sweep_of):
    """Decoders are asked what they need before they take it."""
    write(tree, "a.xz", lzma.compress(DATA, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1536 * MIB}]))
    write(tree, "a.lzma", b"\x5d\0\0\0\x80" + lzma.compress(DATA, lzma.FORMAT_ALONE)[5:])
    write(tree, "a.zst", b"\x28\xb5\x2f\xfd\0\xa8" + bytes(100))
    result = sweep_of(tree)
    assert gaps(result) >= {("limit_memory", f"{tree}/a.xz!a"), ("limit_memory", f"{tree}/a.lzma!a")}
    assert {locator.partition("!")[0] for _, locator in gaps(result)} == {f"{tree}/a.{e}" for e in ("xz", "lzma", "zst")}


@pytest.mark.slow
def test_a_zip_with_a_million_entries(tree, sweep_of):
    with zipfile.ZipFile(tree / "many.zip", "w") as archive:
        for number in range(1_000_001):
            archive.writestr(zipfile.ZipInfo(f"{number:07}"), CANARY if number in (0, 999_999, 1_000_000) else b"")
    result = sweep_of(tree, seconds=120)
    assert below(result, tree / "many.zip") == {"0000000", "0999999"}
    assert gaps(result) == {("limit_members", f"{tree}/many.zip")}
    assert result.end["members"]["scanned"] == 1_000_000


# --- sizes ----------------------------------------------------------------------------------------


def tar_header(name, size_field, kind=tarfile.REGTYPE):
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT))
    block[124:136], block[156:157], block[148:156] = size_field, kind, b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % 512)


def replaced(data, at, instead):
    return data[:at] + instead + data[at + len(instead):]


def sizes():
    """{name: (content, reasons that may be told)}: each claims what it cannot have."""
    one = {"bird": DATA}
    tar = archives.tar(one)
    for name, field in (("negative", b"\xff" * 12), ("huge", b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7),
                        ("wrap", b"\x80" + b"\xff" * 11), ("octal", b"77777777777\0")):
        yield f"{name}.tar", padded(tar_header("huge", field) + DATA) + bytes(1024), {"truncated", "damaged"}
    cpio = archives.cpio(one)
    yield "huge.cpio", replaced(cpio, 6 + 6 * 8, b"FFFFFFFF"), {"truncated"}
    yield "name.cpio", replaced(cpio, 6 + 11 * 8, b"FFFFFFFF"), {"limit_memory", "truncated"}
    ar = archives.ar(one)
    yield "huge.ar", replaced(ar, 8 + 48, b"9999999999"), {"truncated"}
    yield "negative.ar", replaced(ar, 8 + 48, b"-1        "), {"truncated", "damaged"}
    yield "names.ar", b"!<arch>\n" + b"%-48s%-10d`\n" % (b"//", 10 ** 9) + DATA, {"truncated", "damaged", "limit_memory"}
    stored = archives.zip_(one, zipfile.ZIP_STORED)
    central = stored.index(b"PK\1\2")
    for at in (18, 22):
        yield (f"huge{at}.zip", replaced(replaced(stored, at, b"\xfe\xff\xff\xff"), central + at + 2, b"\xfe\xff\xff\xff"),
               {"truncated", "damaged"})
    yield "far.zip", replaced(stored, central + 42, b"\xf0\xff\xff\x7f"), {"truncated", "damaged"}
    rar5 = archives.rar5(one)
    yield "huge.rar", replaced(archives.rar(one), 7 + 13 + 7, b"\xff\xff\xff\x7f"), {"truncated", "damaged"}
    yield "short.rar", rar5[:-40], {"truncated", "damaged"}
    lha = replaced(archives.lha(one), 7, b"\xff\xff\xff\x7f")
    yield "huge.lzh", replaced(lha, 1, bytes([sum(lha[2:2 + lha[0]]) & 0xff])), {"truncated", "damaged"}
    yield "huge.cab", replaced(archives.cab(one), 44, b"\xff\xff\xff\x7f"), {"truncated", "damaged"}
    warc = archives.warc(one)
    for name, size in (("huge", b"9" * 30), ("large", b"9223372036854775807"), ("negative", b"-5")):
        yield f"{name}.warc", warc.replace(b"Length: %d" % len(DATA), b"Length: " + size), {"truncated", "damaged"}
    yield "header.7z", seven(1 << 63, 32), {"truncated"}
    yield "large.7z", seven(0, (1 << 64) - 1), {"truncated"}


def seven(offset, size):
    facts = struct.pack("<QQI", offset, size, 0)
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(facts)) + facts + bytes(200)


def test_sizes_that_cannot_be(tree, sweep_of):
    wanted = {}
    for name, content, reasons in sizes():
        wanted[os.fspath(write(tree, name, content))] = reasons
    assert len(wanted) == 21
    result = sweep_of(tree)
    told = {path: set() for path in wanted}
    for gap in result.gaps:  # a zip is read both ways, and each may say the same
        told[gap["locator"].partition("!")[0]].add(gap["reason"])
    for path, reasons in wanted.items():
        assert told[path] and told[path] <= reasons, (path, told[path])
    assert result.end["members"]["bytes"] < 16 * MIB


# --- holes ----------------------------------------------------------------------------------------


def pax(**facts):
    out = b""
    for key, value in facts.items():
        text = f" GNU.sparse.{key}={value}\n".encode()
        size = len(text) + 1
        while len(str(size)) + len(text) != size:
            size += 1
        out += str(size).encode() + text
    return tar_header("pax", b"%011o\0" % len(out), b"x") + padded(out)


def holes(entries, count=None, real=MIB, data=b""):
    """A sparse file of GNU's format 1.0, whose map may say anything."""
    table = padded(b"%d\n" % (len(entries) if count is None else count) + b"".join(b"%d\n%d\n" % e for e in entries))
    return (pax(major=1, minor=0, name="holes", realsize=real)
            + tar_header("holes", b"%011o\0" % (len(table) + len(data))) + padded(table + data))


def plain(name):
    return tar_header(name, b"%011o\0" % len(CANARY)) + padded(CANARY)


BLOCK = CANARY + bytes(512 - len(CANARY))
MAPS = {
    "overlap": (holes([(0, 512), (100, 512), (50, 512)], data=BLOCK + bytes(1024)), {("damaged", "!holes")}, True),
    "backwards": (holes([(5000, 512), (100, 512)], data=bytes(512) + BLOCK), {("damaged", "!holes")}, True),
    "far": (holes([(1 << 62, 512)], real=(1 << 62) + 512, data=BLOCK), {("limit_size", "!holes")}, True),
    "negative": (holes([(-5, 512)], data=BLOCK), {("damaged", "")}, False),
    "good": (holes([(512, 512), (MIB - 512, 512)], data=BLOCK + BLOCK), set(), True),
}


@pytest.mark.parametrize("name", MAPS)
def test_maps_of_holes(tree, sweep_of, name):
    content, wanted, goes_on = MAPS[name]
    path = write(tree, "a.tar", plain("first") + content + plain("last") + bytes(1024))
    result = sweep_of(tree)
    assert gaps(result) == {(reason, f"{path}{where}") for reason, where in wanted}
    assert "first" in below(result, path) and ("last" in below(result, path)) == goes_on
    if name == "good":
        assert "holes" in below(result, path) and result.end["members"]["bytes"] < 2 * MIB


def test_content_that_a_map_leaves_out(tree, sweep_of):
    """A plain file for Python's tarfile, and so for pip; libarchive believes the map."""
    header = bytearray(tar_header("a.py", b"%011o\0" % 2048))
    header[257:265], header[386:410], header[483:495] = b"ustar  \0", b"00000000000\0" + b"%011o\0" % 512, b"%011o\0" % 512
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content = plain("first") + bytes(header) + b"#" * 1024 + BLOCK + b"#" * 512 + plain("last") + bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert CANARY in archive.extractfile("a.py").read()
    path = write(tree, "a.tar.gz", gzip.compress(content))
    result = sweep_of(tree)
    assert below(result, path) >= {"a.tar!first"}
    assert gaps(result) == {("damaged", f"{path}!a.tar")}


def test_a_map_with_millions_of_holes(tree, sweep_of):
    """libarchive makes a list of it, 20 times as large, and ends the process that has no
    memory for it."""
    count = 5_000_000
    table = padded(b"%d\n" % count + b"0\n0\n" * count)
    new = pax(major=1, minor=0, name="holes", realsize=100) + tar_header("holes", b"%011o\0" % len(table)) + table
    old = bytearray(tar_header("holes", b"%011o\0" % 0, b"S"))
    old[257:265], old[386:482], old[482], old[148:156] = b"ustar  \0", b"00000000000\0" * 8, 1, b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    more = (b"00000000000\0" * 42 + b"\1" + bytes(7)) * 100_000
    for name, content in (("new", new), ("old", bytes(old) + more + bytes(512))):
        write(tree, f"{name}.tar.gz", gzip.compress(plain("first") + content + plain("last") + bytes(1024), 1))
    result = sweep_of("-j1", tree)
    assert gaps(result) == {("limit_memory", f"{tree}/{name}.tar.gz!{name}.tar") for name in ("new", "old")}
    for name in ("new", "old"):
        assert below(result, tree / f"{name}.tar.gz") >= {f"{name}.tar!first"}


# --- what has content is looked at, whatever it is called -----------------------------------------


def odd_zip(name, content=DATA, attributes=0, system=3, extra=b"", local_extra=b"", method=8):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = content if method != 8 else packer.compress(content) + packer.flush()
    facts = struct.pack("<HHHHHIIIH", 63, 0, method, 0, 0x5a21, zlib.crc32(content), len(packed), len(content), len(name))
    local = b"PK\3\4" + facts + struct.pack("<H", len(local_extra)) + name + local_extra + packed
    central = (b"PK\1\2" + bytes([20, system]) + facts
               + struct.pack("<HHHHII", len(extra), 0, 0, 0, attributes, 0) + name + extra)
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


ATTRIBUTES = struct.pack("<HHBBHIH", 0x6c78, 10, 7, 3, 0x14, 0o40755 << 16, 0)
UTF8_NAME = b"\1" + struct.pack("<I", zlib.crc32(b"a.py")) + b"a.py/"
UTF8_NAME = struct.pack("<HH", 0x7075, len(UTF8_NAME)) + UTF8_NAME
ODD = {
    "folder": ({"attributes": 0o40755 << 16}, b"a.py"),
    "symlink": ({"attributes": 0o120777 << 16}, b"a.py"),
    "device": ({"attributes": 0o20666 << 16}, b"a.py"),
    "fifo": ({"attributes": 0o10666 << 16}, b"a.py"),
    "socket": ({"attributes": 0o140666 << 16}, b"a.py"),
    "nothing": ({"attributes": 0o160666 << 16}, b"a.py"),
    "dos-folder": ({"attributes": 0x10, "system": 0}, b"a.py"),
    "slash": ({}, b"a.py/"),
    "backslash": ({"system": 0}, b"a.py\\"),
    "nul": ({}, b"a.py\0b"),
    "nul-slash": ({}, b"a/\0b.py"),
    "extra-local": ({"local_extra": ATTRIBUTES}, b"a.py"),
    "extra-both": ({"local_extra": ATTRIBUTES, "extra": ATTRIBUTES}, b"a.py"),
    "utf8-name": ({"local_extra": UTF8_NAME, "extra": UTF8_NAME}, b"a.py"),
    "stored": ({"attributes": 0o120777 << 16, "method": 0}, b"a.py"),
}


def test_a_zip_hides_nothing_behind_a_kind(tree, sweep_of):
    """pip unpacks all of them as files; libarchive passes over what it calls otherwise."""
    for number, (kind, (keywords, name)) in enumerate(ODD.items()):
        write(tree, f"{kind}.zip", odd_zip(name, DATA + b"%d" % number, **keywords))
    for threads in (1, 2):
        result = sweep_of("-j", threads, tree)
        for kind, (_, name) in ODD.items():
            shown = name.decode().replace("\0", "%00")
            assert below(result, tree / f"{kind}.zip") == {shown}, kind
        assert result.gaps == []
    assert {name for name, _ in integrity(result)} == {"zip_name_with_nul"}


def test_an_honest_zip_keeps_its_kinds(tree, sweep_of):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        folder = zipfile.ZipInfo("folder/")
        folder.external_attr = 0o40755 << 16 | 0x10
        archive.writestr(folder, b"")
        archive.writestr("folder/bird", CANARY)
    # As jar packs a folder: two bytes of nothing.
    write(tree, "jar.zip", odd_zip(b"META-INF/", b""))
    path = write(tree, "a.zip", out.getvalue())
    result = sweep_of(tree)
    assert below(result, path) == {"folder/bird"} and result.end["members"]["scanned"] == 1
    assert result.gaps == [] and integrity(result) == set()


@needs("7z")
def test_a_folder_with_content_in_a_7z_and_a_cpio(tree, place, sweep_of):
    (place / "bird").write_bytes(DATA)
    path = tree / "a.7z"
    subprocess.run(["7z", "a", "-bd", "-mhc=off", path, "bird"], cwd=place, check=True, stdout=subprocess.DEVNULL)
    whole = bytearray(path.read_bytes())
    offset, size = struct.unpack("<QQ", whole[12:28])
    header = whole[32 + offset:32 + offset + size]
    at = header.rindex(b"\x15\x06\x01\x00") + 4
    header[at], header[at + 2:at + 4] = 0x10, struct.pack("<H", 0o40755)
    whole[32 + offset:32 + offset + size] = header
    whole[28:32] = struct.pack("<I", zlib.crc32(bytes(header)))
    whole[8:12] = struct.pack("<I", zlib.crc32(bytes(whole[12:32])))
    path.write_bytes(whole)
    cpio = archives.cpio({"bird": DATA}).replace(b"%08X" % 0o100644, b"%08X" % stat.S_IFDIR, 1)
    packed = write(tree, "b.cpio.gz", gzip.compress(cpio))
    result = sweep_of(tree)
    assert below(result, path) == {"bird"} and below(result, packed) == {"b.cpio!bird"} and result.gaps == []


# --- names, links ---------------------------------------------------------------------------------


def test_names_that_are_longer_than_paths(tree, sweep_of):
    """Both ends are told: the last part is what rules and indicators look at."""
    name = "d" * 5000 + "/" + "e" * 30000 + "/bird.pth"
    for path, content in ((tree / "a.zip", archives.zip_({name: DATA})),
                          (tree / "a.tar", archives.tar({name: DATA}, tarfile.GNU_FORMAT)),
                          (tree / "a.tgz", gzip.compress(archives.tar({name: DATA}, tarfile.GNU_FORMAT)))):
        path.write_bytes(content)
    result = sweep_of(tree)
    # What flows out of a stream is no object that it could be told of: the stream is.
    assert integrity(result) == {("member_name_too_long", f"{tree}/a.{ending}") for ending in ("zip", "tar", "tgz")}
    assert result.gaps == [] and [*below(result, tree / "a.tgz")][0].startswith("a.tar!ddd")
    for ending in ("zip", "tar"):
        (shown,) = below(result, tree / f"a.{ending}")
        assert shown.startswith("d" * 2048 + "(30978 bytes left out)") and shown.endswith("e/bird.pth")
        assert len(shown) <= 4096
    assert result.gaps == []


def test_links_that_lead_nowhere_good(tree, sweep_of):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            for name, target in (("loop", "loop"), ("a", "b"), ("b", "a"), ("out", "../../../etc/passwd"),
                                 ("root", "/etc/shadow"), ("line", "x\ny"), ("long", "l" * 9000)):
                add(archive, name, type=kind, linkname=target)
        add(archive, "bird", CANARY)
    path = write(tree, "a.tar", out.getvalue())
    result = sweep_of(tree)
    assert below(result, path) == {"bird"} and result.gaps == []


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "XYZ-13:37"])
def test_times_without_a_zone_are_the_same_everywhere(tree, rules, zone):
    for name, content in (("a.zip", archives.zip_({"bird": DATA})), ("a.cab", archives.cab({"bird": DATA})),
                          ("a.rar", archives.rar({"bird": DATA}))):
        write(tree, name, content)
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, env={"TZ": zone})
    times = {f["object"]["path"].rpartition(".")[2]: f["chain"][1]["mtime"] for f in result.findings if len(f["chain"]) == 2}
    assert times["zip"] == "2023-11-14T22:13:20.000000000Z" and times["rar"] == "2025-01-01T22:00:00.000000000Z"
    assert times["cab"].startswith("2023-09-01T12:00:00")


# --- cut off, damaged -----------------------------------------------------------------------------


# How much of a file may be missing before anybody can know what it is.
KNOWN_FROM = {"tar": 512, "zip": 30, "ar": 68, "7z": 6, "rar": 7, "rar5": 43, "lzh": 28, "cab": 36, "warc": 10,
              "cpio": 32, "rpm": 8, "xar": 28, "uu": 45, "stream": 45, "gz": 4, "bz2": 4, "xz": 6, "lzma": 18}
# The content is there, and what is missing is not needed; or nothing says how much there should be.
ENDLESS = {"compress.stream", "compress-12.stream"}


def samples(files, most):
    made = {**archives.recipes(files), **archives.tools(files)}
    return {name: data for name, data in made.items() if len(data) <= most}


def test_every_format_cut_at_every_byte(tree, sweep_of):
    """There is a gap, or the whole content; and never a dead engine."""
    content = CANARY + b" and a little more\n"
    made = samples({"bird": content}, 1200)
    made["ustar.tar"] = archives.tar({"bird": content}, tarfile.USTAR_FORMAT)[:1536 + 512]
    wanted = {}
    for name, data in made.items():
        folder = tree / name
        folder.mkdir()
        step = 1 if len(data) < 700 or not sweep.LEAN else 5
        for size in range(1, len(data), step):
            wanted[os.fspath(write(folder, f"{size:05}", data[:size]))] = (name, size)
    result = sweep_of(tree, seconds=90)
    told = {locator.partition("!")[0] for _, locator in gaps(result)}
    found = {f["locator"].partition("!")[0] for f in result.findings
             if "!" in f["locator"] and (f["object"]["size"] == len(content) or f["chain"][1]["kind"] == "compress")}
    for path, (name, size) in wanted.items():
        ending = "rar5" if name == "new.rar" else name.rpartition(".")[2]
        if size >= KNOWN_FROM[ending] and path not in told and path not in found:
            assert name == "bsdtar.warc" and 286 <= size < 300, path
    assert {gap["reason"] for gap in result.gaps} <= {"truncated", "damaged", "unsupported"}


def test_a_cut_between_members_is_told(tree, sweep_of):
    """Inside the header of the second: what follows it cannot be known."""
    files = {"first": b"x" * 30, "bird": DATA}
    for name, content, size in (("a.ar", archives.ar(files), 98 + 20), ("b.rar", archives.rar5(files), 90),
                                ("c.cpio", archives.cpio(files), 150 + 20), ("d.tar", archives.tar(files), 1024 + 100)):
        write(tree, name, content[:size])
    result = sweep_of(tree)
    assert {locator.partition("!")[0] for _, locator in gaps(result)} == {
        f"{tree}/{name}" for name in ("a.ar", "b.rar", "c.cpio", "d.tar")}


def test_one_cause_is_one_gap(tree, sweep_of):
    """A stream that is cut off, the tar in it, and the member that it was cut in."""
    content = tar_of([(f"{number}", CANARY + os.urandom(20000)) for number in range(10)])
    for name, pack in (("a.tar.gz", gzip.compress), ("b.tar.xz", lzma.compress),
                       ("c.tar.gz.gz", lambda data: gzip.compress(gzip.compress(data)))):
        packed = pack(content)
        write(tree, name, packed[:len(packed) // 2])
    result = sweep_of(tree)
    assert len(result.gaps) == 3 and {gap["reason"] for gap in result.gaps} == {"truncated"}
    assert below(result, tree / "a.tar.gz") >= {f"a.tar!{number}" for number in range(4)}


def flips(tree, sweep_of, count, seed):
    made = samples({"bird": DATA, "other": b"x" * 99}, 20000)
    chance = random.Random(seed)
    names = sorted(made)
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(made[name])
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            at = chance.randrange(min(len(data), 2000))
            data[at] = chance.choice((data[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0, 255))
        write(tree, f"{number:05}-{name}", bytes(data))
    result = sweep_of("--max-time", 20, tree, seconds=30 + count // 20)
    assert result.end["objects"]["scanned"] == count
    return result


def test_random_flips(tree, sweep_of):
    flips(tree, sweep_of, 300, 7731)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_random_flips(tree, sweep_of, seed):
    flips(tree, sweep_of, 1000, seed)


# --- methods, passwords, parts --------------------------------------------------------------------


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


def raw_zip(method, packed, content=DATA):
    facts = struct.pack("<HHHHHIIIHH", 63, 0, method, 0, 0x5a21, zlib.crc32(content), len(packed), len(content), 4, 0)
    local = b"PK\3\4" + facts + b"bird" + packed
    central = b"PK\1\2?\0" + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"bird"
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


UNREAD = {1: "shrinking", 2: "reduced-1", 6: "imploded", 9: "deflation-64-bit", 10: "ibm-terse", 18: "ibm-terse-new",
          19: "ibm-lz777", 20: "20", 94: "94", 96: "jpeg", 97: "wav-pack", 99: "aes"}


def test_methods_of_zip(tree, sweep_of):
    """Read, or a gap that says which it is."""
    made = {8: archives.zip_({"bird": DATA}), 12: archives.zip_({"bird": DATA}, zipfile.ZIP_BZIP2),
            14: archives.zip_({"bird": DATA}, zipfile.ZIP_LZMA), 95: raw_zip(95, lzma.compress(DATA))}
    if shutil.which("zstd"):
        made[93] = raw_zip(93, zstd(DATA))
    for method, content in made.items():
        write(tree, f"{method}.zip", content)
    write(tree, "small.zip", archives.zip_({"bird": CANARY}, zipfile.ZIP_LZMA))
    for method in UNREAD:
        write(tree, f"{method}.zip", raw_zip(method, os.urandom(len(DATA))))
    result = sweep_of(tree)
    assert gaps(result) == {("unsupported", f"{tree}/{method}.zip!bird") for method in UNREAD}
    for method, word in UNREAD.items():
        assert word in details(result)[f"{tree}/{method}.zip!bird"]
    for name in [*made, "small"]:
        assert below(result, tree / f"{name}.zip") == {"bird"}, name


@needs("7z")
def test_methods_of_7z(tree, place, sweep_of):
    (place / "bird").write_bytes(DATA * 50)
    read = {"LZMA", "LZMA2", "PPMd", "BZip2", "Deflate", "Copy", "BCJ", "ARM", "ARMT", "PPC", "SPARC", "IA64", "Delta:4"}
    unread = {"Deflate64": "40109", "ARM64": "", "Swap4": "20304", "BCJ2": "BCJ2"}
    for method in read | set(unread):
        more = [] if method in ("LZMA", "LZMA2", "PPMd", "BZip2", "Deflate", "Copy", "Deflate64", "BCJ2") else ["-m1=LZMA2"]
        subprocess.run(["7z", "a", "-bd", f"-m0={method}", *more, tree / f"{method}.7z", "bird"], cwd=place,
                       check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = {path.stem for path in tree.iterdir()}
    assert len(made) > 10
    result = sweep_of(tree)
    assert gaps(result) == {("unsupported", f"{tree}/{method}.7z!bird") for method in unread if method in made}
    for method in read & made:
        assert below(result, tree / f"{method}.7z") == {"bird"}, method


UNOPENED = {
    "lzop": b"\x89LZO\0\r\n\x1a\n" + bytes(40), "ACE": bytes(7) + b"**ACE**" + bytes(40), "WIM": b"MSWIM\0\0\0" + bytes(200),
    "ZOO": b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd" + bytes(40), "lrzip": b"LRZI\0\6" + bytes(40),
    "ARJ": b"\x60\xea" + struct.pack("<H", 30) + bytes(30) + struct.pack("<I", zlib.crc32(bytes(30))) + bytes(8),
    "snappy": b"\xff\6\0\0sNaPpY" + bytes(40), "UDF": bytes(32768) + b"\0BEA01\1" + bytes(4096),
    "Apple disk image": bytes(2048) + b"koly\0\0\0\4\0\0\2\0" + bytes(500), "SZDD": b"SZDD\x88\xf0\x27\x33A" + bytes(40),
}


def test_known_formats_that_are_not_opened(tree, sweep_of):
    for name, content in UNOPENED.items():
        write(tree, name, content)
        write(tree, f"{name}.gz", gzip.compress(content))
    result = sweep_of(tree)
    assert gaps(result) == ({("unsupported", f"{tree}/{name}") for name in UNOPENED}
                            | {("unsupported", f"{tree}/{name}.gz!{name}") for name in UNOPENED})
    for name in UNOPENED:
        assert name in details(result)[f"{tree}/{name}"]
    assert result.code == sweep.EXIT_GAPS


@needs("genisoimage")
def test_a_disc_with_a_second_file_system(tree, place, sweep_of):
    (place / "in").mkdir()
    (place / "in/bird").write_bytes(DATA)
    for name, more in (("plain.iso", []), ("udf.iso", ["-udf"])):
        subprocess.run(["genisoimage", "-quiet", "-R", *more, "-o", tree / name, place / "in"], check=True,
                       stderr=subprocess.DEVNULL)
    result = sweep_of(tree)
    assert below(result, tree / "plain.iso") == below(result, tree / "udf.iso") == {"bird"}
    assert gaps(result) == {("unsupported", f"{tree}/udf.iso")} and "UDF" in details(result)[f"{tree}/udf.iso"]


def test_encrypted_members_of_each_kind(tree, place, sweep_of):
    """The name is told where it is not encrypted itself."""
    secret = b"nobody can read this"
    rar = bytearray(archives.rar({"bird": secret}))
    head = 7 + 13
    rar[head + 3] |= 4  # of the file's flags: encrypted
    size = struct.unpack("<H", rar[head + 5:head + 7])[0]
    rar[head:head + 2] = struct.pack("<H", zlib.crc32(bytes(rar[head + 2:head + size])) & 0xffff)
    write(tree, "old.rar", bytes(rar))
    main = struct.pack("<BHH", 0x73, 0x80, 13) + bytes(6)  # the headers are
    write(tree, "heads.rar", b"Rar!\x1a\7\0" + struct.pack("<H", zlib.crc32(main) & 0xffff) + main + os.urandom(200))
    write(tree, "old.zip", zip_crypto(b"bird", secret, b"nobody knows"))
    wanted = {("encrypted", f"{tree}/old.zip!bird"), ("encrypted", f"{tree}/old.rar!bird"), ("encrypted", f"{tree}/heads.rar")}
    if shutil.which("7z"):
        (place / "bird").write_bytes(secret)
        for name, more in (("data.7z", []), ("heads.7z", ["-mhe=on"]), ("aes.zip", ["-tzip", "-mem=AES256"])):
            subprocess.run(["7z", "a", "-bd", "-pnobody-knows", *more, tree / name, "bird"], cwd=place, check=True,
                           stdout=subprocess.DEVNULL)
        wanted |= {("encrypted", f"{tree}/data.7z!bird"), ("encrypted", f"{tree}/heads.7z"), ("encrypted", f"{tree}/aes.zip!bird")}
    result = sweep_of(tree)
    assert gaps(result) == wanted and result.findings == []


def test_what_is_cut_off(tree, sweep_of):
    """Nothing says that there was more of it. Sets of parts: test_parts.py."""
    write(tree, "c.rar", archives.rar5({"bird": os.urandom(300000)})[:100000])
    assert {(reason, locator.partition("!")[0]) for reason, locator in gaps(sweep_of(tree))} == {("truncated", f"{tree}/c.rar")}


# --- behind programs, behind archives -------------------------------------------------------------


def stub():
    with open("/bin/true", "rb") as file:
        return file.read()


PACKS = {"gz": gzip.compress, "xz": lzma.compress, "bz2": archives.bz2.compress,
         "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE)}


@pytest.mark.parametrize("front", ["script", "elf", "padded"])
def test_what_is_appended_to_a_program(tree, sweep_of, front):
    """As makeself, AppImages and installers have it."""
    script = b"#!/bin/sh\n# unpacks what follows\n" + b"echo a line of it\n" * 700 + b"exit 0\n"
    start = {"script": script, "elf": stub(), "padded": stub() + bytes(300)}[front]
    content = archives.tar({"bird": DATA})
    wanted = {}
    for name, pack in PACKS.items():
        wanted[write(tree, name, start + pack(content))] = f"(from byte {len(start)} on)!content!bird"
    for name, data in archives.tools({"bird": DATA}).items():
        if name in ("7z.7z", "zip.zip", "gcab.cab", "zstd.stream"):
            inner = {"zstd.stream": f"(from byte {len(start)} on)!content", "gcab.cab": f"(from byte {len(start)} on)!bird",
                     "7z.7z": "bird" if front != "script" else f"(from byte {len(start)} on)!bird"}.get(name, "bird")
            wanted[write(tree, name, start + data)] = inner
    if shutil.which("mksquashfs"):
        (tree.parent / "in").mkdir()
        (tree.parent / "in/bird").write_bytes(DATA * 20)
        subprocess.run(["mksquashfs", tree.parent / "in", tree.parent / "image", "-quiet", "-no-progress"], check=True)
        wanted[write(tree, "squash", start + (tree.parent / "image").read_bytes())] = f"(from byte {len(start)} on)!bird"
    result = sweep_of(tree)
    for path, inner in wanted.items():
        assert below(result, path) - {f"(from byte {len(start)} on)"} == {inner}, path
    assert result.gaps == []


def test_what_is_behind_a_zip(tree, sweep_of):
    """It is opened, however far the end record is from the end."""
    front = archives.zip_({"bird": DATA})
    noise = os.urandom(100000)
    rows = {"gz": (front + gzip.compress(CANARY), {"bird", f"(from byte {len(front)} on)!content"}),
            "rar": (front + archives.rar5({"in.gz": gzip.compress(CANARY)}), {"bird", f"(from byte {len(front)} on)!in.gz!in"}),
            "text": (front + b"nothing of interest " * 9, {"bird"}), "noise": (front + noise, {"bird"}),
            "program": (stub() + front + b"x" * 999, {"bird"}),
            "far": (stub() + front + noise, {f"(from byte {len(stub())} on)!bird"}),
            "zipapp": (b"#!/usr/bin/env python3\n" + front, {"bird"})}
    for name, (content, _) in rows.items():
        write(tree, name, content)
    result = sweep_of(tree)
    for name, (_, inner) in rows.items():
        assert below(result, tree / name) == inner, name


def test_programs_and_scripts_are_not_mistaken(tree, sweep_of):
    """Nothing is appended to these: no member, no gap."""
    write(tree, "elf", stub())
    write(tree, "signed", stub() + b"~Module signature appended~\n")
    write(tree, "script", b"#!/bin/sh\necho\n" + b"# a comment\n" * 9000)
    write(tree, "binary", b"#!/bin/sh\n\0\0\0" + os.urandom(5000))
    write(tree, "short", b"#!/bin/sh\n\x1f\x8b\x08")
    write(tree, "cut", b"\x7fELF\2\1\1" + os.urandom(90))
    write(tree, "exe", b"MZ" + os.urandom(58) + struct.pack("<I", 64) + b"PE\0\0" + os.urandom(300))
    result = sweep_of(tree)
    assert [gap for gap in result.gaps if not gap["locator"].startswith(f"{tree}/short")] == []
    assert result.end["members"]["scanned"] <= 1
