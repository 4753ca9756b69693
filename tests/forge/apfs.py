#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Small APFS containers by recipe, after Apple's "Apple File System Reference": no tool of
Debian makes any. `fls` and `icat` of the Sleuth Kit read them."""

import struct
import zlib

from known import UUID, fletcher

BLOCK = 4096
DIRECTORY, FILE, LINK = 4, 8, 10


def node(oid, kind, subtype, level, rows, root, fixed):
    """A B-tree node; rows of (key, value), in their order."""
    toc = b""
    keys = b""
    values = b""
    for key, value in rows:
        values = value + values
        if fixed:
            toc += struct.pack("<HH", len(keys), len(values))
        else:
            toc += struct.pack("<HHHH", len(keys), len(key), len(values), len(value))
        keys += key
    table = (len(toc) + 63) // 64 * 64 + 64
    flags = (1 if root else 0) | (2 if level == 0 else 0) | (4 if fixed else 0)
    info = b""
    if root:
        info = struct.pack("<IIIIIIQQ", 0, BLOCK, 16 if fixed else 0, 16 if fixed else 0, 16, 16, len(rows), 1)
    free = BLOCK - 56 - table - len(keys) - len(values) - len(info)
    assert free >= 0
    head = bytes(8) + struct.pack("<QQII", oid, 2, kind, subtype)
    head += struct.pack("<HHIHHHHHHHH", flags, level, len(rows), 0, table, len(keys), free, 0xFFFF, 0, 0xFFFF, 0)
    body = head + toc.ljust(table, b"\0") + keys + bytes(free) + values + info
    return fletcher(bytearray(body))


class Container:
    """files: {path: bytes, or ("link", target), or ("packed", bytes), or None: a directory}."""

    def __init__(self, volumes, blocks=900, bare=False):
        """`bare`: as small as can be, without what only says how much is free."""
        self.blocks = {}
        self.count = blocks
        self.next_block = 2 if bare else 40
        self.next_oid = 1026
        self.rows = []
        self.oids = []
        for index, (name, files, flags, features) in enumerate(volumes):
            self.volume(index, name, files, flags, features)
        self.container(bare)

    def block(self, data=None):
        self.next_block += 1
        if data is not None:
            self.blocks[self.next_block] = data
        return self.next_block

    def oid(self):
        self.next_oid += 1
        return self.next_oid

    def map(self, rows, physical_flags=0):
        """An object map of {oid: block}."""
        body = [(struct.pack("<QQ", oid, 2), struct.pack("<IIQ", 0, BLOCK, block)) for oid, block in sorted(rows)]
        tree = self.next_block + 1
        self.block(node(tree, 0x40000002, 0xB, 0, body, True, True))
        number = self.next_block + 1
        head = bytes(8) + struct.pack("<QQII", number, 2, 0x4000000B, 0)
        head += struct.pack("<IIIIQQQQQ", physical_flags, 0, 0x40000002, 0x40000002, tree, 0, 0, 0, 0)
        return self.block(fletcher(bytearray(head.ljust(BLOCK, b"\0"))))

    def records(self, files, hashed):
        numbers = {"": 2}
        rows = []
        children = {}
        for path in files:
            numbers[path] = 15 + len(numbers)
            children.setdefault(path.rpartition("/")[0], []).append(path)

        def key(number, kind, rest=b""):
            return struct.pack("<Q", kind << 60 | number) + rest

        def inode(path, mode, size, flags=0, links=1):
            number = numbers[path]
            name = path.rpartition("/")[2].encode() or b"root"
            parent = numbers[path.rpartition("/")[0]] if path else 1
            times = [(1700000000 + number) * 10**9 + i for i in range(4)]
            body = struct.pack("<QQQQQQQiIIIIIHHQ", parent, number, *times, 0, links, 0, 0, flags, 501, 20, mode, 0, 0)
            fields = [(4, 2, name + b"\0")]
            if size is not None:
                fields.append((8, 0x20, struct.pack("<QQQQQ", size, (size + BLOCK - 1) // BLOCK * BLOCK, 0, size, 0)))
            body += struct.pack("<HH", len(fields), sum((len(data) + 7) // 8 * 8 for _, _, data in fields))
            body += b"".join(struct.pack("<BBH", kind, bits, len(data)) for kind, bits, data in fields)
            body += b"".join(data.ljust((len(data) + 7) // 8 * 8, b"\0") for _, _, data in fields)
            rows.append(((number, 3, b""), key(number, 3), body))

        def attribute(path, name, value):
            number = numbers[path]
            rest = struct.pack("<H", len(name) + 1) + name + b"\0"
            rows.append(((number, 4, name), key(number, 4, rest), struct.pack("<HH", 2, len(value)) + value))

        inode("", 0o40755, None, links=len(children.get("", [])))
        for path, what in files.items():
            if what is None:
                inode(path, 0o40750, None, links=len(children.get(path, [])))
            elif isinstance(what, bytes):
                inode(path, 0o100644, len(what))
                self.extents(numbers[path], what, rows, key)
            elif what[0] == "link":
                inode(path, 0o120755, None)
                attribute(path, b"com.apple.fs.symlink", what[1].encode() + b"\0")
            else:
                inode(path, 0o100600, None, 0x20)
                packed = zlib.compress(what[1]) if what[0] == "packed" else b"\xff" + what[1]
                attribute(path, b"com.apple.decmpfs", b"fpmc" + struct.pack("<IQ", 3, len(what[1])) + packed)
            kind = DIRECTORY if what is None else LINK if what[:1] == ("link",) else FILE
            name = path.rpartition("/")[2].encode() + b"\0"
            if hashed:
                size = struct.pack("<I", len(name) | zlib.crc32(name) >> 10 << 10)
            else:
                size = struct.pack("<H", len(name))
            parent = numbers[path.rpartition("/")[0]]
            value = struct.pack("<QQH", numbers[path], 1700000000 * 10**9, kind)
            rows.append(((parent, 9, size + name if hashed else name), key(parent, 9, size + name), value))
        return [(full, value) for _, full, value in sorted(rows)], numbers

    def extents(self, number, data, rows, key):
        """In pieces of five blocks with one between them; blocks of zeros are holes."""
        at = 0
        while at < len(data):
            part = data[at:at + 5 * BLOCK]
            count = (len(part) + BLOCK - 1) // BLOCK
            block = 0
            if part.strip(b"\0"):
                block = self.next_block + 2
                for i in range(count):
                    self.blocks[block + i] = part[i * BLOCK:(i + 1) * BLOCK].ljust(BLOCK, b"\0")
                self.next_block = block + count - 1
            value = struct.pack("<QQQ", count * BLOCK, block, 0)
            rows.append(((number, 8, struct.pack(">Q", at)), key(number, 8, struct.pack("<Q", at)), value))
            at += 5 * BLOCK

    def tree(self, rows):
        """The tree of a file system; its number, and {oid: block} of its nodes."""
        parts, size = [[]], 0
        for key, value in rows:
            if size + len(key) + len(value) + 8 > BLOCK - 56 - 40 - 192:
                parts.append([])
                size = 0
            parts[-1].append((key, value))
            size += len(key) + len(value) + 8
        mapped = []
        level = 0
        while True:
            root = len(parts) == 1
            above = []
            for part in parts:
                oid = self.oid()
                kind = 2 if root else 3
                mapped.append((oid, self.block(node(oid, kind, 0xE, level, part, root, False))))
                above.append((part[0][0], struct.pack("<Q", oid)))
            if root:
                return oid, mapped
            level += 1
            parts = [above]

    def volume(self, index, name, files, flags, features):
        rows, _ = self.records(files, features & 9)
        root, mapped = self.tree(rows)
        number = self.map(mapped)
        oid = self.oid()
        body = bytearray(BLOCK)
        struct.pack_into("<QQII4sI", body, 8, oid, 2, 0xD, 0, b"APSB", index)
        struct.pack_into("<QQQ", body, 40, 1, 0, features)
        struct.pack_into("<IIIQQ", body, 116, 2, 0x40000002, 0x40000002, number, root)
        struct.pack_into("<QQQQQ", body, 176, 100, len(files), 1, 0, 0)
        struct.pack_into("<16sQQ", body, 240, UUID.bytes, 1700000000 * 10**9, flags)
        body[704:704 + len(name)] = name.encode()
        self.rows.append((oid, self.block(fletcher(body))))
        self.oids.append(oid)

    def container(self, bare):
        number = self.map(self.rows)
        for at, transaction in ((0, 1), (2, 2)) if bare else ((0, 2), (2, 1), (4, 2)):
            body = bytearray(BLOCK)
            struct.pack_into("<QQII4sIQ", body, 8, 1, transaction, 0x80000001, 0, b"NXSB", BLOCK, self.count)
            struct.pack_into("<16sQQIIQQ", body, 72, UUID.bytes, self.next_oid + 1, 3, 8, 8, 1, 10)
            struct.pack_into("<IIIIII", body, 128, 0, 0, 2, 2, 0, 0)
            struct.pack_into("<QQQ", body, 152, 1024, number, 1025)
            struct.pack_into("<II", body, 176, 0, 100)
            struct.pack_into(f"<{len(self.oids)}Q", body, 184, *self.oids)
            self.blocks[at] = fletcher(body)
        if bare:
            return
        head = bytes(8) + struct.pack("<QQII", 3, 2, 0x4000000C, 0) + struct.pack("<II", 1, 1)
        head += struct.pack("<IIIIQQQ", 0x80000005, 0, BLOCK, 0, 0, 1024, 10)  # how much is free
        self.blocks[3] = fletcher(bytearray(head.ljust(BLOCK, b"\0")))
        head = bytes(8) + struct.pack("<QQII", 1024, 2, 0x80000005, 0) + struct.pack("<IIII", BLOCK, 32768, 126, 511)
        head += struct.pack("<QQIIQI", self.count, 1, 1, 0, 100, 2000)
        self.blocks[10] = fletcher(bytearray(head.ljust(2000, b"\0") + struct.pack("<Q", 11)).ljust(BLOCK, b"\0"))
        head = bytes(8) + struct.pack("<QQIIIIQQIIQ", 11, 2, 0x40000007, 0, 0, 1, 2, 0, self.count, 100, 12)
        self.blocks[11] = fletcher(bytearray(head.ljust(BLOCK, b"\0")))
        self.blocks[12] = b"\xff" * BLOCK

    def image(self):
        assert max(self.blocks) < self.count
        return b"".join(self.blocks.get(i, bytes(BLOCK)) for i in range(self.count))
