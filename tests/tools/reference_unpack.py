# SPDX-License-Identifier: Apache-2.0
"""Opens archives to any depth with other programs than the one under test: Python's
zipfile, tarfile, gzip, bz2 and lzma, ar(1) of binutils, and zstd, lz4, lzip, 7z, bsdtar,
unsquashfs, uudecode where one of their formats turns up.

objects(path) gives (hops, content) for the file itself and everything in it: hops is a
tuple of names, bytes each. The content of a compressed stream is named CONTENT,
whatever the stream calls it; a tar, cpio or ar in a stream is read as it flows, and no
object of its own (docs/archives.md)."""

import bz2
import io
import lzma
import os
import re
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

CONTENT = b"~"
DEPTH_MAX = 16
UU = re.compile(rb"(?:^|\n)begin [0-7]{3,4} [^\n]+\n[\x20-\x60]{2,}\r?\n")


class Lost(Exception):
    """What is left of a container that cannot be read on."""


def through(*command):
    def read(data):
        done = subprocess.run(command, input=data, capture_output=True)
        if done.returncode != 0 and not done.stdout:
            raise Lost(f"{command[0]}: {done.stderr[-100:]!r}")
        return done.stdout
    return read


def gzip_members(data):
    """All members of a gzip; what follows the last one is no part of it."""
    out = []
    while data[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(31)
        try:
            out.append(unpacker.decompress(data))
        except zlib.error as error:
            if not out:
                raise Lost(str(error)) from error
            break
        if not unpacker.eof:
            break
        data = unpacker.unused_data
    return b"".join(out)


STREAMS = [  # magic, reader
    (b"\x1f\x8b\x08", gzip_members),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ\0", lzma.decompress),
    (b"\x5d\0\0", lambda data: lzma.decompress(data, lzma.FORMAT_ALONE)),
    (b"\x28\xb5\x2f\xfd", through("zstd", "-dcq")),
    (b"\x04\x22\x4d\x18", through("lz4", "-dcq")),
    (b"LZIP", through("lzip", "-dc")),
    (b"\x1f\x9d", through("compress", "-dc")),
]


def from_stream(data):
    for magic, read in STREAMS:
        if data.startswith(magic):
            try:
                return [(CONTENT, read(data))]
            except (OSError, EOFError, ValueError, lzma.LZMAError, Lost):
                return None
    if UU.search(data[:4096]):
        with tempfile.NamedTemporaryFile() as file:
            done = subprocess.run(["uudecode", "-o", file.name], input=data, capture_output=True)
            content = file.read()
        if done.returncode == 0 and content:
            return [(CONTENT, content)]
    return None


def zip_name(info):
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")


def from_zip(data):
    if b"PK\x05\x06" not in data[-65557:]:
        return None
    members = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                try:
                    members.append((zip_name(info), archive.read(info, b"infected")))
                except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError, struct.error):
                    continue  # encrypted or damaged: this member only
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        return None
    return members


def from_tar(data):
    if not is_tar(data):
        return None
    members = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="surrogateescape") as archive:
            for info in archive:
                if info.isreg():
                    members.append((os.fsencode(info.name), archive.extractfile(info).read()))
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return members or None
    return members


def is_tar(data):
    """The sum of the first header fits."""
    block = data[:512]
    try:
        wanted = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return wanted == sum(block[:148]) + 8 * 32 + sum(block[156:])


def from_ar(data):
    if not data.startswith(b"!<arch>\n"):
        return None
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        listed = subprocess.run(["ar", "t", file.name], capture_output=True)
        if listed.returncode != 0:
            return None
        members = []
        for name in listed.stdout.splitlines():
            done = subprocess.run(["ar", "p", file.name, os.fsdecode(name)], capture_output=True)
            members.append((name, done.stdout))
    return members


UNPACKERS = [  # where, magic, command in an empty folder
    (0, b"7z\xbc\xaf\x27\x1c", ["7z", "x", "-bd", "-y", "-pinfected", "{}"]),
    (0, b"MSCF", ["7z", "x", "-bd", "-y", "{}"]),
    (0, b"Rar!\x1a\x07", ["bsdtar", "-xf", "{}"]),
    (0, b"xar!", ["bsdtar", "-xf", "{}"]),
    (0, b"\xed\xab\xee\xdb", ["bsdtar", "-xf", "{}"]),
    (0, b"07070", ["bsdtar", "-xf", "{}"]),
    (0, b"\xc7\x71", ["bsdtar", "-xf", "{}"]),
    (0, b"\x71\xc7", ["bsdtar", "-xf", "{}"]),
    (0, b"hsqs", ["unsquashfs", "-q", "-f", "-d", ".", "{}"]),
    (2, b"-lh", ["bsdtar", "-xf", "{}"]),
    (32769, b"CD001", ["bsdtar", "-xf", "{}"]),
]


def from_others(data):
    command = next((words for at, magic, words in UNPACKERS if data[at:at + len(magic)] == magic), None)
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run([word.format(file.name) for word in command], cwd=folder, capture_output=True,
                              stdin=subprocess.DEVNULL)
        subprocess.run(["chmod", "-R", "u+rwX", folder])
        members = []
        for place, _, names in os.walk(os.fsencode(folder)):
            for name in names:
                path = os.path.join(place, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as member:
                        members.append((os.path.relpath(path, os.fsencode(folder)), member.read()))
    return None if done.returncode != 0 and not members else members


def members_of(data):
    """What is directly in it; none when it is no archive."""
    for read in (from_tar, from_ar, from_others, from_stream, from_zip):
        members = read(data)
        if members is not None:
            return members
    return []


def flows(data):
    """True for what a stream may hold without being an object itself."""
    return is_tar(data) or data[:8] == b"!<arch>\n" or data[:5] == b"07070"


def objects(path):
    with open(path, "rb") as file:
        stack = [((), file.read())]
    while stack:
        hops, data = stack.pop()
        if not (hops and hops[-1] == CONTENT and flows(data)):
            yield hops, data
        if len(hops) < DEPTH_MAX:
            stack += [((*hops, name), content) for name, content in members_of(data)]
