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
    for log in (["--unsupported", "-l", "size=8m"], []):  # 64 MiB of zeros take their time
        path.unlink(missing_ok=True)
        command = ["mkfs.xfs", "-q", "-f", "-p", lines, "-d", f"file=1,name={path},size={size}", *options, *log]
        done = subprocess.run(command, check=not log, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        if done.returncode == 0:
            break


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


class Mini:
    """The smallest file system with one of everything, by recipe: one group of 64 blocks."""

    UUID = bytes(range(16))
    GROUP_BLOCKS = 64

    def __init__(self, version):
        self.crc = version == 5
        self.block_size, self.inode_size = (1024, 512) if self.crc else (512, 256)
        self.core = 176 if self.crc else 100
        self.data = bytearray(self.GROUP_BLOCKS * self.block_size)

    def put(self, at, data):
        self.data[at:at + len(data)] = data

    def block(self, number, data, sum_at):
        data = data.ljust(self.block_size, b"\0")
        self.put(number * self.block_size, sealed(data, sum_at) if self.crc else data)

    def headers(self):
        sector = bytearray(512)
        log = self.block_size.bit_length() - 1
        struct.pack_into(">4sIQQQ16sQQ", sector, 0, b"XFSB", self.block_size, self.GROUP_BLOCKS, 0, 0, self.UUID, 40, 8)
        struct.pack_into(">QQIIIIIHHHH12s", sector, 64, 0, 0, 1, self.GROUP_BLOCKS, 1, 0, 4,
                         0xB4A5 if self.crc else 0xB4A4, 512, self.inode_size, 2, b"mini")
        sector[120:125] = bytes([log, 9, log - 1, 1, 6])
        struct.pack_into(">I", sector, 200, 0x18A if self.crc else 0x20A)
        if self.crc:
            struct.pack_into(">IIII", sector, 208, 0, 0, 0x2B, 0)
        self.put(0, sealed(sector, 224) if self.crc else sector)
        free = struct.pack(">4sIII", b"XAGF", 1, 0, self.GROUP_BLOCKS).ljust(512, b"\0")
        inodes = bytearray(struct.pack(">4sIII", b"XAGI", 1, 0, self.GROUP_BLOCKS).ljust(40, b"\0"))
        inodes += b"".join(struct.pack(">I", 16 if i == 16 else 2**32 - 1) for i in range(64))
        inodes = inodes.ljust(512, b"\0")
        self.put(512, sealed(free, 216) if self.crc else free)
        self.put(1024, sealed(inodes, 312) if self.crc else inodes)

    def inode(self, number, mode, form, size, fork, extents=0):
        raw = bytearray(self.inode_size)
        struct.pack_into(">2sHBBHIIIHH", raw, 0, b"IN", mode, 3 if self.crc else 2, form, 0, 1000, 100, 1, 0, 0)
        for at in (32, 40, 48) + ((144,) if self.crc else ()):
            struct.pack_into(*((">Q", raw, at, (2**31 + 2**32 + at) * 10**9) if self.crc else (">iI", raw, at, at, 5)))
        struct.pack_into(">QQII", raw, 56, size, 0, 0, extents)
        struct.pack_into(">I", raw, 96, 2**32 - 1)
        if self.crc:
            struct.pack_into(">Q", raw, 120, 8)
            struct.pack_into(">Q16s", raw, 152, number, self.UUID)
        raw[self.core:self.core + len(fork)] = fork
        self.put(number * self.inode_size, sealed(raw, 100) if self.crc else raw)

    def names(self, block, owner, entries, whole):
        """A block of a directory; `whole`: the only one, with its index behind it."""
        magic = {(4, 0): b"XD2D", (4, 1): b"XD2B", (5, 0): b"XDD3", (5, 1): b"XDB3"}[5 if self.crc else 4, whole]
        data = magic
        if self.crc:
            data += struct.pack(">IQQ16sQ", 0, block * self.block_size // 512, 0, self.UUID, owner)
        data = data.ljust(64 if self.crc else 16, b"\0")
        for name, inode in entries:
            at = len(data)
            body = struct.pack(">QB", inode, len(name)) + name + b"\1"
            body = body.ljust((len(body) + 2 + 7) // 8 * 8 - 2, b"\0") + struct.pack(">H", at)
            data += body
        end = self.block_size - (8 + 8 * len(entries) if whole else 0)
        data += struct.pack(">HH", 0xFFFF, end - len(data)).ljust(end - len(data) - 2, b"\0") + struct.pack(">H", len(data))
        if whole:
            data += b"".join(struct.pack(">II", i, 8) for i in range(len(entries))) + struct.pack(">II", len(entries), 0)
        self.block(block, data, 4)

    def image(self):
        self.headers()
        names = {b"file": 9, b"dir": 10, b"large": 11, b"tree": 12, b"link": 13, b"far": 14, b"fifo": 15}
        short = struct.pack(">BBI", len(names), 0, 8)
        for i, (name, number) in enumerate(names.items()):
            short += struct.pack(">BH", len(name), 96 + i * 24) + name + b"\1" + struct.pack(">I", number)
        self.inode(8, 0o40755, 1, len(short), short)
        self.inode(9, 0o100644, 2, 300, extent(0, 20, 1), 1)
        self.put(20 * self.block_size, b"content" * 40)
        dots = [(b".", 10), (b"..", 8)]
        self.inode(10, 0o40755, 2, self.block_size, extent(0, 21, 1), 1)
        self.names(21, 10, dots + [(b"name%d" % i, 9) for i in range(4)], 1)
        self.inode(11, 0o40755, 2, 2 * self.block_size, extent(0, 22, 1) + extent(1, 23, 1), 2)
        self.names(22, 11, [(b"first%d" % i, 9) for i in range(9)], 0)
        self.names(23, 11, [(b"second%d" % i, 9) for i in range(9)], 0)
        rows = extent(0, 25, 1) + extent(2, 26, 1, True) + extent(4, 27, 2)
        fork = self.inode_size - self.core
        most = (fork - 4) // 16
        self.inode(12, 0o100600, 3, 5 * self.block_size + 77,
                   struct.pack(">HHQ", 1, 1, 0).ljust(4 + most * 8, b"\0") + struct.pack(">Q", 24), 3)
        head = struct.pack(">4sHHQQ", b"BMA3" if self.crc else b"BMAP", 0, 3, 2**64 - 1, 2**64 - 1)
        if self.crc:
            head += struct.pack(">QQ16sQII", 24 * self.block_size // 512, 0, self.UUID, 12, 0, 0)
        self.block(24, head + rows, 64)
        for i in (25, 26, 27, 28, 30):
            self.put(i * self.block_size, bytes([i]) * self.block_size)
        self.inode(13, 0o120777, 1, 6, b"target")
        target = b"far/away/" * 40
        self.inode(14, 0o120777, 2, len(target), extent(0, 29, 1), 1)
        if self.crc:
            target = struct.pack(">4sIII16sQQQ", b"XSLM", 0, len(target), 0, self.UUID, 14, 29 * 2, 0) + target
        self.block(29, target, 12)
        self.inode(15, 0o10644, 0, 0, b"")
        self.inode(16, 0o100644, 2, 200, extent(0, 30, 1), 1)
        return bytes(self.data)
