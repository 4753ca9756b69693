# SPDX-License-Identifier: Apache-2.0
"""Forms of disk images: the disk in them is the one that was put in by ewfacquire and qemu-img, in
one file or several, with files behind it, in archives; and what is missing or damaged is told."""

import hashlib
import io
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib

import pytest
import sweep
from conftest import CANARY

MIB = 1024 * 1024
SIZE = 12 * MIB
DISK_DUMP = os.environ.get("DISK_DUMP", str(pathlib.Path(sweep.SWEEPER).parent / "tests/disk_dump"))
pytestmark = pytest.mark.skipif(not shutil.which("qemu-img"), reason="no qemu-img")
needs_ewf = pytest.mark.skipif(not shutil.which("ewfacquire"), reason="no ewfacquire")


def tool(*command, **keywords):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, **keywords)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def dump(kind, *paths, fails=False):
    """The disk that comes out, and gaps on the way: (size, digest, bytes that are no holes), [(gap, text)]."""
    done = subprocess.run([DISK_DUMP, kind, *map(os.fspath, paths)], capture_output=True, text=True,
                          env=sweep.environment())
    assert done.returncode == (1 if fails else 0), (done.returncode, done.stdout, done.stderr)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    gaps = [(line[1], line[2]) for line in lines if line[0] == "!"]
    disks = [(int(line[1]), line[2], int(line[3])) for line in lines if line[0] == "disk"]
    assert len(disks) == (0 if fails else 1), done.stdout
    return (None if fails else disks[0]), gaps


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A disk with an ext4 file system, noise and holes, and what finds: as bytes, and the file."""
    folder = tmp_path_factory.mktemp("disk")
    tree = folder / "tree"
    (tree / "srv").mkdir(parents=True)
    noise = random.Random(7)
    (tree / "srv/found.txt").write_bytes(b"here: " + CANARY)
    for number in range(20):
        (tree / f"srv/{number}").write_bytes(noise.randbytes(100_000))
    with zipfile.ZipFile(tree / "srv/in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep", CANARY * 3)
    raw = folder / "disk.raw"
    tool("/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, raw, f"{SIZE // 1024}k")
    data = raw.read_bytes()
    assert len(data) == SIZE
    return data, raw


FOUND = {"!ext4!/srv/found.txt", "!ext4!/srv/in.zip!deep"}


def convert(raw, target, form, *options):
    tool("qemu-img", "convert", "-f", "raw", "-O", form, *options, raw, target)
    return target


FORMS = [("qcow2", ()), ("qcow2", ("-c",)), ("qcow2", ("-c", "-o", "compression_type=zstd")), ("qcow2", ("-o", "extended_l2=on")),
         ("qcow2", ("-o", "cluster_size=512")), ("qcow2", ("-o", "cluster_size=2M")), ("qcow2", ("-o", "compat=0.10")),
         ("vmdk", ("-o", "subformat=monolithicSparse")), ("vmdk", ("-o", "subformat=streamOptimized")),
         ("vpc", ("-o", "subformat=dynamic,force_size=on")), ("vpc", ("-o", "subformat=fixed,force_size=on")),
         ("vhdx", ()), ("vhdx", ("-o", "block_size=1M"))]


@pytest.mark.parametrize("form, options", FORMS)
def test_the_disk_is_what_was_put_in(form, options, disk, tmp_path):
    data, raw = disk
    image = convert(raw, tmp_path / f"x.{form}", form, *options)
    (size, sha256, filled), gaps = dump("any", image)
    assert (size, sha256, gaps) == (SIZE, digest(data), [])
    if "fixed" not in str(options) and (form, options) != ("vhdx", ()):
        assert filled < SIZE  # holes are not read


@pytest.mark.parametrize("subformat, part", [("monolithicFlat", "-flat"), ("twoGbMaxExtentFlat", "-f001"),
                                             ("twoGbMaxExtentSparse", "-s001")])
def test_extents_beside_a_descriptor(subformat, part, disk, tmp_path, rules):
    data, raw = disk
    image = convert(raw, tmp_path / "x.vmdk", "vmdk", "-o", f"subformat={subformat}")
    extent = tmp_path / f"x{part}.vmdk"
    assert dump("vmdk", image, extent)[0][:2] == (SIZE, digest(data))
    result = swept(rules, tmp_path)
    assert found(result, image) == FOUND and {f["object"]["path"] for f in result.findings} == {str(image)}
    extent.rename(tmp_path / "other")
    result = swept(rules, image)
    (gap,) = [g for g in result.gaps if g["reason"] == "missing_part"]
    assert extent.name in gap["detail"] and not result.findings


def swept(rules, *targets, options=()):
    return sweep.scan("--no-builtin-rules", "--rules", rules, *options, *targets)


def found(result, path):
    """Where under `path` something was found, once each."""
    prefix = str(path)
    there = [f["locator"][len(prefix):] for f in result.findings if f["locator"].startswith(prefix)]
    ways = [way[way.index("!ext4!"):] if "!ext4!" in way else way for way in there]
    assert len(ways) == len(set(ways)), ways
    return set(ways)


def test_what_is_behind_an_image(disk, tmp_path, rules):
    """Two overlays, each with its own change, over a compressed image, over a disk as it lies."""
    data, raw = disk
    shutil.copy(raw, tmp_path / "base.raw")
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "middle.qcow2", cwd=tmp_path)
    tool("qemu-io", "-c", f"write -P 66 {SIZE - 64 * 1024} 4096", "middle.qcow2", cwd=tmp_path)
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", "middle.qcow2", "-F", "qcow2", "top.qcow2", cwd=tmp_path)
    tool("qemu-io", "-c", f"write -P 67 {SIZE - 32 * 1024} 512", "top.qcow2", cwd=tmp_path)
    expected = bytearray(data)
    expected[SIZE - 64 * 1024:SIZE - 60 * 1024] = b"\x42" * 4096
    expected[SIZE - 32 * 1024:SIZE - 32 * 1024 + 512] = b"\x43" * 512
    top, middle, base = (tmp_path / name for name in ("top.qcow2", "middle.qcow2", "base.raw"))
    assert dump("qcow2", top, middle, base) == ((SIZE, digest(expected), SIZE), [])
    result = swept(rules, tmp_path)
    assert found(result, top) == found(result, middle) == found(result, base) == FOUND
    os.remove(base)
    result = swept(rules, tmp_path)
    gaps = [(g["object"]["path"], g["detail"]) for g in result.gaps if g["reason"] == "missing_part"]
    assert {path for path, _ in gaps} == {str(top), str(middle)} and all("base.raw" in text for _, text in gaps)


def test_files_that_name_themselves_or_one_another_end(tmp_path):
    for name, behind in (("a", "a"), ("b", "c"), ("c", "b")):
        tool("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", f"{behind}.qcow2", "-F", "qcow2", "new", "1M", cwd=tmp_path)
        os.rename(tmp_path / "new", tmp_path / f"{name}.qcow2")
    for name, others in (("a", ()), ("b", ("c",))):
        paths = [tmp_path / f"{n}.qcow2" for n in (name, *others)]
        (size, sha256, filled), gaps = dump("qcow2", *paths)
        assert (size, sha256, filled) == (MIB, digest(bytes(MIB)), 0) and [g for g, _ in gaps] == ["missing_part"]


def test_a_vmware_snapshot(disk, tmp_path):
    data, raw = disk
    convert(raw, tmp_path / "base.vmdk", "vmdk", "-o", "subformat=monolithicSparse")
    tool("qemu-img", "create", "-q", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", "snap.vmdk", cwd=tmp_path)
    tool("qemu-io", "-c", "write -P 65 5M 64k", "snap.vmdk", cwd=tmp_path)
    expected = data[:5 * MIB] + b"A" * 65536 + data[5 * MIB + 65536:]
    assert dump("vmdk", tmp_path / "snap.vmdk", tmp_path / "base.vmdk")[0][:2] == (SIZE, digest(expected))
    _, gaps = dump("vmdk", tmp_path / "snap.vmdk")
    assert [(gap, "base.vmdk" in text) for gap, text in gaps] == [("missing_part", True)]


def differencing(parent, name):
    """A differencing VHD over a dynamic one: one block, whose sectors 2 to 5 are its own."""
    head = bytearray(parent[:512])
    dynamic = bytearray(parent[512:1536])
    size = struct.unpack(">Q", head[48:56])[0]
    block = struct.unpack(">I", dynamic[32:36])[0]
    count = -(-size // block)

    def seal(data, at):
        data[at:at + 4] = bytes(4)
        data[at:at + 4] = struct.pack(">I", ~sum(data) & 0xffffffff)

    head[60:64] = struct.pack(">I", 4)
    dynamic[64:576] = name.encode("utf-16-be").ljust(512, b"\0")
    dynamic[16:24] = struct.pack(">Q", 1536)
    seal(head, 64)
    seal(dynamic, 36)
    table = bytearray(b"\xff" * (-(-count * 4 // 512) * 512))
    at = 1536 + len(table)
    table[4:8] = struct.pack(">I", at // 512)
    bitmap = bytearray(-(-(block // 512 // 8) // 512) * 512)
    bitmap[0] = 0b00111100
    return bytes(head + dynamic + table + bitmap + b"\x44" * block + head), block


def test_a_differencing_vhd(disk, tmp_path):
    data, raw = disk
    parent = convert(raw, tmp_path / "p.vhd", "vpc", "-o", "subformat=dynamic,force_size=on")
    child = tmp_path / "c.avhd"
    content, block = differencing(parent.read_bytes(), "p.vhd")
    child.write_bytes(content)
    expected = bytearray(data)
    expected[block + 1024:block + 3072] = b"\x44" * 2048
    assert dump("vhd", child, parent)[0][:2] == (SIZE, digest(expected))
    (size, sha256, filled), gaps = dump("vhd", child)
    lonely = bytearray(SIZE)
    lonely[block + 1024:block + 3072] = b"\x44" * 2048
    assert (size, sha256, filled) == (SIZE, digest(lonely), 2048)
    assert [(gap, "p.vhd" in text) for gap, text in gaps] == [("missing_part", True)]


# --- Expert Witness -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def acquired(disk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ewf")
    shutil.copy(disk[1], folder / "disk.dd")
    tool("ewfacquire", "-u", "-c", "fast", "-t", "e", "-S", 1048576, "-f", "encase6", "-d", "sha1", "-C", "case-7", "-E",
         "item-3", "-e", "An Examiner", "-N", "some notes", "-D", "the disk", "disk.dd", cwd=folder)
    os.remove(folder / "disk.dd")
    names = sorted(folder.glob("e.E*"))
    assert len(names) >= 3
    return names


@needs_ewf
@pytest.mark.parametrize("form", ["encase6", "ftk", "smart", "linen6"])
def test_forms_of_ewf(form, disk, tmp_path):
    data, raw = disk
    shutil.copy(raw, tmp_path / "disk.dd")
    tool("ewfacquire", "-u", "-c", "best", "-t", "e", "-f", form, "disk.dd", cwd=tmp_path)
    (image,) = tmp_path.glob("e.*01")
    assert dump("any", image) == ((SIZE, digest(data), SIZE), [])


@needs_ewf
def test_segments(disk, acquired, tmp_path, rules):
    assert dump("ewf", *acquired) == ((SIZE, digest(disk[0]), SIZE), [])
    result = swept(rules, acquired[0].parent)
    assert found(result, acquired[0]) == FOUND and not result.gaps
    # The last one is missing, one in the middle, the first.
    for lost in (len(acquired) - 1, 1, 0):
        folder = tmp_path / str(lost)
        folder.mkdir()
        for at, path in enumerate(acquired):
            if at != lost:
                os.link(path, folder / path.name)
        result = swept(rules, folder)
        named = [g["detail"] for g in result.gaps if g["reason"] == "missing_part"]
        assert named and any(acquired[lost].name in text for text in named), result
        if lost != 0:
            (size, sha256, _), _ = dump("ewf", *(folder / path.name for path in acquired))
            assert 0 < size < SIZE and sha256 == digest(disk[0][:size])


@needs_ewf
def test_a_segment_that_is_cut_or_flipped(disk, acquired, tmp_path):
    for at, path in enumerate(acquired):
        shutil.copy(path, tmp_path / path.name)
    copies = [tmp_path / path.name for path in acquired]
    whole = copies[1].read_bytes()
    copies[1].write_bytes(whole[:len(whole) // 2])
    (size, sha256, _), gaps = dump("ewf", *copies)
    assert sha256 == digest(disk[0][:size]) and "truncated" in {gap for gap, _ in gaps}
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0x55
    copies[1].write_bytes(damaged)
    (size, _, _), gaps = dump("ewf", *copies)
    assert size == SIZE and {gap for gap, _ in gaps} == {"damaged"}


def image_records(result):
    return result.of("disk_image")


@needs_ewf
def test_what_was_written_down_at_acquisition(acquired, rules):
    (record,) = image_records(swept(rules, acquired[0].parent))
    said = record["acquisition"]
    assert (said["case_number"], said["evidence_number"], said["examiner_name"], said["notes"], said["description"]) == (
        "case-7", "item-3", "An Examiner", "some notes", "the disk")
    assert record["format"] == "ewf" and record["size"] == SIZE and "computed" not in record and "verified" not in record


@needs_ewf
def test_verified(disk, acquired, tmp_path, rules):
    (record,) = image_records(swept(rules, acquired[0].parent, options=["--verify-image"]))
    digests = {name: hashlib.new(name, disk[0]).hexdigest() for name in ("md5", "sha1", "sha256")}
    assert record["computed"] == digests and record["verified"] == "match"
    assert record["stored"] == {name: digests[name] for name in ("md5", "sha1")}
    assert record["files"] == [{"name": path.name, "size": path.stat().st_size, "sha256": digest(path.read_bytes())} for path in acquired]
    # All but the last segment.
    for path in acquired[:-1]:
        os.link(path, tmp_path / path.name)
    (record,) = image_records(swept(rules, tmp_path, options=["--verify-image"]))
    assert record["verified"] == "incomplete"


def with_other_hash(segment):
    """The last segment with another MD5 stored in it, as nobody but a forger would write it."""
    data = bytearray(segment)
    at = 13
    changed = 0
    while True:
        kind = data[at:at + 16].rstrip(b"\0")
        following = struct.unpack("<Q", data[at + 16:at + 24])[0]
        if kind in (b"hash", b"digest"):
            body = at + 76
            end = body + (32 if kind == b"hash" else 76)
            data[body] ^= 1
            data[end:end + 4] = struct.pack("<I", zlib.adler32(data[body:end]))
            changed += 1
        if kind in (b"done", b"next"):
            assert changed
            return bytes(data)
        at = following


@needs_ewf
def test_a_hash_that_does_not_fit(acquired, tmp_path, rules):
    for path in acquired[:-1]:
        os.link(path, tmp_path / path.name)
    (tmp_path / acquired[-1].name).write_bytes(with_other_hash(acquired[-1].read_bytes()))
    result = swept(rules, tmp_path, options=["--verify-image"])
    (record,) = image_records(result)
    assert record["verified"] == "mismatch"
    (finding,) = [f for f in result.findings if f["kind"] == "integrity"]
    assert finding["rule"]["name"] == "image_hash_mismatch" and finding["severity"] == "high"
    assert finding["object"]["path"] == str(tmp_path / acquired[0].name)


def test_digests_of_other_forms(disk, tmp_path, rules):
    image = convert(disk[1], tmp_path / "x.qcow2", "qcow2", "-c")
    assert not image_records(swept(rules, tmp_path))
    (record,) = image_records(swept(rules, tmp_path, options=["--verify-image"]))
    assert record["computed"]["sha256"] == digest(disk[0]) and record["verified"] == "nothing_stored"
    assert [row["sha256"] for row in record["files"]] == [digest(image.read_bytes())]


# --- in pieces, in archives -------------------------------------------------------------------------


@pytest.mark.parametrize("suffixes", [["-d", "-a", "3", "--numeric-suffixes=1"], ["-a", "2"]])
def test_a_disk_in_pieces(suffixes, disk, tmp_path, rules):
    tool("split", "-b", "5M", *suffixes, disk[1], "x.", cwd=tmp_path)
    first = min(tmp_path.iterdir())
    result = swept(rules, tmp_path)
    assert found(result, first) == FOUND and len(result.findings) == len(FOUND)


def test_images_of_whole_disks_with_numbers_are_no_pieces(disk, tmp_path, rules):
    for number in (1, 2):
        shutil.copy(disk[1], tmp_path / f"backup.{number:03}")
    result = swept(rules, tmp_path)
    assert all(found(result, tmp_path / f"backup.{number:03}") == FOUND for number in (1, 2))


@needs_ewf
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_in_archives(kind, disk, acquired, tmp_path, rules):
    files = {path.name: path.read_bytes() for path in acquired}
    convert(disk[1], tmp_path / "y.vmdk", "vmdk", "-o", "subformat=twoGbMaxExtentSparse")
    files |= {f"vm/{name}": (tmp_path / name).read_bytes() for name in ("y-s001.vmdk", "y.vmdk")}
    files["z.qcow2"] = convert(disk[1], tmp_path / "z.qcow2", "qcow2").read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    target = folder / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(target, "w") as archive:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    result = swept(rules, folder)
    for name in ("e.E01", "vm/y.vmdk", "z.qcow2"):
        assert found(result, f"{target}!{name}") == FOUND, (name, result)
    # and what lies in it as it is
    assert len([f for f in result.findings if len(f["chain"]) > 1]) == 3 * len(FOUND)


def test_an_appliance(disk, tmp_path, rules):
    """An OVA is a tar."""
    convert(disk[1], tmp_path / "disk1.vmdk", "vmdk", "-o", "subformat=streamOptimized")
    folder = tmp_path / "in"
    folder.mkdir()
    with tarfile.open(folder / "x.ova", "w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("x.ovf")
        archive.addfile(entry, io.BytesIO(b""))
        archive.add(tmp_path / "disk1.vmdk", "disk1.vmdk")
    assert found(swept(rules, folder), f"{folder / 'x.ova'}!disk1.vmdk") == FOUND


# --- what cannot be opened -----------------------------------------------------------------------


@pytest.mark.parametrize("begin, word", [
    (b"EVF2\r\n\x81\0", "Ex01"), (b"LVF\x09\r\n\xff\0", "L01"), (b"AFF10\r\n\0", "AFF"),
    (b"QFI\xfb\0\0\0\1", "QCOW image of version 1"), (bytes(64) + b"\x7f\x10\xda\xbe\1\0\1\0", "VirtualBox")])
def test_forms_that_are_not_read_say_so(begin, word, tmp_path, rules):
    (tmp_path / "x").write_bytes(begin + bytes(5000) + CANARY)
    result = swept(rules, tmp_path / "x")
    (gap,) = result.gaps
    assert gap["reason"] == "unsupported" and word in gap["detail"] and len(result.findings) == 1


@pytest.mark.parametrize("method", [1, 2])
def test_an_encrypted_qcow2(method, tmp_path):
    image = tmp_path / "x.qcow2"
    tool("qemu-img", "create", "-q", "-f", "qcow2", image, "1M")
    with open(image, "r+b") as file:
        file.seek(32)
        file.write(struct.pack(">I", method))
    assert [gap for gap, _ in dump("qcow2", image, fails=True)[1]] == ["encrypted"]


@pytest.mark.parametrize("form, options", [FORMS[0], FORMS[1], FORMS[3], FORMS[7], FORMS[8], FORMS[9], FORMS[11]])
def test_cut_images_end(form, options, disk, tmp_path):
    """No crash, nothing that is not there; and what is there is right."""
    data, raw = disk
    whole = convert(raw, tmp_path / f"x.{form}", form, *options).read_bytes()
    image = tmp_path / "cut"
    for part in (1, 3, 7):
        image.write_bytes(whole[:len(whole) * part // 8])
        done = subprocess.run([DISK_DUMP, {"vpc": "vhd"}.get(form, form), image], capture_output=True, text=True,
                              env=sweep.environment())
        assert done.returncode in (0, 1) and not done.stderr, done
        assert "\n!\t" in done.stdout or digest(data) in done.stdout, done.stdout


@pytest.mark.parametrize("form, options", [FORMS[0], FORMS[3], FORMS[7], FORMS[8], FORMS[9], FORMS[11]])
def test_flipped_tables_end(form, options, disk, tmp_path):
    """Bytes of headers and tables are anything: it ends, in bounded memory."""
    whole = bytearray(convert(disk[1], tmp_path / f"x.{form}", form, *options).read_bytes())
    image = tmp_path / "flipped"
    chance = random.Random(form)
    for _ in range(5):
        copy = bytearray(whole)
        for _ in range(4):
            copy[chance.choice([chance.randrange(512), chance.randrange(min(len(copy), 400_000))])] = chance.randrange(256)
        image.write_bytes(copy)
        done = subprocess.run([DISK_DUMP, {"vpc": "vhd"}.get(form, form), image], capture_output=True, text=True, timeout=60,
                              env=sweep.environment())
        assert done.returncode in (0, 1) and not done.stderr, done
