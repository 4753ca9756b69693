# SPDX-License-Identifier: Apache-2.0
"""Small disk images of each form, by recipe, and packed as tests/fuzz/fuzz_forms.c reads them."""

import struct
import zlib

DATA = bytes(range(256)) * 16
KINDS = ("qcow2", "vmdk", "vhd", "vhdx", "ewf")


def qcow2():
    """Clusters of 512 bytes: one as it is, one compressed, one of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    packed = packer.compress(DATA[:512]) + packer.flush()
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, 9, 64 * 512, 0, 1, 512, 0, 0, 0, 0)
    head += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    split = 62 - 1
    entries = [1 << 63 | 1536, 1 << 62 | 0 << split | 2048, 1, 0]
    return head.ljust(512, b"\0") + struct.pack(">Q", 1 << 63 | 1024).ljust(512, b"\0") + b"".join(
        struct.pack(">Q", entry) for entry in entries).ljust(512, b"\0") + DATA[:512] + packed.ljust(512, b"\0")


def vmdk(packed=False):
    """Grains of 4 KiB, one of them there, the descriptor inside."""
    text = (b'# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\n'
            b'RW 64 SPARSE "x.vmdk"\n')
    head = struct.pack("<4sIIQQQQIQQQB4sH", b"KDMV", 3, 3 | (1 << 16 if packed else 0), 64, 8, 1, 2, 512, 0, 3, 16, 0, b"\n \r\n", 1 if packed else 0)
    grain = DATA[:4096]
    if packed:
        body = zlib.compress(grain)
        grain = struct.pack("<QI", 0, len(body)) + body
    return (head.ljust(512, b"\0") + text.ljust(1024, b"\0") + struct.pack("<I", 4).ljust(512, b"\0")
            + struct.pack("<II", 8, 0).ljust(2048, b"\0") + grain)


def vhd(kind=3):
    """Blocks of 4 KiB, one of them there; of a differencing one two sectors."""
    def sealed(data, at):
        return data[:at] + struct.pack(">I", ~sum(data) & 0xffffffff) + data[at + 4:]

    head = struct.pack(">8sIIQI4sI4sQQIII", b"conectix", 2, 0x10000, 512, 0, b"test", 0, b"Wi2k", 16384, 16384, 0, kind, 0)
    head = sealed(head.ljust(512, b"\0"), 64)
    dynamic = struct.pack(">8sQQIIII", b"cxsparse", 2**64 - 1, 1536, 0x10000, 4, 4096, 0).ljust(64, b"\0") + "p.vhd".encode("utf-16-be")
    dynamic = sealed(dynamic.ljust(1024, b"\0"), 36)
    table = struct.pack(">IIII", 2**32 - 1, 4, 2**32 - 1, 2**32 - 1).ljust(512, b"\xff")
    return head + dynamic + table + b"\x30".ljust(512, b"\0") + DATA[:4096] + bytes(1536)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def vhdx():
    """One block of 1 MiB, which begins with something."""
    def sealed(data):
        return data[:4] + struct.pack("<I", crc32c(data)) + data[8:]

    def guid(text):
        parts = text.split("-")
        return struct.pack("<IHH", *(int(part, 16) for part in parts[:3])) + bytes.fromhex(parts[3] + parts[4])

    image = bytearray(3 * 1024 * 1024)
    image[:8] = b"vhdxfile"
    head = struct.pack("<4sIQ", b"head", 0, 1).ljust(66, b"\0") + struct.pack("<HIQ", 1, 65536, 0)
    image[65536:65536 + 4096] = sealed(head.ljust(4096, b"\0"))
    regions = struct.pack("<4sII4x", b"regi", 0, 2)
    regions += guid("8B7CA206-4790-4B9A-B8FE-575F050F886E") + struct.pack("<QII", 1 << 20, 1 << 19, 1)
    regions += guid("2DC27766-F623-4200-9D64-115E9BFD4A08") + struct.pack("<QII", 0x180000, 1 << 16, 1)
    image[196608:196608 + 65536] = sealed(regions.ljust(65536, b"\0"))
    items = [("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", struct.pack("<II", 1 << 20, 0)),
             ("2FA54224-CD1B-4876-B211-5DBED83BF4B8", struct.pack("<Q", 2 << 20)),
             ("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", struct.pack("<I", 512))]
    table = struct.pack("<8sHH20x", b"metadata", 0, len(items))
    for number, (name, value) in enumerate(items):
        at = 65536 + 16 * number
        table += guid(name) + struct.pack("<III4x", at, len(value), 4)
        image[(1 << 20) + at:(1 << 20) + at + len(value)] = value
    image[1 << 20:(1 << 20) + len(table)] = table
    image[0x180000:0x180008] = struct.pack("<Q", 2 << 20 | 6)
    image[2 << 20:(2 << 20) + 4096] = DATA[:4096]
    return bytes(image)


def ewf():
    """Two chunks of 1 KiB: one compressed, one as it is."""
    image = b"EVF\t\r\n\xff\0\1" + struct.pack("<HH", 1, 0)

    def section(kind, data, last=False):
        nonlocal image
        following = len(image) if last else len(image) + 76 + len(data)
        head = struct.pack("<16sQQ40x", kind, following, 76 + len(data))
        image += head + struct.pack("<I", zlib.adler32(head)) + data

    volume = struct.pack("<IIIIQ", 1, 2, 2, 512, 4).ljust(1048, b"\0")
    section(b"volume", volume + struct.pack("<I", zlib.adler32(volume)))
    first = zlib.compress(bytes(1024))
    plain = DATA[:1024] + struct.pack("<I", zlib.adler32(DATA[:1024]))
    base = len(image) + 76
    section(b"sectors", first + plain)
    table = struct.pack("<I4xQ4x", 2, base)
    entries = struct.pack("<II", 1 << 31, len(first))
    table += struct.pack("<I", zlib.adler32(table)) + entries + struct.pack("<I", zlib.adler32(entries))
    section(b"table", table)
    section(b"table2", table)
    section(b"done", b"", last=True)
    return image


def packed(kind, image):
    """Without its zeros."""
    out = bytes([0x80 | KINDS.index(kind)]) + struct.pack("<H", -(-len(image) // 4096) - 1)
    at = 0
    while at < len(image):
        part = image[at:at + 512]
        if part.strip(b"\0"):
            part = part.rstrip(b"\0")
            out += struct.pack("<IH", at, len(part)) + part
        at += 512
    return out


VARIANTS = {"qcow2": ("qcow2", qcow2), "vmdk": ("vmdk", vmdk), "vmdk-packed": ("vmdk", lambda: vmdk(True)), "vhd": ("vhd", vhd),
            "vhd-differencing": ("vhd", lambda: vhd(4)), "vhdx": ("vhdx", vhdx), "ewf": ("ewf", ewf)}
