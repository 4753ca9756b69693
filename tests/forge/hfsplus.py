# SPDX-License-Identifier: Apache-2.0
"""HFS+ images by recipe, from Apple's Technical Note TN1150 ("HFS Plus Volume Format"): Debian 12
has no program that makes one. Read back by programs that are not ours: hpls, 7z, fls."""

import os
import stat
import struct
import unicodedata

BLOCK = NODE = 4096
ROOT_PARENT, ROOT, EXTENTS_FILE, CATALOG_FILE, FIRST_USER = 1, 2, 3, 4, 16
FOLDER, FILE, FOLDER_THREAD, FILE_THREAD = 1, 2, 3, 4
LEAF, INDEX, HEADER = -1, 0, 1
TIME = 1700000000 + 2082844800  # seconds since 1904


def fork(size, extents):
    """HFSPlusForkData: the first eight extents; the rest stands in the extents file."""
    total = sum(count for _, count in extents)
    first = (extents + [(0, 0)] * 8)[:8]
    return struct.pack(">QII16I", size, 0, total, *(number for pair in first for number in pair))


def wide(name):
    data = unicodedata.normalize("NFD", name).encode("utf-16-be")
    return struct.pack(">H", len(data) // 2) + data


def catalog_key(parent, name):
    body = struct.pack(">I", parent) + wide(name)
    return struct.pack(">H", len(body)) + body


def permissions(mode):
    return struct.pack(">IIBBHI", 501, 20, 0, 0, mode, 1)


def folder_record(number, count):
    return struct.pack(">hHII5I", FOLDER, 0, count, number, *[TIME] * 5) + permissions(0o40755) + bytes(40)


def file_record(number, data, resource):
    return (struct.pack(">hHII5I", FILE, 2, 0, number, *[TIME] * 5) + permissions(0o100644) + bytes(40)
            + data + resource)


def thread_record(kind, parent, name):
    return struct.pack(">hhI", kind, 0, parent) + wide(name)


def node(kind, height, records, after=0, before=0):
    """A B-tree's node: records from the front, their offsets from the back."""
    body = bytearray(struct.pack(">IIbBHH", after, before, kind, height, len(records), 0))
    offsets = []
    for record in records:
        offsets.append(len(body))
        body += record + bytes(len(record) % 2)
    offsets.append(len(body))
    assert len(body) + 2 * len(offsets) <= NODE
    body += bytes(NODE - len(body))
    for i, offset in enumerate(offsets):
        struct.pack_into(">H", body, NODE - 2 * (i + 1), offset)
    return bytes(body)


def tree(rows, key_max, attributes, compare):
    """A B-tree's file of sorted rows (key, data)."""
    def groups(records):
        some, size = [], 14
        for key, record in records:
            if size + len(record) + 1 + 2 * (len(some) + 2) > NODE:
                yield some
                some, size = [], 14
            some.append((key, record))
            size += len(record) + len(record) % 2
        if some:
            yield some

    nodes, level, height = [], [(key, key + data) for key, data in rows], 0
    first_leaf = last_leaf = root = 0
    while level:
        height += 1
        made, start = list(groups(level)), 1 + len(nodes)
        for i, group in enumerate(made):
            after = start + i + 1 if i + 1 < len(made) else 0
            nodes.append(node(LEAF if height == 1 else INDEX, height, [record for _, record in group],
                              after, start + i - 1 if i else 0))
        if height == 1:
            first_leaf, last_leaf = start, start + len(made) - 1
        if len(made) == 1:
            root = start
            break
        level = [(group[0][0], group[0][0] + struct.pack(">I", start + i)) for i, group in enumerate(made)]
    total = 1 + len(nodes)
    assert total <= (NODE - 256) * 8, "one map record is not enough"
    head = struct.pack(">HIIIIHHIIHIBBI64x", height, root, len(rows), first_leaf, last_leaf, NODE, key_max,
                       total, 0, 0, NODE, 0, compare, attributes)
    used = bytearray(NODE - 256)
    for i in range(total):
        used[i // 8] |= 0x80 >> i % 8
    return node(HEADER, 0, [head, bytes(128), bytes(used)]) + b"".join(nodes)


class Volume:
    def __init__(self, image, size):
        self.file = open(image, "w+b")
        self.file.truncate(size)
        self.blocks = size // BLOCK
        self.next = 1 + -(-self.blocks // 8 // BLOCK)  # block 0, and the allocation file
        self.used = bytearray(-(-self.blocks // 8))
        self.mark([(0, self.next), (self.blocks - 1, 1)])
        self.catalog, self.overflow = [], []
        self.number = FIRST_USER
        self.counts = [0, 0]

    def mark(self, extents, used=True):
        for start, count in extents:
            for block in range(start, start + count):
                bit = 0x80 >> block % 8
                self.used[block // 8] = self.used[block // 8] | bit if used else self.used[block // 8] & ~bit

    def put(self, pieces, size, step=1):
        """Content into blocks of its own: the extents."""
        count = -(-size // BLOCK)
        if count == 0:
            return []
        extents = [(self.next, count)] if step == 1 else [(self.next + i * step, 1) for i in range(count)]
        self.next += count * step
        assert self.next < self.blocks, "the image is full"
        self.mark(extents)
        for offset, data in pieces:
            while data:
                index, within = divmod(offset, BLOCK)
                some = data if step == 1 else data[: BLOCK - within]
                block = extents[0][0] + index if step == 1 else extents[index][0]
                self.file.seek(block * BLOCK + within)
                self.file.write(some)
                offset, data = offset + len(some), data[len(some):]
        return extents

    def row(self, parent, name, record):
        self.catalog.append(((parent, unicodedata.normalize("NFD", name).lower().encode("utf-16-be")),
                             catalog_key(parent, name), record))

    def folder(self, parent, name, count, number=None):
        number = number or self._next_number()
        self.row(parent, name, folder_record(number, count))
        self.row(number, "", thread_record(FOLDER_THREAD, parent, name))
        self.counts[1] += number != ROOT
        return number

    def _next_number(self):
        self.number += 1
        return self.number

    def file_(self, parent, name, pieces, size, step=1, resource=b""):
        number = self._next_number()
        extents = self.put(pieces, size, step)
        self.row(parent, name, file_record(number, fork(size, extents),
                                           fork(len(resource), self.put([(0, resource)], len(resource)))))
        self.row(number, "", thread_record(FILE_THREAD, parent, name))
        start = sum(count for _, count in extents[:8])
        for i in range(8, len(extents), 8):
            some = extents[i : i + 8]
            self.overflow.append((struct.pack(">HBBII", 10, 0, 0, number, start),
                                  fork(0, some)[16:]))
            start += sum(count for _, count in some)
        self.counts[0] += 1

    def close(self):
        self.catalog.sort(key=lambda row: row[0])
        catalog = tree([row[1:] for row in self.catalog], 516, 6, 0xCF)
        overflow = tree(sorted(self.overflow), 10, 2, 0)
        files = [fork(len(data), self.put([(0, data)], len(data))) for data in (overflow, catalog)]
        self.file.seek(BLOCK)
        self.file.write(self.used)
        bitmap = fork(len(self.used), [(1, -(-len(self.used) // BLOCK))])
        free = self.blocks - sum(byte.bit_count() for byte in self.used)
        head = struct.pack(">2sHI4sI4I4I5IIQ32x", b"H+", 4, 0x100, b"10.0", 0, TIME, TIME, 0, TIME, *self.counts, BLOCK,
                           self.blocks, free, self.next, 65536, 65536, self.number + 1, 1, 1)
        head += bitmap + files[0] + files[1] + fork(0, []) + fork(0, [])
        assert len(head) == 512
        for at in (1024, self.blocks * BLOCK - 1024):
            self.file.seek(at)
            self.file.write(head)
        self.file.close()


def make(image, tree_path, size, read=None, scattered=(), resources=None):
    """An image of `size` bytes with what lies in the folder. scattered: paths whose blocks lie
    apart; resources: {path: bytes} of resource forks."""
    volume = Volume(image, size)
    numbers = {}
    for folder, names, files in os.walk(tree_path):
        inner = os.path.relpath(folder, tree_path)
        if inner == ".":
            number = volume.folder(ROOT_PARENT, "forged", len(names) + len(files), ROOT)
        else:
            parent, name = os.path.split(inner)
            number = volume.folder(numbers[parent or "."], name, len(names) + len(files))
        numbers[inner] = number
        for name in sorted(files):
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                short = os.path.relpath(path, tree_path)
                volume.file_(number, name, *read(path), step=3 if short in scattered else 1,
                             resource=(resources or {}).get(short, b""))
    volume.close()
