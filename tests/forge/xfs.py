#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""XFS images: made by mkfs.xfs from a tree, and changed by recipe where no tool without a
mount can make what is wanted (trees of extents, links, times, damage)."""

import os
import struct
import subprocess

TABLE = []
for _i in range(256):
    for _ in range(8):
        _i = _i >> 1 ^ (0x82F63B78 if _i & 1 else 0)
    TABLE.append(_i)


def crc32c(data):
    state = 0xFFFFFFFF
    for byte in data:
        state = state >> 8 ^ TABLE[(state ^ byte) & 0xFF]
    return state ^ 0xFFFFFFFF


def sealed(block, sum_at):
    block = bytearray(block)
    block[sum_at:sum_at + 4] = bytes(4)
    block[sum_at:sum_at + 4] = struct.pack("<I", crc32c(block))
    return bytes(block)


def make(path, proto, *options, size="600m", env=None):
    """`proto`: lines of a prototype file (mkfs.xfs(8)) below the root."""
    lines = path.with_suffix(".proto")
    lines.write_text("\n".join(["/boot", "0 0", "d--755 0 0", *proto, "$", ""]))
    path.unlink(missing_ok=True)
    subprocess.run(["mkfs.xfs", "-q", "-f", "-p", lines, "-d", f"file=1,name={path},size={size}", *options],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)


def db(path, *commands):
    """What xfs_db(8) prints."""
    text = "".join(command + "\n" for command in commands)
    result = subprocess.run(["xfs_db", "-r", path], input=text, capture_output=True, check=True, text=True,
                            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    return result.stdout.replace("xfs_db> ", "")


class Image:
    """An image that is changed in place."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "r+b")  # pylint: disable=consider-using-with
        head = self.read(0, 512)
        self.block_size, self.blocks = struct.unpack_from(">IQ", head, 4)
        self.group_blocks, self.groups = struct.unpack_from(">II", head, 84)
        self.crc = struct.unpack_from(">H", head, 100)[0] & 15 == 5
        self.sector_size, self.inode_size = struct.unpack_from(">HH", head, 102)
        self.inode_block_log, self.group_log = head[123], head[124]
        self.core = 176 if self.crc else 100

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def read(self, at, size):
        self.file.seek(at)
        return self.file.read(size)

    def write(self, at, data):
        self.file.seek(at)
        self.file.write(data)
        self.file.flush()

    def number(self, path):
        return int(db(self.path, f"path {path}", "inode").split("inode number is ")[-1].split()[0])

    def place(self, block):
        group, inside = block >> self.group_log, block & (1 << self.group_log) - 1
        return (group * self.group_blocks + inside) * self.block_size

    def inode_at(self, number):
        inside = number & (1 << self.inode_block_log) - 1
        return self.place(number >> self.inode_block_log) + inside * self.inode_size

    def inode(self, number):
        return bytearray(self.read(self.inode_at(number), self.inode_size))

    def put_inode(self, number, raw):
        self.write(self.inode_at(number), sealed(raw, 100) if self.crc else raw)

    def set(self, number, form, at, *values):
        raw = self.inode(number)
        struct.pack_into(form, raw, at, *values)
        self.put_inode(number, raw)

    def counter(self, raw):
        """Form, inode and place of the number of extents."""
        long = self.crc and struct.unpack_from(">Q", raw, 120)[0] & 16
        return (">Q", raw, 24) if long else (">I", raw, 76)

    def extents(self, number):
        """Of an inode that has them in itself: [(offset, block, count)]."""
        raw = self.inode(number)
        count, = struct.unpack_from(*self.counter(raw))
        rows = [struct.unpack_from(">QQ", raw, self.core + i * 16) for i in range(count)]
        return [(high >> 9 & (1 << 54) - 1, (high & 511) << 43 | low >> 21, low & (1 << 21) - 1) for high, low in rows]

    def put_tree(self, number, rows, blocks, levels=1):
        """Gives an inode a b-tree of extents, `rows` of (offset, block, count, unwritten), in `blocks`."""
        header = 72 if self.crc else 24
        most = (self.block_size - header) // 16
        blocks = list(blocks)

        def node(level, at, keys, bodies):
            left, block, right = at
            data = (b"BMA3" if self.crc else b"BMAP") + struct.pack(">HHQQ", level, len(keys), left, right)
            if self.crc:
                data += struct.pack(">QQ16sQII", self.place(block) // 512, 0, self.uuid(), number, 0, 0)
            if level:
                data += b"".join(keys).ljust(most * 8, b"\0") + b"".join(bodies)
            else:
                data += b"".join(bodies)
            data = data.ljust(self.block_size, b"\0")
            self.write(self.place(block), sealed(data, 64) if self.crc else data)
            return keys[0], struct.pack(">Q", block)

        below = [(struct.pack(">Q", row[0]), extent(*row)) for row in rows]
        for level in range(levels):
            parts = [below[i:i + most] for i in range(0, len(below), most)]
            row = [2**64 - 1, *blocks[:len(parts)], 2**64 - 1]
            blocks = blocks[len(parts):]
            below = [node(level, row[i:i + 3], [key for key, _ in part], [body for _, body in part])
                     for i, part in enumerate(parts)]
        raw = self.inode(number)
        fork = raw[82] * 8 or self.inode_size - self.core
        most = (fork - 4) // 16
        root = struct.pack(">HH", levels, len(below)) + b"".join(key for key, _ in below).ljust(most * 8, b"\0")
        root += b"".join(pointer for _, pointer in below)
        raw[5] = 3
        struct.pack_into(*self.counter(raw), len(rows))
        struct.pack_into(">Q", raw, 64, sum(row[2] for row in rows))
        raw[self.core:self.core + fork] = root.ljust(fork, b"\0")
        self.put_inode(number, raw)

    def put_extents(self, number, rows):
        raw = self.inode(number)
        struct.pack_into(*self.counter(raw), len(rows))
        for i, row in enumerate(rows):
            raw[self.core + i * 16:self.core + i * 16 + 16] = extent(*row)
        self.put_inode(number, raw)

    def uuid(self):
        return self.read(32, 16)

    def entry(self, directory, name):
        """Where the number stands that a directory inside its inode has for a name: (at, size)."""
        raw = self.inode(directory)
        size = 8 if raw[self.core + 1] else 4
        at = raw.index(name, self.core) + len(name)
        return at + (1 if self.has_kinds() else 0), size

    def has_kinds(self):
        features = self.read(200, 20)
        return bool(features[19] & 1) if self.crc else bool(features[2] & 2)


def extent(offset, block, count, unwritten=False):
    high = (1 << 63 if unwritten else 0) | offset << 9 | block >> 43
    return struct.pack(">QQ", high, (block & (1 << 43) - 1) << 21 | count)
