# SPDX-License-Identifier: Apache-2.0
"""exFAT images without mounting: mkfs.exfat lays them out, and this recipe fills them, from the
"exFAT file system specification" (Microsoft, 2019; section numbers below). There is no program
that copies into one."""

import os
import stat
import struct
import subprocess

FREE, END = 0, 0xFFFFFFFF
BITMAP, FILE, STREAM, NAME = 0x81, 0x85, 0xC0, 0xC1
POSSIBLE, CONTIGUOUS = 1, 2  # 6.3.4: GeneralSecondaryFlags
DIRECTORY, ARCHIVE = 0x10, 0x20
TIME = (2023 - 1980) << 25 | 11 << 21 | 14 << 16 | 22 << 11 | 13 << 5  # 2023-11-14 22:13:00


class Volume:
    """An image, open for filling: folders are kept here and written by close()."""

    def __init__(self, image):
        self.file = open(image, "r+b")
        boot = self.file.read(512)
        assert boot[3:11] == b"EXFAT   "
        self.fat_at, _, heap, self.count, self.root = struct.unpack_from("<5I", boot, 80)  # 3.1
        self.sector, self.cluster = 1 << boot[108], 1 << boot[108] + boot[109]
        self.fat_at *= self.sector
        self.heap_at = heap * self.sector
        self.next = self._first_free()
        self.folders = {"": [self._entries_of_root(), self.root, 0]}
        self.sets = {}

    def _at(self, cluster):
        return self.heap_at + (cluster - 2) * self.cluster

    def _read(self, at, size):
        self.file.seek(at)
        return self.file.read(size)

    def _write(self, at, data):
        self.file.seek(at)
        self.file.write(data)

    def _entries_of_root(self):
        """Label, bitmap and upcase table, as mkfs wrote them."""
        data = self._read(self._at(self.root), self.cluster)
        rows = [data[i : i + 32] for i in range(0, len(data), 32)]
        kept = [row for row in rows if row[0] in (0x81, 0x82, 0x83)]
        self.bitmap = next(struct.unpack_from("<I", row, 20)[0] for row in kept if row[0] == BITMAP)
        return b"".join(kept)

    def _first_free(self):
        """After what mkfs uses: bitmap, upcase table, root, one behind the other."""
        return max(self.root, 2) + 1

    def take(self, count, chain=False, step=1):
        """`count` clusters, `step` apart; in the FAT when they are not contiguous (or chain)."""
        clusters = [self.next + i * step for i in range(count)]
        self.next += count * step
        assert self.next <= self.count + 2, "the image is full"
        if chain or step > 1:
            for i, cluster in enumerate(clusters):
                after = clusters[i + 1] if i + 1 < count else END
                self._write(self.fat_at + 4 * cluster, struct.pack("<I", after))
        self.mark(clusters, True)
        return clusters

    def mark(self, clusters, used):
        """In the allocation bitmap (7.1)."""
        first, last = (clusters[0] - 2) // 8, (clusters[-1] - 2) // 8
        at = self._at(self.bitmap) + first
        bits = bytearray(self._read(at, last - first + 1))
        for cluster in clusters:
            byte, bit = divmod(cluster - 2, 8)
            bits[byte - first] = bits[byte - first] | 1 << bit if used else bits[byte - first] & ~(1 << bit)
        self._write(at, bits)

    def put(self, pieces, size, step=1):
        """Content into clusters of its own: (first cluster, flags)."""
        if size == 0:
            return 0, POSSIBLE
        clusters = self.take(-(-size // self.cluster), step=step)
        for offset, data in pieces:
            while data:
                index, within = divmod(offset, self.cluster)
                some = data[: self.cluster - within] if step > 1 else data
                self._write(self._at(clusters[index]) + within, some)
                offset, data = offset + len(some), data[len(some):]
        return clusters[0], POSSIBLE | (0 if step > 1 else CONTIGUOUS)

    def entry_set(self, name, attributes, first, size, flags, valid):
        """7.4, 7.6, 7.7: one file entry, one stream extension, names of 15 characters each."""
        wide = name.encode("utf-16-le", "surrogatepass")
        count = len(wide) // 2
        names = [wide[i : i + 30] for i in range(0, len(wide), 30)]
        upper = "".join(c.upper() if len(c.upper()) == 1 else c for c in name).encode("utf-16-le", "surrogatepass")
        code = 0
        for byte in upper:
            code = ((code & 1) << 15 | code >> 1) + byte & 0xFFFF
        head = struct.pack("<BBHHHIIIBBBBB7x", FILE, 1 + len(names), 0, attributes, 0, TIME, TIME, TIME, 0, 0, 0x80, 0x80, 0x80)
        stream = struct.pack("<BBBBHHQIIQ", STREAM, flags, 0, count, code, 0, valid, 0, first, size)
        rows = [struct.pack("<BB30s", NAME, 0, part) for part in names]
        whole = bytearray(b"".join([head, stream, *rows]))
        total = 0
        for i, byte in enumerate(whole):
            if i not in (2, 3):
                total = ((total & 1) << 15 | total >> 1) + byte & 0xFFFF
        struct.pack_into("<H", whole, 2, total)
        return bytes(whole)

    def folder(self, path):
        self.folders[path] = [b"", None, 0]

    def add(self, path, pieces, size, step=1):
        folder, _, name = path.rpartition("/")
        first, flags = self.put(pieces, size, step)
        made = self.entry_set(name, ARCHIVE, first, size, flags, size)
        self.sets[path] = made
        self.folders[folder][0] += made

    def delete(self, path):
        """As drivers do: the entries' InUse bits and the bitmap are cleared, all else stays."""
        folder = path.rpartition("/")[0]
        made = self.sets.pop(path)
        gone = bytearray(made)
        for i in range(0, len(gone), 32):
            gone[i] &= 0x7F
        entries = self.folders[folder][0]
        assert entries.count(made) == 1
        self.folders[folder][0] = entries.replace(made, bytes(gone))
        first, size = struct.unpack_from("<IQ", made, 32 + 20)
        if size:
            self.mark(list(range(first, first + -(-size // self.cluster))), False)

    def close(self):
        """Folders, deepest first: each stands in its parent with its size."""
        for path in sorted(self.folders, key=lambda path: -path.count("/") if path else 1):
            data = self.folders[path][0]
            count = max(1, -(-len(data) // self.cluster))
            if path == "":
                clusters = [self.root] + (self.take(count - 1, chain=True) if count > 1 else [])
                if count > 1:
                    self._write(self.fat_at + 4 * self.root, struct.pack("<I", clusters[1]))
            else:
                clusters = self.take(count, chain=True)
            for index, cluster in enumerate(clusters):
                part = data[index * self.cluster : (index + 1) * self.cluster]
                self._write(self._at(cluster), part.ljust(self.cluster, b"\0"))
            if path:
                parent, _, name = path.rpartition("/")
                size = count * self.cluster
                self.folders[parent][0] += self.entry_set(name, DIRECTORY, clusters[0], size, POSSIBLE, size)
        self.file.close()


def make(image, tree, size, cluster=4096, read=None, deleted=(), scattered=()):
    """An image of `size` bytes with what lies in `tree`. deleted: paths that are deleted again;
    scattered: paths whose clusters lie apart."""
    image.write_bytes(b"")
    os.truncate(image, size)
    subprocess.run(["mkfs.exfat", "-c", str(cluster), image], check=True, stdout=subprocess.DEVNULL)
    volume = Volume(image)
    for folder, names, files in os.walk(tree):
        for name in sorted(names):
            volume.folder(os.path.relpath(os.path.join(folder, name), tree))
        for name in sorted(files):
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                inner = os.path.relpath(path, tree)
                volume.add(inner, *read(path), step=3 if inner in scattered else 1)
    for path in deleted:
        volume.delete(path)
    volume.close()
