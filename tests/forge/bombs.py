#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Archives that contain themselves, or far more than they seem to: by recipe, and
harmless to whoever does not unpack them."""

import io
import struct
import zipfile
import zlib

UNIT = 5  # bytes of an instruction of a quine


def literal(size, final=False):
    """The head of a stored block: `size` bytes follow."""
    return bytes([final]) + struct.pack("<HH", size, size ^ 0xffff)


def bits_of(value, count):
    return [value >> n & 1 for n in range(count)]


def match_bits(length, distance):
    """One match, in the fixed Huffman code of RFC 1951."""
    code, extra, base = 257, 0, 3
    while not base <= length < base + (1 << extra):
        base += 1 << extra
        code += 1
        extra = 0 if code < 265 else (code - 261) // 4
    head = bits_of(code - 256, 7) if code < 280 else bits_of(code - 280 + 0xc0, 8)
    bits = head[::-1] + bits_of(length - base, extra)
    code, extra, base = 0, 0, 1
    while not base <= distance < base + (1 << extra):
        base += 1 << extra
        code += 1
        extra = 0 if code < 4 else code // 2 - 1
    return bits + bits_of(code, 5)[::-1] + bits_of(distance - base, extra)


def repeat(size, final=False):
    """Copies the last `size` bytes, in one unit: blocks in the fixed code, and empty
    ones that fill it up to a byte."""
    for lengths in ([size], [size // 2, size - size // 2]):
        body = [bit for length in lengths for bit in match_bits(length, size)]
        for empty in range(3):
            bits = ([0, 1, 0] + [0] * 7) * empty + [final, 1, 0] + body + [0] * 7
            if len(bits) == 8 * UNIT or (final and 8 * UNIT - 8 < len(bits) <= 8 * UNIT):
                bits += [0] * (8 * UNIT - len(bits))
                return bytes(sum(bits[at + n] << n for n in range(8)) for at in range(0, len(bits), 8))
    raise ValueError(size)


def quine(prefix, suffix):
    """prefix + a deflate stream that makes all of this + suffix. The program is Russ
    Cox's ("Zip Files All The Way Down")."""
    one, more = len(prefix) + UNIT, len(suffix) + UNIT
    head, tail = literal(one), literal(more)
    copy_head, copy_tail, four = repeat(one), repeat(more, True), repeat(4 * UNIT)
    l0, l1, l4 = literal(0), literal(UNIT), literal(4 * UNIT)
    return (prefix
            + head + prefix + head
            + copy_head
            + l1 + copy_head
            + l1 + l1
            + l4 + copy_head + l1 + l1 + l4
            + four
            + l4 + four + l4 + four + l4
            + four
            + l4 + four + l0 + l0 + tail
            + four
            + l0 + l0
            + tail + copy_tail + suffix
            + copy_tail
            + suffix)


def with_own_sum(make):
    """make(x) for the x that is the CRC-32 of make(x): a set of 32 linear equations."""
    zero = zlib.crc32(make(0))
    columns = [zlib.crc32(make(1 << n)) ^ zero ^ 1 << n for n in range(32)]
    rows = [sum((columns[n] >> bit & 1) << n for n in range(32)) | (zero >> bit & 1) << 32 for bit in range(32)]
    for bit in range(32):
        pivot = next((n for n in range(bit, 32) if rows[n] >> bit & 1), None)
        if pivot is None:
            return None
        rows[bit], rows[pivot] = rows[pivot], rows[bit]
        for n in range(32):
            if n != bit and rows[n] >> bit & 1:
                rows[n] ^= rows[bit]
    found = sum((rows[bit] >> 32) << bit for bit in range(32))
    made = make(found)
    assert zlib.crc32(made) == found
    return made


def gzip_quine():
    """r.gz: what comes out of it is itself."""
    size = len(quine(bytes(15), bytes(8)))
    for time in range(64):
        prefix = b"\x1f\x8b\x08\x08" + struct.pack("<IBB", time, 0, 255) + b"r.gz\0"
        made = with_own_sum(lambda x: quine(prefix, struct.pack("<II", x, size)))
        if made:
            return made
    raise AssertionError


def zip_quine():
    """r.zip: what comes out of it is itself."""
    # As long as the two copies must be, to be coded in one unit each.
    name, extra, comment = b"r/r.zip", struct.pack("<HH", 0x7373, 19) + bytes(19), b"-" * 51
    size = len(quine(bytes(30 + len(name) + len(extra)), bytes(46 + len(name) + 22 + len(comment))))
    packed = size - 30 - len(name) - len(extra) - 46 - len(name) - 22 - len(comment)

    def make(x, time):
        facts = struct.pack("<HHHHHIII", 20, 0, 8, time, 0x5a21, x, packed, size)
        local = b"PK\3\4" + facts + struct.pack("<HH", len(name), len(extra)) + name + extra
        central = (b"PK\1\2\x14\0" + facts + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name)
        end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + packed, len(comment))
        return quine(local, central + end + comment)

    for time in range(64):
        made = with_own_sum(lambda x: make(x, time))
        if made:
            return made
    raise AssertionError


def nested(levels, width, leaf):
    """42.zip: `width` zips in each of `levels` zips, round a zip with one file."""
    def pack(files):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return out.getvalue()
    data = pack([("leaf", leaf)])
    for _ in range(levels):
        data = pack([(f"{number:02}.zip", data) for number in range(width)])
    return data


def overlapping(count, kernel):
    """A zip of `count` files that share one piece of packed data: each holds, quoted,
    the local headers of those behind it (David Fifield, "A better zip bomb")."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(kernel) + packer.flush()
    data, content, rows = packed, kernel, []
    for number in reversed(range(count)):
        name = b"%04d" % number
        facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5a21, zlib.crc32(content), len(data), len(content), 4, 0)
        local = b"PK\3\4" + facts + name
        rows.append((facts, name, len(local) + len(data)))
        if number:
            data = literal(len(local)) + local + data
            content = local + content
    body = local + data
    central = b"".join(b"PK\1\2\x14\0" + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(body) - size) + name
                       for facts, name, size in reversed(rows))
    return body + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(body), 0)


if __name__ == "__main__":
    import gzip

    assert gzip.decompress(gzip_quine()) == gzip_quine()
    with zipfile.ZipFile(io.BytesIO(zip_quine())) as file:
        assert file.read("r/r.zip") == zip_quine()
    with zipfile.ZipFile(io.BytesIO(overlapping(100, bytes(100000)))) as file:
        assert len(file.infolist()) == 100
