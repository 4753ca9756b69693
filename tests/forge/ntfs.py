# SPDX-License-Identifier: Apache-2.0
"""NTFS images without mounting: mkntfs lays them out, libntfs-3g (the library of ntfs-3g and of
ntfscp) fills them. ntfscp itself makes neither folders nor links.

A name is UTF-16 in NTFS; here a str, lone surrogates included."""

import ctypes
import os
import stat
import subprocess

LIBRARY = "libntfs-3g.so.89"
DATA = 0x80
COMPRESSED = 0x800  # FILE_ATTR_COMPRESSED; of a folder: what is made in it is compressed
STATE_AT, STATE_COMPRESSION = 16, 1 << 6  # of struct ntfs_volume: "compress what asks for it"


def _library():
    lib = ctypes.CDLL(LIBRARY, use_errno=True)
    pointer, i64 = ctypes.c_void_p, ctypes.c_int64
    for name, result, arguments in (
            ("ntfs_mount", pointer, [ctypes.c_char_p, ctypes.c_ulong]),
            ("ntfs_umount", ctypes.c_int, [pointer, ctypes.c_int]),
            ("ntfs_pathname_to_inode", pointer, [pointer, pointer, ctypes.c_char_p]),
            ("ntfs_inode_open", pointer, [pointer, ctypes.c_uint64]),
            ("ntfs_inode_close", ctypes.c_int, [pointer]),
            ("ntfs_inode_lookup_by_name", ctypes.c_uint64, [pointer, pointer, ctypes.c_int]),
            ("ntfs_create", pointer, [pointer, ctypes.c_uint32, pointer, ctypes.c_uint8, ctypes.c_uint32]),
            ("ntfs_link", ctypes.c_int, [pointer, pointer, pointer, ctypes.c_uint8]),
            ("ntfs_delete", ctypes.c_int, [pointer, ctypes.c_char_p, pointer, pointer, pointer, ctypes.c_uint8]),
            ("ntfs_attr_add", ctypes.c_int, [pointer, ctypes.c_uint32, pointer, ctypes.c_uint8, pointer, i64]),
            ("ntfs_attr_open", pointer, [pointer, ctypes.c_uint32, pointer, ctypes.c_uint32]),
            ("ntfs_attr_pwrite", i64, [pointer, i64, i64, pointer]),
            ("ntfs_attr_truncate", ctypes.c_int, [pointer, i64]),
            ("ntfs_attr_pclose", ctypes.c_int, [pointer]),
            ("ntfs_attr_close", None, [pointer]),
            ("ntfs_set_ntfs_attrib", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int])):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def _wide(name):
    data = name.encode("utf-16-le", "surrogatepass")
    return ctypes.create_string_buffer(data, len(data)), len(data) // 2


class Volume:
    """An NTFS image, open. Paths are lists of names."""

    ROOT = 5

    def __init__(self, image):
        self.lib = _library()
        self.volume = self.lib.ntfs_mount(os.fsencode(image), 0)
        assert self.volume, f"libntfs-3g does not open {image}: {os.strerror(ctypes.get_errno())}"
        state = ctypes.c_ulong.from_address(self.volume + STATE_AT)
        state.value |= STATE_COMPRESSION

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.lib.ntfs_umount(self.volume, 0) == 0

    def _check(self, value, what):
        assert value, f"{what}: {os.strerror(ctypes.get_errno())}"
        return value

    def open(self, number):
        return self._check(self.lib.ntfs_inode_open(self.volume, number & 0xFFFFFFFFFFFF), f"inode {number}")

    def number(self, parts):
        """The inode number of a path."""
        at = self.ROOT
        for part in parts:
            folder = self.open(at)
            name, count = _wide(part)
            found = self.lib.ntfs_inode_lookup_by_name(folder, name, count)
            self.lib.ntfs_inode_close(folder)
            assert found < 1 << 63, f"{parts}: not there"
            at = found & 0xFFFFFFFFFFFF
        return at

    def create(self, folder, name, kind=stat.S_IFREG):
        """Makes an entry in the folder of that number; the new inode, open."""
        parent = self.open(folder)
        wide, count = _wide(name)
        made = self._check(self.lib.ntfs_create(parent, 0, wide, count, kind), name)
        self.lib.ntfs_inode_close(parent)
        return made

    def folder(self, parent, name):
        node = self.create(parent, name, stat.S_IFDIR)
        self.lib.ntfs_inode_close(node)
        return self.number_in(parent, name)

    def number_in(self, folder, name):
        parent = self.open(folder)
        wide, count = _wide(name)
        found = self.lib.ntfs_inode_lookup_by_name(parent, wide, count)
        self.lib.ntfs_inode_close(parent)
        assert found < 1 << 63
        return found & 0xFFFFFFFFFFFF

    def put(self, node, pieces, size, stream=""):
        """Writes [(offset, bytes)] into a stream of an open inode; what is between is a hole."""
        wide, count = _wide(stream)
        if stream:
            assert self.lib.ntfs_attr_add(node, DATA, wide, count, None, 0) == 0
        attribute = self._check(self.lib.ntfs_attr_open(node, DATA, wide if stream else None, count), "$DATA")
        for offset, data in pieces:
            done = 0
            while done < len(data):
                wrote = self.lib.ntfs_attr_pwrite(attribute, offset + done, len(data) - done, data[done:])
                assert wrote > 0, os.strerror(ctypes.get_errno())
                done += wrote
        if size > max((offset + len(data) for offset, data in pieces), default=0):
            assert self.lib.ntfs_attr_truncate(attribute, size) == 0
        self.lib.ntfs_attr_pclose(attribute)
        self.lib.ntfs_attr_close(attribute)

    def file(self, folder, name, pieces, size, streams=None):
        node = self.create(folder, name)
        self.put(node, pieces, size)
        for stream, data in (streams or {}).items():
            self.put(node, [(0, data)], len(data), stream)
        self.lib.ntfs_inode_close(node)

    def stream(self, parts, stream, data):
        node = self.open(self.number(parts))
        self.put(node, [(0, data)], len(data), stream)
        self.lib.ntfs_inode_close(node)

    def link(self, parts, folder, name):
        node, parent = self.open(self.number(parts)), self.open(folder)
        wide, count = _wide(name)
        assert self.lib.ntfs_link(node, parent, wide, count) == 0, os.strerror(ctypes.get_errno())
        self.lib.ntfs_inode_close(parent)
        self.lib.ntfs_inode_close(node)

    def compress(self, number):
        """What is made in this folder from now on is compressed."""
        node = self.open(number)
        value = (0x10 | COMPRESSED).to_bytes(4, "little")
        assert self.lib.ntfs_set_ntfs_attrib(node, value, 4, 0) == 0, os.strerror(ctypes.get_errno())
        self.lib.ntfs_inode_close(node)

    def delete(self, parts):
        node, parent = self.open(self.number(parts)), self.open(self.number(parts[:-1]))
        wide, count = _wide(parts[-1])
        assert self.lib.ntfs_delete(self.volume, None, node, parent, wide, count) == 0  # closes both


def make(image, tree, size, cluster=4096, read=None):
    """An image of `size` bytes with what lies in the folder `tree`. read(path): (pieces, size)."""
    image.write_bytes(b"")
    os.truncate(image, size)
    subprocess.run(["mkntfs", "-F", "-Q", "-q", "-c", str(cluster), "-p", "0", "-s", "512", "-H", "255", "-S", "63", image],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Volume(image) as volume:
        fill(volume, tree, read)


def fill(volume, tree, read):
    numbers, links = {str(tree): Volume.ROOT}, {}
    for folder, names, files in os.walk(tree):
        number = numbers[folder]
        for name in sorted(names):
            path = os.path.join(folder, name)
            numbers[path] = volume.folder(number, name)
            if name.startswith("compressed"):
                volume.compress(numbers[path])
        for name in sorted(files):
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            if not stat.S_ISREG(facts.st_mode):
                continue
            parts = os.path.relpath(path, tree).split(os.sep)
            first = links.setdefault(facts.st_ino, parts) if facts.st_nlink > 1 else parts
            if first is not parts:
                volume.link(first, number, name)
            else:
                volume.file(number, name, *read(path))
