# SPDX-License-Identifier: Apache-2.0
"""Damage to disk images, each by a seed: the places that a file system cannot do without are
overwritten, flipped or exchanged. hurt(kind, data, seed) changes a bytearray in place and says
what it did; the same seed does the same."""

import random
import struct

MIB = 1 << 20


def ext_places(data):
    """Superblock, group descriptors, bitmaps, inode tables, and blocks of directories."""
    block = 1024 << struct.unpack_from("<I", data, 1024 + 24)[0]
    first, per_group, = struct.unpack_from("<I", data, 1024 + 20)[0], struct.unpack_from("<I", data, 1024 + 32)[0]
    total = struct.unpack_from("<I", data, 1024 + 4)[0]
    inodes, inode_size = struct.unpack_from("<I", data, 1024 + 40)[0], struct.unpack_from("<H", data, 1024 + 88)[0]
    wide = struct.unpack_from("<H", data, 1024 + 254)[0] if struct.unpack_from("<I", data, 1024 + 96)[0] & 0x80 else 32
    places = {"superblock": [(1024, 1024)], "group descriptors": [], "inode table": [], "bitmaps": []}
    for group in range(-(-(total - first) // per_group)):
        at = (first + 1) * block + group * wide
        places["group descriptors"].append((at, wide))
        bitmap, inode_map, table = struct.unpack_from("<III", data, at)
        places["bitmaps"] += [(bitmap * block, block), (inode_map * block, block)]
        places["inode table"].append((table * block, min(inodes, 64) * inode_size))
    places["directories"] = where(data, (b"\x02\x01.\0", b"\x0c\0\x01.\0"), block, 4096)
    return places


def ntfs_places(data):
    cluster = data[13] * 512
    mft, mirror = (number * cluster for number in struct.unpack_from("<QQ", data, 48))
    records = [(at, 1024) for at in range(mft, min(mft + 96 * 1024, len(data)), 1024)]
    return {"boot sector": [(0, 512)], "MFT": records, "MFT of the tables": records[:12], "mirror": [(mirror, 4096)],
            "index": where(data, (b"INDX",), 512, 4096)}


def fat_places(data):
    reserved, count = struct.unpack_from("<H", data, 14)[0], data[16]
    short, entries = struct.unpack_from("<H", data, 22)[0], struct.unpack_from("<H", data, 17)[0]
    size = (short or struct.unpack_from("<I", data, 36)[0]) * 512
    root = reserved * 512 + count * size
    return {"boot sector": [(0, 512)], "FAT": [(reserved * 512, min(size, 4096))],
            "root": [(root, max(entries * 32, 4096))], "directories": where(data, (b".          ",), 32, 2048)}


def exfat_places(data):
    shift = data[108]
    fat, _, heap, _, root = (number for number in struct.unpack_from("<5I", data, 80))
    cluster = 1 << shift + data[109]
    return {"boot sector": [(0, 512)], "FAT": [(fat << shift, 2048)],
            "root": [((heap << shift) + (root - 2) * cluster, cluster)],
            "directories": where(data, (b"\x85\x02", b"\x85\x03", b"\x85\x04"), 32, 512)}


def hfsplus_places(data):
    forks = struct.unpack_from(">Q", data, 1024 + 112)[0]
    extents = struct.unpack_from(">I", data, 1024 + 192 + 16)[0] * 4096
    catalog = struct.unpack_from(">I", data, 1024 + 272 + 16)[0] * 4096
    size = struct.unpack_from(">Q", data, 1024 + 272)[0]
    nodes = [(at, 4096) for at in range(catalog, catalog + size, 4096)]
    return {"volume header": [(1024, 512)], "allocation": [(4096, min(forks, 4096))], "extents": [(extents, 4096)],
            "catalog header": [(catalog, 512)], "catalog": nodes}


def ufs_places(data):
    fragment, = struct.unpack_from("<i", data, 8192 + 52)
    inodes, group = struct.unpack_from("<i", data, 8192 + 16)[0], struct.unpack_from("<i", data, 8192 + 12)[0]
    return {"superblock": [(8192, 1376)], "cylinder group": [(group * fragment, 4096)],
            "inodes": [(inodes * fragment, 128 * 64)],
            "directories": where(data, (b"\x0c\0\x04\x01.\0",), 4, 1024)}


def where(data, needles, step, size):
    """Where things begin that look like this."""
    found = []
    for needle in needles:
        at = data.find(needle)
        while at >= 0 and len(found) < 200:
            found.append((at // step * step, size))
            at = data.find(needle, at + step)
    return found or [(0, 512)]


def places(kind, data):
    for name, of in (("ext", ext_places), ("ntfs", ntfs_places), ("fat", fat_places), ("exfat", exfat_places),
                     ("hfsplus", hfsplus_places), ("ufs", ufs_places)):
        if kind.startswith(name):
            return of(data)
    return {"first blocks": [(0, 65536)]}


def hurt(kind, data, seed, known=None):
    dice = random.Random(f"{kind}-{seed}")
    known = known or places(kind, data)
    what = dice.choice(sorted(known))
    spots = [dice.choice(known[what]) for _ in range(dice.choice((1, 1, 2, 6)))]
    how = dice.choice(("flip a bit", "flip bits", "a number", "random", "zeros", "ones", "exchange", "copy"))
    for at, size in spots:
        size = min(size, len(data) - at)
        if size < 8:
            continue
        if how == "flip a bit":
            data[at + dice.randrange(size)] ^= 1 << dice.randrange(8)
        elif how == "flip bits":
            for _ in range(dice.choice((4, 16, 64))):
                data[at + dice.randrange(size)] ^= 1 << dice.randrange(8)
        elif how == "a number":
            width = dice.choice((1, 2, 4, 8))
            value = dice.choice((0, 1, 2, 0x7F, 0x80, 0xFF, (1 << 8 * width) - 1, 1 << 8 * width - 1,
                                 dice.randrange(1 << 8 * width)))
            spot = at + dice.randrange(size - width + 1) // width * width
            data[spot : spot + width] = (value & (1 << 8 * width) - 1).to_bytes(width, dice.choice(("little", "big")))
        elif how == "random":
            length = dice.randrange(1, size + 1)
            start = at + dice.randrange(size - length + 1)
            data[start : start + length] = dice.randbytes(length)
        elif how in ("zeros", "ones"):
            length = dice.randrange(1, size + 1)
            start = at + dice.randrange(size - length + 1)
            data[start : start + length] = (b"\0" if how == "zeros" else b"\xff") * length
        else:
            other, room = dice.choice(known[dice.choice(sorted(known))])
            length = min(size, room, len(data) - other)
            mine, theirs = bytes(data[at : at + length]), bytes(data[other : other + length])
            data[at : at + length] = theirs
            if how == "exchange":
                data[other : other + length] = mine
    return f"{what}, {how}, {len(spots)} times"
