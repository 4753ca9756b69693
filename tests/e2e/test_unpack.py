# SPDX-License-Identifier: Apache-2.0
"""What is inside containers is looked at as files are: in every format, inside one
another, within limits that are told, and whatever the container says of itself."""

import base64
import gzip
import io
import os
import shutil
import signal
import struct
import subprocess
import tarfile
import zipfile
import zlib

import archives
import pytest
import sweep
from conftest import CANARY

MIB = 1024 * 1024
FILES = {"bird.bin": b"some text before " + CANARY + b"\n", "other.txt": b"nothing of interest\n" * 40}


def write(tree, name, content):
    path = tree / name
    path.write_bytes(content)
    return path


def below(result, path, rule="Canary"):
    """Locators below `path` of what the rule found inside the file, each once."""
    prefix = os.fspath(path) + "!"
    found = [f["locator"] for f in result.findings if f["rule"]["name"] == rule]
    assert len(found) == len(set(found)), found
    return {text[len(prefix):] for text in found if text.startswith(prefix)}


def gaps(result):
    """{(reason, locator)}; each is told once, unless it has two causes."""
    told = [(gap["reason"], gap["locator"], gap["detail"]) for gap in result.gaps]
    assert len(told) == len(set(told)) and all(detail for _, _, detail in told), told
    return {(reason, locator) for reason, locator, _ in told}


def kinds(record):
    return [hop["kind"] for hop in record["chain"]]


def integrity(result):
    return {(f["rule"]["name"], f["locator"]) for f in result.findings if f["kind"] == "integrity"}


def add(archive, name, content=b"", **facts):
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), archives.TIME
    for key, value in facts.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content))


def tar_of(members, **keywords):
    """A tar of (name, content) pairs: names may come more than once."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", errors="surrogateescape", **keywords) as archive:
        for name, content in members:
            add(archive, name, content)
    return out.getvalue()


@pytest.fixture
def scan(scan):
    """As always; numbers may stand among the arguments."""

    def call(*args, **keywords):
        return scan(*[str(arg) for arg in args], **keywords)

    return call


# --- what can be switched off ----------------------------------------------------------------------


def test_no_archives(tree, scan):
    write(tree, "a.zip", archives.zip_(FILES))
    result = scan("--no-archives", tree)
    assert result.findings == [] and result.gaps == [] and result.end["members"]["scanned"] == 0


# --- limits ---------------------------------------------------------------------------------------


def test_max_depth(tree, scan):
    data = FILES["bird.bin"]
    for number in range(6):
        data = archives.zip_({f"m{number}": data})
    path = write(tree, "deep.zip", data)
    for depth in (1, 3, 5):
        result = scan("--max-depth", depth, tree)
        hops = "!".join(f"m{number}" for number in range(5, 5 - depth, -1))
        assert gaps(result) == {("limit_depth", f"{path}!{hops}")}
        assert result.findings == [] and result.code == sweep.EXIT_GAPS
    for depth in (6, 32):
        result = scan("--max-depth", depth, tree)
        assert below(result, path) == {"m5!m4!m3!m2!m1!m0"} and result.gaps == []


def test_twenty_levels_of_gzip(tree, scan):
    data = CANARY
    for _ in range(20):
        data = gzip.compress(data)
    path = write(tree, "x", data)
    hops = "!content" * 16
    assert gaps(scan(tree)) == {("limit_depth", f"{path}{hops}")}
    assert below(scan("--max-depth", 20, tree), path) == {"!".join(["content"] * 20)}


def test_max_members(tree, scan):
    members = [(f"{number}", CANARY) for number in range(30)]
    path = write(tree, "a.tar", tar_of(members))
    write(tree, "b.txt", CANARY)
    result = scan("--max-members", 10, tree)
    assert gaps(result) == {("limit_members", os.fspath(path))}
    assert below(result, path) == {f"{number}" for number in range(10)}
    assert os.fspath(tree / "b.txt") in {f["locator"] for f in result.findings}
    assert scan("--max-members", 30, tree).gaps == []


def test_max_members_counts_all_containers_of_a_file(tree, scan):
    inner = tar_of([(f"{number}", CANARY) for number in range(5)])
    path = write(tree, "a.tar", tar_of([("one.tar", inner), ("two.tar", inner), ("last", CANARY)]))
    result = scan("--max-members", 9, tree)
    assert gaps(result) == {("limit_members", f"{path}!two.tar")}
    assert {f"one.tar!{n}" for n in range(5)} | {f"two.tar!{n}" for n in range(2)} <= below(result, path)
    assert "last" not in below(result, path)


def test_max_bytes(tree, scan):
    members = [(f"{number}", CANARY + bytes(MIB)) for number in range(8)]
    path = write(tree, "a.zip", archives.zip_(dict(members)))
    result = scan("--max-bytes", "4M", tree)
    assert gaps(result) == {("limit_bytes", f"{path}!3")}
    assert {"0", "1", "2"} <= below(result, path) <= {"0", "1", "2", "3"}


PACKERS = {"gzip": "gzip -9c", "bzip2": "bzip2 -9c", "xz": "xz -0c", "zstd": "zstd -qc"}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_bomb(tree, scan, packer):
    """200 MiB of zeros, behind a canary."""
    if not shutil.which(packer):
        pytest.skip(f"no {packer}")
    path = tree / "bomb"
    with path.open("wb") as out:
        subprocess.run(f"(printf %s {CANARY.decode()}; head -c 200M /dev/zero) | {PACKERS[packer]}", shell=True,
                       stdout=out, check=True)
    result = scan("--max-ratio", 100, tree, timeout=30)
    assert gaps(result) == {("limit_ratio", f"{path}!content")}
    assert below(result, path) == {"content"} and result.seconds < 10 * sweep.PATIENCE
    assert result.engine_deaths == []
    result = scan("--max-ratio", 1000000000, tree)
    assert below(result, path) == {"content"} and result.gaps == []


def test_a_bomb_of_a_tar_that_flows(tree, scan):
    members = [("first", CANARY), ("zeros", bytes(100 * MIB)), ("last", CANARY)]
    path = write(tree, "a.tar.gz", gzip.compress(tar_of(members), 1))
    result = scan("--max-ratio", 200, tree)
    (gap,) = result.gaps
    assert gap["reason"] == "limit_ratio" and gap["locator"].startswith(f"{path}!a.tar")
    assert below(result, path) == {"a.tar!first"}


def test_max_file_size_of_a_member(tree, scan):
    """A tar that flows is no object of its own; one that is held would be."""
    members = [("small", CANARY), ("large", bytes(2 * MIB) + CANARY), ("last", CANARY)]
    flows = write(tree, "a.tar.gz", gzip.compress(tar_of(members)))
    held = write(tree, "b.zip", archives.zip_(dict(members)))
    result = scan("--max-file-size", "1M", tree)
    assert gaps(result) == {("limit_size", f"{flows}!a.tar!large"), ("limit_size", f"{held}!large")}
    assert below(result, flows) == {"a.tar!small", "a.tar!last"}
    assert below(result, held) == {"small", "last"}


def test_no_spill(tree, scan):
    """What does not fit into memory and may not go to disk is told; the rest is looked at."""
    members = [("first", CANARY), ("large", os.urandom(MIB) * 100 + CANARY), ("last", CANARY)]
    path = write(tree, "a.zip", archives.zip_(dict(members), zipfile.ZIP_STORED))
    result = scan("-j1", "--spill", 0, "--memory", "64M", tree)
    assert gaps(result) == {("limit_spill", f"{path}!large")}
    assert below(result, path) == {"first", "last"}
    result = scan("-j1", "--memory", "64M", tree)
    assert result.gaps == [] and below(result, path) == {"first", "large", "last"}


def test_a_hundred_thousand_entries(tree, scan):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(100000):
            archive.writestr(zipfile.ZipInfo(f"{number:06}"), CANARY if number in (0, 99999) else b"")
    path = write(tree, "many.zip", out.getvalue())
    result = scan(tree, timeout=60)
    assert below(result, path) == {"000000", "099999"} and result.gaps == []
    assert result.end["members"]["scanned"] == 100000
    assert result.seconds < 20 * sweep.PATIENCE


def overlapping(count=200, size=2 * MIB):
    """A zip whose members all share one piece of compressed content."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = CANARY + bytes(size - len(CANARY))
    data = packer.compress(content) + packer.flush()
    facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5a21, zlib.crc32(content), len(data), size, 4, 0)
    local = b"PK\3\4" + facts + b"0000" + data
    central = b"".join(b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"%04d" % n
                       for n in range(count))
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(local), 0)


def test_entries_that_overlap(tree, scan):
    """It is unpacked once, and that it was to be 200 times is said."""
    path = write(tree, "overlap.zip", overlapping())
    result = scan(tree, timeout=60)
    assert below(result, path) and result.end["members"]["bytes"] < 64 * MIB
    assert {locator for _, locator in integrity(result)} == {os.fspath(path)}
    assert result.seconds < 10 * sweep.PATIENCE and result.engine_deaths == []


def test_a_tar_that_claims_eight_exabytes(tree, scan):
    info = tarfile.TarInfo("huge")
    info.size = 2 ** 63 - 1
    content = tar_of([("first", CANARY)])[:1024] + info.tobuf(tarfile.GNU_FORMAT) + CANARY + bytes(2000)
    path = write(tree, "a.tar", content)
    result = scan(tree, timeout=20)
    assert "first" in below(result, path)
    assert gaps(result) and {reason for reason, _ in gaps(result)} <= {"truncated", "damaged", "limit_size"}
    assert result.seconds < 10 * sweep.PATIENCE


# --- names and kinds ------------------------------------------------------------------------------


NAMES = {  # bytes of the name -> what the locator shows
    b"../../etc/passwd": "../../etc/passwd", b"/etc/shadow": "/etc/shadow", b"a!b%c": "a%21b%25c",
    b"bad\x1b[2J\n": "bad%1B[2J%0A", b"n\xff\xfe.txt": "n%FF%FE.txt", "ü/é".encode(): "ü/é",
    b"n" * 4000: "n" * 4000, b"\xff" * 4000: "%FF" * 4000,
}


def assert_names(result, path, names):
    found = {f["locator"]: f for f in result.findings}
    for name, shown in names.items():
        hop = found[f"{path}!{shown}"]["chain"][1]
        exact = base64.b64decode(hop["name_base64"], validate=True) if "name_base64" in hop else hop["name"].encode()
        assert exact == name
        assert ("name_base64" in hop) == (shown.replace("%21", "!").replace("%25", "%") != name.decode("utf-8", "replace"))


def test_hostile_names_in_a_tar(tree, scan):
    members = [(os.fsdecode(name), CANARY) for name in NAMES]
    path = write(tree, "a.tar", tar_of(members, format=tarfile.GNU_FORMAT))
    result = scan(tree)
    assert_names(result, path, NAMES)
    assert result.gaps == [] and result.engine_deaths == []


def test_hostile_names_in_a_zip(tree, scan):
    """The NUL too, where a name ends for most that read it: all of it is told."""
    names = {name: shown for name, shown in NAMES.items() if len(name) < 1000}
    placed = {b"%06d" % n + b"_" * (len(name) - 6): name for n, name in enumerate(names) if len(name) >= 6}
    placed[b"nul__.exe"] = b"nul\0\0.exe"
    content = archives.zip_({name.decode(): CANARY for name in placed})
    for instead, name in placed.items():
        content = content.replace(instead, name)
    wanted = {name: names[name] for name in placed.values() if name in names}
    path = write(tree, "a.zip", content)
    result = scan(tree)
    assert "nul%00%00.exe" in below(result, path) and ("zip_name_with_nul", os.fspath(path)) in integrity(result)
    assert_names(result, path, wanted)
    assert result.engine_deaths == []


def test_times_before_1970_and_far_away(tree, scan):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, seconds in (("old", -86400), ("new", 2 ** 33), ("far", 2 ** 62), ("not", 2 ** 63 - 1)):
            add(archive, name, CANARY, mtime=seconds, mode=0o7755)
    path = write(tree, "a.tar", out.getvalue())
    result = scan(tree)
    assert below(result, path) == {"old", "new", "far", "not"} and result.engine_deaths == []
    hops = {f["chain"][1]["name"]: f["chain"][1] for f in result.findings if len(f["chain"]) == 2}
    assert hops["old"]["mtime"] == "1969-12-31T00:00:00.000000000Z" and hops["old"]["mode"] == "7755"


def test_links_and_devices_are_names(tree, scan):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        add(archive, "file", CANARY)
        add(archive, "symlink", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hardlink", type=tarfile.LNKTYPE, linkname="file")
        add(archive, "device", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
        add(archive, "fifo", type=tarfile.FIFOTYPE)
        add(archive, "folder", type=tarfile.DIRTYPE)
        add(archive, "last", CANARY)
    path = write(tree, "a.tar", out.getvalue())
    result = scan(tree)
    assert below(result, path) == {"file", "last"} and result.gaps == []
    assert result.end["members"]["scanned"] == 2


def test_one_thing_twice_is_one_finding(tree, scan):
    """As tar -r leaves it; what is different, or elsewhere, is another."""
    members = [("bird", CANARY), ("bird", CANARY), ("bird", CANARY + b"!"), ("copy", CANARY)]
    path = write(tree, "a.tar.gz", gzip.compress(tar_of(members)))
    result = scan("--allow-gaps", tree)
    inner = [f["locator"] for f in result.findings if f["locator"] != os.fspath(path)]
    assert sorted(inner) == [f"{path}!a.tar!bird"] * 2 + [f"{path}!a.tar!copy"]
    assert result.end["members"]["scanned"] == 4


# --- damage ---------------------------------------------------------------------------------------


CUTS = {
    "a.tar": archives.tar, "a.zip": lambda files: archives.zip_(files, zipfile.ZIP_STORED),
    "a.tar.gz": lambda files: gzip.compress(archives.tar(files)), "a.cpio": archives.cpio,
}


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.99])
def test_what_is_cut_off(tree, scan, name, share):
    files = {f"{number}": CANARY + os.urandom(20000) for number in range(10)}
    whole = CUTS[name](files)
    keep = len(whole) - 1100 if share == 0.99 and name == "a.tar" else int(len(whole) * share)
    if share == 0.99:
        keep = {"a.tar": 10 * 20992 - 10, "a.cpio": len(whole) - 200}.get(name, keep)
    path = write(tree, name, whole[:keep])
    result = scan(tree)
    prefix = "a.tar!" if name == "a.tar.gz" else ""
    told = gaps(result)
    assert told and {reason for reason, _ in told} <= {"truncated", "damaged"}, told
    assert below(result, path) >= {f"{prefix}{number}" for number in range(int(10 * share) - 1)}
    assert result.engine_deaths == []


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_gzip_that_is_cut_off(tree, scan, share):
    whole = gzip.compress(CANARY + os.urandom(200000))
    path = write(tree, "a.gz", whole[:int(len(whole) * share)])
    result = scan(tree)
    assert below(result, path) == {"a"} and gaps(result) == {("truncated", f"{path}!a")}


@pytest.mark.skipif(not shutil.which("7z"), reason="no 7z")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_7z_that_is_cut_off(tree, scan, share):
    """Its table of contents stands at the end: nothing can be had, and that is told."""
    whole = archives.tools({"a": CANARY + os.urandom(20000)})["7z.7z"]
    path = write(tree, "a.7z", whole[:int(len(whole) * share)])
    told = gaps(scan(tree))
    assert told and {locator for _, locator in told} == {os.fspath(path)}
    assert {reason for reason, _ in told} <= {"truncated", "damaged"}


# --- passwords ------------------------------------------------------------------------------------


def zip_crypto(name, content, password):
    """A zip with one member, in the old encryption: the one that any tool reads."""
    table = [0] * 256
    for n in range(256):
        crc = n
        for _ in range(8):
            crc = crc >> 1 ^ 0xedb88320 if crc & 1 else crc >> 1
        table[n] = crc
    keys = [0x12345678, 0x23456789, 0x34567890]

    def step(byte):
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 255]
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xffffffff
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 255]

    for byte in password:
        step(byte)
    sum_ = zlib.crc32(content)
    out = bytearray()
    for byte in bytes(11) + bytes([sum_ >> 24]) + content:
        temp = keys[2] & 0xffff | 2
        out.append(byte ^ (temp * (temp ^ 1) >> 8) & 255)
        step(byte)
    facts = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x5a21, sum_, len(out), len(content), len(name), 0)
    local = b"PK\3\4" + facts + name + bytes(out)
    central = b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


SECRET = "correct-horse-7731"


def test_passwords(tree, place, scan):
    path = write(tree, "a.zip", zip_crypto(b"bird.bin", FILES["bird.bin"], SECRET.encode()))
    result = scan(tree)
    assert gaps(result) == {("encrypted", f"{path}!bird.bin")} and result.findings == []
    assert gaps(scan("--password", "wrong", tree)) == {("encrypted", f"{path}!bird.bin")}
    secret = write(place, "secret", SECRET.encode() + b"\n")
    reader, writer = os.pipe()
    os.write(writer, SECRET.encode())
    os.close(writer)
    for options, keywords in (([SECRET], {}), ([f"file:{secret}"], {}),
                              ([f"fd:{reader}"], {"pass_fds": [reader]}), (["wrong", "--password", SECRET], {})):
        result = scan("--password", *options, tree, **keywords)
        assert below(result, path) == {"bird.bin"} and result.gaps == [], options
        assert SECRET.encode() not in result.stdout and SECRET not in result.stderr
    os.close(reader)


def test_the_password_of_samples_is_tried(tree, scan):
    path = write(tree, "a.zip", zip_crypto(b"bird.bin", FILES["bird.bin"], b"infected"))
    result = scan(tree)
    assert below(result, path) == {"bird.bin"} and result.gaps == []


def test_an_encrypted_member_costs_itself_only(tree, scan):
    first = zip_crypto(b"secret", b"x" * 100, b"nobody knows")
    path = write(tree, "a.tar", tar_of([("a.zip", first), ("bird", CANARY)]))
    result = scan(tree)
    assert gaps(result) == {("encrypted", f"{path}!a.zip!secret")} and below(result, path) == {"bird"}


@pytest.mark.skipif(not shutil.which("7z"), reason="no 7z")
def test_an_encrypted_7z(tree, place, scan):
    (place / "bird.bin").write_bytes(FILES["bird.bin"])
    for name, more in (("names.7z", []), ("all.7z", ["-mhe=on"]), ("aes.zip", ["-tzip", "-mem=AES256"])):
        subprocess.run(["7z", "a", f"-p{SECRET}", *more, tree / name, "bird.bin"], cwd=place, check=True,
                       stdout=subprocess.DEVNULL)
    result = scan(tree)
    assert {locator.partition("!")[0] for _, locator in gaps(result)} == {
        os.fspath(tree / name) for name in ("names.7z", "all.7z", "aes.zip")}
    assert ("encrypted", f"{tree}/aes.zip!bird.bin") in gaps(result)
    assert {reason for reason, _ in gaps(result)} <= {"encrypted", "unsupported"}
    assert below(scan("--password", SECRET, tree), tree / "aes.zip") == {"bird.bin"}


def test_a_password_is_not_to_be_seen(tree, rules):
    """Not in the command line of a running sweep, neither of its two processes."""
    (tree / "hang").write_bytes(b"SWEEPER-FAULT:hang\n")
    for option in (["--password", SECRET], [f"--password={SECRET}"]):
        process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, *option, tree], binary=sweep.FAULTY)
        try:
            engine = sweep.engine_of(process)
            sweep.wait_for(lambda: sweep.quiet(process), 20, "an engine that hangs")
            for pid in (process.pid, engine):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    assert SECRET.encode() not in file.read()
        finally:
            process.send_signal(signal.SIGINT)
            result = sweep.end(process, timeout=20)
        assert SECRET.encode() not in result.stdout and "--password" in str(result.start["options"])


# --- streams --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_tar_is_read_as_it_flows(tree, scan):
    """300 MiB through 64 MiB of memory, and nothing on disk."""
    path = tree / "big.tar.gz"
    noise = os.urandom(MIB)
    with path.open("wb") as out, gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        with tarfile.open(fileobj=packed, mode="w|") as archive:
            for number in range(300):
                add(archive, f"{number}", CANARY + noise if number % 100 == 0 else noise)
            add(archive, "last", CANARY)
    result = scan("--memory", "64M", "--spill", 0, tree)
    assert result.gaps == [] and result.engine_deaths == []
    assert below(result, path) == {f"big.tar!{name}" for name in ("0", "100", "200", "last")}
    assert result.end["members"]["scanned"] == 301 and result.end["members"]["bytes"] > 300 * MIB


@pytest.mark.parametrize("gap", [0, 512, 5000, 200000])
def test_bytes_behind_the_end_of_a_tar(tree, scan, gap):
    content = tar_of([("first", b"x" * 70000), ("bird", CANARY)])
    path = write(tree, "a.tar.gz", gzip.compress(content + bytes(gap) + b"behind: " + CANARY))
    result = scan(tree)
    assert below(result, path) == {"a.tar!bird", f"(from byte {len(content) + gap} on)"}
    assert gaps(result) == {("damaged", f"{path}!a.tar")}


def test_a_gzip_of_something_else(tree, scan):
    for name, content in (("a.gz", CANARY), ("tar.gz", b"no tar at all " * 9000 + CANARY), ("empty.gz", b"")):
        write(tree, name, gzip.compress(content))
    result = scan(tree)
    assert {f["locator"] for f in result.findings} == {f"{tree}/a.gz!a", f"{tree}/tar.gz!tar"}
    assert result.gaps == []


def test_two_gzips_one_after_the_other(tree, scan):
    content = tar_of([("first", os.urandom(70000)), ("bird", CANARY)])
    one = write(tree, "one.gz", gzip.compress(b"first ") + gzip.compress(CANARY))
    two = write(tree, "two.tar.gz", gzip.compress(content[:40000]) + gzip.compress(content[40000:]))
    result = scan(tree)
    assert below(result, one) == {"one"} and below(result, two) == {"two.tar!bird"} and result.gaps == []


@pytest.mark.parametrize("garbage", [b"garbage", b"\x1f\x8b\x08 is not one", CANARY * 3])
def test_garbage_behind_a_gzip(tree, scan, garbage):
    held = write(tree, "a.gz", gzip.compress(CANARY) + garbage)
    flows = write(tree, "b.tar.gz", gzip.compress(tar_of([("bird", CANARY)])) + garbage)
    result = scan(tree)
    assert below(result, held) == {"a"} and below(result, flows) == {"b.tar!bird"}
    assert {locator.partition("!")[0] for _, locator in gaps(result)} == {os.fspath(held), os.fspath(flows)}
    assert {reason for reason, _ in gaps(result)} <= {"damaged", "truncated"}


def test_padding_behind_a_gzip_is_nothing(tree, scan):
    path = write(tree, "a.gz", gzip.compress(CANARY) + bytes(512))
    result = scan(tree)
    assert below(result, path) == {"a"} and result.gaps == []


# --- one bad member -------------------------------------------------------------------------------


@pytest.fixture
def faulty(rules):
    def call(*args):
        return sweep.scan("--no-builtin-rules", "--rules", rules, *map(str, args), binary=sweep.FAULTY,
                          timeout=60)

    return call


def fifty(word, bad=(25,)):
    return tar_of([(f"{number}", b"SWEEPER-FAULT:%s\n" % word if number in bad else CANARY) for number in range(50)])


@pytest.mark.parametrize("word, reason, threads, pack", [
    (b"segv", "crash", 1, "tar"), (b"segv", "crash", 2, "tar.gz"), (b"abort", "crash", 2, "tar"),
    (b"exit", "crash", 1, "tar.gz"), (b"spin", "timeout", 2, "tar.gz"),
    pytest.param(b"hang", "timeout", 2, "tar", marks=pytest.mark.slow)])
def test_a_bad_member_costs_itself_only(tree, faulty, word, reason, threads, pack):
    content = fifty(word)
    path = write(tree, f"a.{pack}", gzip.compress(content) if pack == "tar.gz" else content)
    write(tree, "other.txt", CANARY)
    prefix = "a.tar!" if pack == "tar.gz" else ""
    result = faulty("-j", threads, "--max-time", 1, tree)
    assert gaps(result) == {(reason, f"{path}!{prefix}25")}, str(result)
    assert below(result, path) == {f"{prefix}{number}" for number in range(50) if number != 25}
    assert len(result.engine_deaths) == (2 if reason == "crash" else 1)
    assert result.end["members"]["scanned"] == 49
    assert os.fspath(tree / "other.txt") in {f["locator"] for f in result.findings}


def test_several_bad_members(tree, faulty):
    path = write(tree, "a.tar", fifty(b"segv", (0, 24, 49)))
    result = faulty("-j1", tree)
    assert gaps(result) == {("crash", f"{path}!{number}") for number in (0, 24, 49)}
    assert below(result, path) == {f"{number}" for number in range(50) if number not in (0, 24, 49)}


def test_a_bad_member_deep_inside(tree, faulty):
    inner = archives.zip_({"bad": b"SWEEPER-FAULT:segv\n", "good": CANARY})
    path = write(tree, "a.tar", tar_of([("before", CANARY), ("in.zip", inner), ("after", CANARY)]))
    result = faulty(tree)
    assert gaps(result) == {("crash", f"{path}!in.zip!bad")}
    assert below(result, path) == {"before", "in.zip!good", "after"}


# --- containers that mean two things --------------------------------------------------------------


def test_a_tar_and_a_zip_at_once(tree, scan):
    path = write(tree, "both", tar_of([("in-tar", CANARY)]) + archives.zip_({"in-zip": CANARY}))
    result = scan(tree)
    assert below(result, path) >= {"in-tar", "in-zip"}
    assert integrity(result) >= {("container_ambiguous_format", os.fspath(path))}
    assert {f["severity"] for f in result.findings if f["kind"] == "integrity"} <= {"low", "medium"}


def test_a_zip_that_says_two_things(tree, scan):
    """Half of what there is stands in one table of contents only."""
    hidden = archives.zip_({"hidden": CANARY})
    shown = archives.zip_({"shown": CANARY + b" shown"})
    hidden = hidden[:hidden.index(b"PK\1\2")]
    end = shown.rindex(b"PK\5\6")
    size, offset = struct.unpack("<II", shown[end + 12:end + 20])
    content = (hidden + shown[:end]
               + shown[end:end + 16] + struct.pack("<I", offset + len(hidden)) + shown[end + 20:])
    central = content.index(b"PK\1\2")
    at = struct.unpack("<I", content[central + 42:central + 46])[0]
    content = content[:central + 42] + struct.pack("<I", at + len(hidden)) + content[central + 46:]
    path = write(tree, "two.zip", content)
    result = scan(tree)
    assert below(result, path) >= {"hidden", "shown"}
    names = {name for name, locator in integrity(result) if locator == os.fspath(path)}
    assert names and all(name.startswith("zip_") for name in names)


def test_names_that_differ_in_a_zip(tree, scan):
    content = archives.zip_({"inner.txt": CANARY})
    path = write(tree, "a.zip", content.replace(b"inner.txt", b"evil!.exe", 1))
    result = scan(tree)
    assert "inner.txt" in below(result, path) or "evil%21.exe" in below(result, path)
    assert {name for name, _ in integrity(result)} >= {"zip_names_differ"} or integrity(result)


def test_an_honest_zip_is_not_blamed(tree, scan):
    for name, content in archives.recipes(FILES).items():
        write(tree, name, content)
    assert integrity(scan(tree)) == set()
