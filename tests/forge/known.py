#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Super blocks of file systems that are named and not read, by recipe: each function gives
{offset: bytes}. The label is "label", the UUID is UUID (of ZFS the GUID is GUID)."""

import struct
import uuid
import zlib

from xfs import crc32c

UUID = uuid.UUID("0b3c9ad2-1f4e-4f83-9b6c-d1e5a7f60912")
GUID = 1234567890123456789
SIZE = 64 << 20


def put(block, at, form, *values):
    struct.pack_into("<" + form, block, at, *values)


def btrfs():
    block = bytearray(4096)
    put(block, 32, "16sQQ8s", UUID.bytes, 65536, 1, b"_BHRfS_M")
    put(block, 72, "QQQ", 1, 1 << 20, 1 << 20)
    put(block, 112, "QQ", SIZE, 1 << 20)
    put(block, 136, "Q", 1)
    put(block, 144, "IIIII", 4096, 16384, 16384, 4096, 0)
    put(block, 196, "H", 0)
    put(block, 201, "QQQ", 1, SIZE, 1 << 20)
    block[299:299 + 5] = b"label"
    put(block, 0, "I", crc32c(block[32:]))
    return {65536: block}


def f2fs():
    block = bytearray(3072)
    put(block, 0, "IHHIIIIIIIQ", 0xF2F52010, 1, 14, 9, 3, 12, 9, 1, 1, 0, SIZE // 4096)
    put(block, 96, "III16s", 3, 1, 2, UUID.bytes)
    label = "label".encode("utf-16-le")
    block[124:124 + len(label)] = label
    return {1024: block, 4096 + 1024: block}


def jfs():
    block = bytearray(4096)
    put(block, 0, "4sIQIHHIHHI", b"JFS1", 1, SIZE // 512 - 2000, 4096, 12, 3, 512, 9, 0, 8192)
    put(block, 136, "16s16s", UUID.bytes, b"label")
    return {32768: block}


def reiser():
    block = bytearray(4096)
    put(block, 0, "IIII", SIZE // 4096, 1000, 17, 18)
    put(block, 44, "HHHH10s", 4096, 1024, 1, 2, b"ReIsEr2Fs")
    put(block, 64, "I", 3)
    put(block, 72, "H", 2)
    put(block, 84, "16s16s", UUID.bytes, b"label")
    return {65536: block}


def nilfs():
    block = bytearray(1024)
    size = 280
    put(block, 0, "IHHHHIIIQQ", 2, 0, 0x3434, size, 0, 0x12345678, 0, 2, SIZE // (8 << 20), SIZE)
    put(block, 152, "16s80s", UUID.bytes, b"label")
    seed = 0x12345678 ^ 0xFFFFFFFF
    put(block, 16, "I", zlib.crc32(block[:size], seed) ^ 0xFFFFFFFF)
    return {1024: block}


def bcachefs():
    block = bytearray(4096)
    magic = bytes.fromhex("c68573f666ce90a9d96a60cf803df7ef")
    put(block, 16, "HHI16s16s16s32s", 1024, 1024, 0, magic, bytes(range(16)), UUID.bytes, b"label")
    put(block, 104, "QQHBBI", 8, 1, 1, 0, 1, 0)
    return {4096: block}


def erofs():
    block = bytearray(128)
    put(block, 0, "IIIBBHQQIIII16s16s", 0xE0F5E1E2, 0, 0, 12, 0, 36, 3, 0, 0, SIZE // 4096, 0, 0, UUID.bytes, b"label")
    return {1024: block}


def ocfs2():
    block = bytearray(4096)
    put(block, 0, "8s", b"OCFSV2")
    put(block, 192, "HH", 0, 90)
    put(block, 192 + 40, "QQII", 5, 6, 12, 12)
    put(block, 192 + 80, "64s16s", b"label", UUID.bytes)
    return {8192: block}


def gfs2():
    block = bytearray(512)
    struct.pack_into(">IIQII", block, 0, 0x01161970, 1, 0, 100, 0)
    struct.pack_into(">IIIII", block, 24, 1801, 1900, 0, 4096, 12)
    block[96:105] = b"lock_dlm\0"
    block[160:165] = b"label"
    block[256:272] = UUID.bytes
    return {65536: block}


def zfs():
    def text(value):
        return struct.pack(">I", len(value)) + value + bytes(-len(value) % 4)

    def pair(name, kind, value):
        body = text(name) + struct.pack(">II", kind, 1) + value
        return struct.pack(">II", len(body) + 8, len(body) + 64) + body

    pool = b"\1\1\0\0" + struct.pack(">II", 0, 1) + pair(b"version", 8, struct.pack(">Q", 5000))
    pool += pair(b"name", 9, text(b"label")) + pair(b"pool_guid", 8, struct.pack(">Q", GUID))
    pool += pair(b"guid", 8, struct.pack(">Q", 5)) + bytes(8)
    label = bytearray(256 << 10)
    label[16 << 10:(16 << 10) + len(pool)] = pool
    put(label, (128 << 10) - 40, "Q", 0x0210DA7AB10C7A11)
    for i in range(128):
        put(label, (128 + i) << 10, "QQQQQ", 0x00BAB10C, 5000, i, 7, 1700000000)
    return {0: label, 256 << 10: label, SIZE - (512 << 10): label, SIZE - (256 << 10): label}


def fletcher(block):
    """The block with Apple's checksum at its start."""
    most = 2**32 - 1
    first = second = 0
    for word in struct.unpack(f"<{len(block) // 4 - 2}I", block[8:]):
        first = (first + word) % most
        second = (second + first) % most
    low = most - (first + second) % most
    return struct.pack("<II", low, most - (first + low) % most) + bytes(block[8:])


FORMS = {"btrfs": btrfs, "F2FS": f2fs, "JFS": jfs, "ReiserFS": reiser, "NILFS2": nilfs, "bcachefs": bcachefs,
         "EROFS": erofs, "OCFS2": ocfs2, "GFS2": gfs2, "ZFS": zfs}
