#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Containers of every format that the engine opens, round given files.

recipes(): pure Python, the same bytes in every run. tools(): by the programs that
people use; what is not installed is left out. Both give {name: bytes}.
"""

import binascii
import bz2
import gzip
import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

TIME = 1700000000


def tar(files, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), TIME
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, method)
    return out.getvalue()


def cpio(files):
    out = b""
    for name, data in [*files.items(), ("TRAILER!!!", b"")]:
        raw = name.encode() + b"\0"
        fields = (1, 0o100644 if data or name != "TRAILER!!!" else 0, 0, 0, 1, TIME, len(data),
                  0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return out


def ar(files):
    out = b"!<arch>\n"
    for name, data in files.items():
        out += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode() + b"/", TIME, 0, 0, 0o100644, len(data))
        out += data + b"\n" * (len(data) % 2)
    return out


def _rar_block(header):
    return struct.pack("<H", zlib.crc32(header) & 0xffff) + header


def _vint(value):
    out = b""
    while value > 0x7f:
        out, value = out + bytes([value & 0x7f | 0x80]), value >> 7
    return out + bytes([value])


def _rar5_block(header):
    sized = _vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(sized)) + sized


def rar(files, method=0x30):
    block = _rar_block
    out = b"Rar!\x1a\x07\0" + block(struct.pack("<BHH", 0x73, 0, 13) + bytes(6))
    for name, data in files.items():
        raw = name.encode()
        out += block(struct.pack("<BHHIIBIIBBHI", 0x74, 0x8000, 32 + len(raw), len(data), len(data), 3,
                                 zlib.crc32(data), 0x5a21b000, 29, method, len(raw), 0o100644) + raw) + data
    return out + block(struct.pack("<BHH", 0x7b, 0x4000, 7))


def rar5(files):
    vint, block = _vint, _rar5_block
    out = b"Rar!\x1a\x07\1\0" + block(vint(1) + vint(0) + vint(0))
    for name, data in files.items():
        raw = name.encode()
        out += block(vint(2) + vint(2) + vint(len(data)) + vint(4) + vint(len(data)) + vint(0o100644)
                     + struct.pack("<I", zlib.crc32(data)) + vint(0) + vint(1) + vint(len(raw)) + raw) + data
    return out + block(vint(5) + vint(0) + vint(0))


def rar_volumes(files, size):
    """The same in several files, of about `size` bytes of content each."""
    block = _rar_block
    volumes = []
    for pieces, last in _volumes(files, size):
        first = not volumes
        out = b"Rar!\x1a\x07\0" + block(struct.pack("<BHH", 0x73, 0x11 | (0x100 if first else 0), 13) + bytes(6))
        for name, whole, piece, before, after in pieces:
            raw = name.encode()
            flags = 0x8000 | (1 if before else 0) | (2 if after else 0)
            out += block(struct.pack("<BHHIIBIIBBHI", 0x74, flags, 32 + len(raw), len(piece), len(whole), 3,
                                     zlib.crc32(piece if after else whole), 0x5a21b000, 29, 0x30, len(raw),
                                     0o100644) + raw) + piece
        volumes.append(out + block(struct.pack("<BHH", 0x7b, 0x4000 | (0 if last else 1), 7)))
    return volumes


def _volumes(files, size):
    """For each volume its pieces (name, whole content, piece, goes on from before, goes on), and whether it is the last."""
    volumes, room = [[]], size
    for name, data in files.items():
        at = 0
        while True:
            piece = data[at:at + room]
            at += len(piece)
            volumes[-1].append((name, data, piece, at > len(piece), at < len(data)))
            room -= len(piece)
            if room == 0:
                volumes.append([])
                room = size
            if at >= len(data):
                break
    if not volumes[-1]:
        volumes.pop()
    return [(pieces, index == len(volumes) - 1) for index, pieces in enumerate(volumes)]


def rar5_volumes(files, size):
    vint, block = _vint, _rar5_block
    volumes = []
    for pieces, last in _volumes(files, size):
        number = len(volumes)
        out = b"Rar!\x1a\x07\1\0" + block(vint(1) + vint(0) + (vint(1) if number == 0 else vint(3) + vint(number)))
        for name, whole, piece, before, after in pieces:
            raw = name.encode()
            flags = 2 | (8 if before else 0) | (16 if after else 0)
            out += block(vint(2) + vint(flags) + vint(len(piece)) + vint(4) + vint(len(whole)) + vint(0o100644)
                         + struct.pack("<I", zlib.crc32(piece if after else whole)) + vint(0) + vint(1) + vint(len(raw))
                         + raw) + piece
        volumes.append(out + block(vint(5) + vint(0) + vint(0 if last else 1)))
    return volumes


def lha(files):
    def crc16(data):
        crc = 0
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ 0xa001 if crc & 1 else crc >> 1
        return crc
    out = b""
    for name, data in files.items():
        raw = name.encode()
        header = (b"-lh0-" + struct.pack("<IIIBBB", len(data), len(data), 0x5a21b000, 0x20, 0, len(raw)) + raw
                  + struct.pack("<H", crc16(data)))
        out += bytes([len(header), sum(header) & 0xff]) + header + data
    return out + b"\0"


def cab(files):
    """Stored, in one block: under 32 KiB."""
    rows, data = b"", b""
    for name, content in files.items():
        rows += struct.pack("<IIHHHH", len(content), len(data), 0, 0x5721, 0x6000, 0x20) + name.encode() + b"\0"
        data += content
    at = 36 + 8
    size = at + len(rows) + 8 + len(data)
    return (struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, at, 0, 3, 1, 1, len(files), 0, 0, 0)
            + struct.pack("<IHH", at + len(rows), 1, 0) + rows + struct.pack("<IHH", 0, len(data), len(data)) + data)


def warc(files):
    out = b""
    for name, data in files.items():
        out += (b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
                % (name.encode(), len(data), data))
    return out


def rpm(files, pack=gzip.compress):
    def header(entries, store):
        return (b"\x8e\xad\xe8\1\0\0\0\0" + struct.pack(">II", entries, store) + bytes(16 * entries + store))
    signatures = header(1, 5)
    return (b"\xed\xab\xee\xdb\3\0\0\0" + bytes(88) + signatures + bytes(-len(signatures) % 8) + header(2, 7)
            + pack(cpio(files)))


def uuencode(data, name="inner"):
    lines = b"".join(binascii.b2a_uu(data[at:at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 %s\n%s`\nend\n" % (name.encode(), lines)


def recipes(files):
    """Containers with all the files, and streams of the first one."""
    first = next(iter(files.values()))
    return {
        "pax.tar": tar(files), "gnu.tar": tar(files, tarfile.GNU_FORMAT), "ustar.tar": tar(files, tarfile.USTAR_FORMAT),
        "deflate.zip": zip_(files), "stored.zip": zip_(files, zipfile.ZIP_STORED),
        "bzip2.zip": zip_(files, zipfile.ZIP_BZIP2), "lzma.zip": zip_(files, zipfile.ZIP_LZMA),
        "newc.cpio": cpio(files), "gnu.ar": ar(files), "old.rar": rar(files), "new.rar": rar5(files),
        "stored.lzh": lha(files), "stored.cab": cab(files), "plain.warc": warc(files), "gzip.rpm": rpm(files),
        "xz.rpm": rpm(files, lzma.compress), "one.gz": gzip.compress(first, mtime=TIME), "one.bz2": bz2.compress(first),
        "one.xz": lzma.compress(first), "one.lzma": lzma.compress(first, lzma.FORMAT_ALONE),
        "one.uu": uuencode(first),
    }


# Programs, and the words after which {out} holds the container of {names} in the folder.
COMMANDS = {
    "bsdtar-v7.tar": "bsdtar --format v7 -cf {out} {names}",
    "bsdtar-pax.tar": "bsdtar --format pax -cf {out} {names}",
    "tar-gnu-sparse.tar": "tar --format gnu -S -cf {out} {names}",
    "tar-pax-sparse.tar": "tar --format posix -S -cf {out} {names}",
    "tar-v7.tar": "tar --format v7 -cf {out} {names}",
    "bsdtar.zip": "bsdtar --format zip -cf {out} {names}",
    "zip.zip": "zip -q {out} {names}",
    "7z.7z": "7z a -bd {out} {names}",
    "7z-ppmd.7z": "7z a -bd -m0=ppmd {out} {names}",
    "7z-bcj.7z": "7z a -bd -m0=BCJ -m1=LZMA2 {out} {names}",
    "7z.zip": "7z a -bd -tzip {out} {names}",
    "7z-deflate64.zip": "7z a -bd -tzip -mm=deflate64 {out} {names}",
    "cpio-crc.cpio": "printf '%s\\n' {names} | cpio --quiet -o -H crc > {out}",
    "cpio-odc.cpio": "printf '%s\\n' {names} | cpio --quiet -o -H odc > {out}",
    "cpio-bin.cpio": "printf '%s\\n' {names} | cpio --quiet -o -H bin > {out}",
    "ar.ar": "ar q {out} {names}",
    "genisoimage.iso": "mkdir {out}.d && cp {names} {out}.d && genisoimage -quiet -R -J -o {out} {out}.d",
    "xorriso.iso": "mkdir {out}.d && cp {names} {out}.d && xorriso -as mkisofs -quiet -R -o {out} {out}.d",
    "bsdtar.xar": "bsdtar --format xar -cf {out} {names}",
    "bsdtar.warc": "bsdtar --format warc -cf {out} {names}",
    "gcab.cab": "gcab -c {out} {names}",
    "gcab-mszip.cab": "gcab -cz {out} {names}",
    "tar-ustar.tar": "tar --format ustar -cf {out} {names}",
    "tar-gnu-old.tar": "tar --format oldgnu -cf {out} {names}",
    "bsdtar-gnu.tar": "bsdtar --format gnutar -cf {out} {names}",
    "cpio-newc.cpio": "printf '%s\\n' {names} | cpio --quiet -o -H newc > {out}",
    "cpio-tar.tar": "printf '%s\\n' {names} | cpio --quiet -o -H ustar > {out}",
    "bsdtar-odc.cpio": "bsdtar --format odc -cf {out} {names}",
    "zip-stored.zip": "zip -q0 {out} {names}",
    "zip-best.zip": "zip -q9 {out} {names}",
    "zip-bzip2.zip": "zip -q -Z bzip2 {out} {names}",
    "zip-streamed.zip": "zip -q -fd - {names} > {out}",
    "zip-zip64.zip": "zip -q -fz {out} {names}",
    "7z-bzip2.zip": "7z a -bd -tzip -mm=bzip2 {out} {names}",
    "7z-lzma.zip": "7z a -bd -tzip -mm=lzma {out} {names}",
    "7z-copy.7z": "7z a -bd -m0=copy {out} {names}",
    "7z-lzma1.7z": "7z a -bd -m0=lzma {out} {names}",
    "7z-bzip2.7z": "7z a -bd -m0=bzip2 {out} {names}",
    "7z-deflate.7z": "7z a -bd -m0=deflate {out} {names}",
    "7z-plain-header.7z": "7z a -bd -mhc=off -ms=off {out} {names}",
    "7z.tar": "7z a -bd -ttar {out} {names}",
    "bsdtar.7z": "bsdtar --format 7zip -cf {out} {names}",
    "ar-sorted.ar": "ar qcsD {out} {names}",
    "bsdtar-bsd.ar": "bsdtar --format arbsd -cf {out} {names}",
    "genisoimage-joliet.iso": "mkdir {out}.d && cp {names} {out}.d && genisoimage -quiet -J -o {out} {out}.d",
    "genisoimage-rock.iso": "mkdir {out}.d && cp {names} {out}.d && genisoimage -quiet -R -o {out} {out}.d",
    "bsdtar.iso": "bsdtar --format iso9660 -cf {out} {names}",
    "bsdtar-xz.xar": "bsdtar --format xar --options xar:compression=xz -cf {out} {names}",
}
# The same, but with a password that is known, or of formats that few programs read.
MORE = {
    "zip-password.zip": "zip -q -P infected {out} {names}",
    "7z-aes.zip": "7z a -bd -tzip -mem=AES256 -pinfected {out} {names}",
    "7z-ppmd.zip": "7z a -bd -tzip -mm=ppmd {out} {names}",
    **{f"mksquashfs-{how}.squashfs": "mksquashfs {names} {out} -quiet -no-progress -processors 1 -comp " + how
       for how in ("gzip", "lzo", "lz4", "xz", "zstd")},
    "mksquashfs-plain.squashfs":
        "mksquashfs {names} {out} -quiet -no-progress -processors 1 -noI -noD -noF -noX -no-fragments",
}
STREAMS = {
    "gzip": "gzip -c", "gzip-best": "gzip -9c", "bzip2": "bzip2 -c", "xz": "xz -c", "xz-blocks": "xz -c --block-size=20000",
    "lzma": "xz --format=lzma -c", "lz4": "lz4 -qc", "lz4-old": "lz4 -qlc", "zstd": "zstd -qc", "zstd-long": "zstd -qc --long=24",
    "lzip": "lzip -c", "compress": "compress -c", "compress-12": "compress -b 12 -c", "uuencode": "uuencode {name} inner <",
    "uuencode-base64": "uuencode -m {name} inner <", "gzip-rsyncable": "gzip -c --rsyncable", "bzip2-small": "bzip2 -1c",
    "xz-crc32": "xz -c --check=crc32", "xz-sha256": "xz -c --check=sha256", "xz-bcj": "xz -c --x86 --lzma2", "xz-threads": "xz -cT2",
    "zstd-best": "zstd -qc -19", "zstd-check": "zstd -qc --no-check", "lz4-linked": "lz4 -qc -BD -B4 -BX", "lz4-best": "lz4 -qc9",
    "lzip-best": "lzip -9c",
}


def run(command, folder):
    words = [word for part in command.replace("&&", "|").split("|") for word in part.split()[:1]]
    if not all(shutil.which(word) for word in words):
        return False
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return done.returncode in (0, 2)  # compress says 2 when it saved nothing


def tools(files, more=False):
    """By the programs that are installed; with MORE on request."""
    made = {}
    first = next(iter(files))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        for name, command in {**COMMANDS, **(MORE if more else {})}.items():
            out = Path(aside) / name
            if run(command.format(out=out, names=" ".join(files)), folder):
                made[name] = out.read_bytes()
        for name, command in STREAMS.items():
            out = Path(aside) / (name + ".stream")
            full = (command.format(name=first) + " /dev/null" if "{name}" in command else f"{command} {first}")
            if run(f"{full} > {out}", folder):
                made[out.name] = out.read_bytes()
    return made
