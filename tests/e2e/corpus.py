# SPDX-License-Identifier: Apache-2.0
"""Files to compare answers on: real ones, chosen the same way each time, and
forged ones that hold what real files rarely do."""

import base64
import os
import pathlib
import shutil
import struct
import zlib


def candidates(top):
    """Regular files below `top` on its file system, in a fixed order that mixes them."""
    device = os.stat(top).st_dev
    found = []
    for directory, names, files in os.walk(top):
        names[:] = [n for n in names if os.lstat(os.path.join(directory, n)).st_dev == device]
        for name in files:
            path = os.path.join(directory, name)
            if "\n" in path or not path.isprintable():
                continue
            if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK):
                found.append(path)
    return sorted(found, key=lambda path: (zlib.crc32(path.encode()), path))


def kind_of(path):
    """The suffix, or what the first bytes look like where there is none."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix and not suffix[1:].isdigit() and len(suffix) < 8:
        return suffix
    with open(path, "rb") as file:
        return repr(file.read(4))


def choose(top, count, size_max=4 << 20, total_max=300 << 20):
    """Up to `count` files of as many kinds as there are: first some of each kind, then
    whatever comes."""
    first, rest, kinds, total = [], [], {}, 0
    for path in candidates(top):
        size = os.path.getsize(path)
        if size > size_max:
            continue
        kind = kind_of(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        (first if kinds[kind] <= 40 else rest).append((path, size))
    chosen = []
    for path, size in first + rest:
        if len(chosen) < count and total + size <= total_max:
            chosen.append(path)
            total += size
    return chosen


def copy_real(paths, target):
    """Copies with short names that keep their suffix: 0000-name.ext."""
    target.mkdir(parents=True)
    for number, path in enumerate(paths):
        name = "".join(c if c.isalnum() or c in ".-_+" else "_" for c in os.path.basename(path))
        directory = target / f"{number // 500:02}"
        directory.mkdir(exist_ok=True)
        shutil.copyfile(path, directory / f"{number:04}-{name[-60:]}")


def wide(text):
    return text.encode("utf-16-le")


def xored(data, key):
    return bytes(byte ^ key for byte in data)


def tiny_pe():
    """A PE32+ file of two sections with nothing to run in them."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = struct.pack("<HHIIIHH", 0x8664, 2, 0, 0, 0, 240, 0x0022)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 512, 512, 0, 0x1000, 0x1000)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0x140000000, 0x1000, 512, 6, 0, 0, 0, 6, 0, 0,
                            0x3000, 512, 0, 3, 0)
    optional += struct.pack("<QQQQII", 1 << 20, 4096, 1 << 20, 4096, 0, 16) + bytes(128)

    def section(name, address, offset):
        return struct.pack("<8sIIIIIIHHI", name, 512, address, 512, offset, 0, 0, 0, 0, 0x60000020)

    head = dos + b"PE\0\0" + coff + optional
    head += section(b".text", 0x1000, 512) + section(b".data", 0x2000, 1024)
    return head.ljust(512, b"\0") + b"\xc3".ljust(512, b"\0") + b"data-section".ljust(512, b"\0")


def tiny_elf():
    """An ELF object file: a header, and one section that holds the names."""
    names = b"\0.shstrtab\0"
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head = ident + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + 16, 0, 64, 0, 0, 64, 2, 1)
    empty = bytes(64)
    section = struct.pack("<IIQQQQIIQQ", 1, 3, 0, 0, 64, len(names), 0, 0, 1, 0)
    return head + names.ljust(16, b"\0") + empty + section


def mz_only():
    return b"MZ" + b"\x90" * 200


ALPHABET = ("!@#$%^&*(){}[].,|ABCDEFGHIJ\tLMNOPQRSTUVWXYZabcdefghijklmnopqrstu")
STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def encoded(text, shift, alphabet=STANDARD):
    data = base64.b64encode(b"x" * shift + text.encode() + b"tail").decode().rstrip("=")
    return data.translate(str.maketrans(STANDARD, alphabet)).encode()


def pieces():
    """What to plant: name -> bytes. Each goes into files of its own."""
    filler = bytes(range(1, 200)) * 3
    return {
        "wide": wide("wide-needle") + b"--" + wide("wIdE-NoCaSe") + wide(" lonely ") + b" lonely ",
        "both": b"both-needle" + wide("both-needle") + wide("aNy-NOCASE") + b"ANY-NOCASE",
        "xor-low": xored(b"xor-needle", 1) + b"/" + xored(b"range-needle", 0x11),
        "xor-high": xored(b"xor-needle", 255) + xored(b"range-needle", 0x2F),
        "xor-out-of-range": xored(b"range-needle", 0x30) + xored(b"range-needle", 0x0F),
        "xor-plain": b"xor-needle range-needle " + wide("widexor"),
        "xor-wide": xored(wide("widexor"), 0x42) + xored(b"anyxor-n", 9)
                    + xored(wide("anyxor-n"), 200),
        "xor-fullword": b" " + xored(b"loneXor", 0x20) + b" a" + xored(b"loneXor", 0x55) + b"a",
        "base64": b"\n".join(encoded("This program cannot", n) for n in range(3)),
        "base64wide": b"\n\n".join(wide(encoded("base64-needle", n).decode()) for n in range(3)),
        "base64-narrow": b" ".join(encoded("base64-needle", n) for n in range(3)),
        "base64-alphabet": b"\n".join(encoded("alphabet-needle", n, ALPHABET) for n in range(3)),
        "base64-short": b"\n".join(encoded("abc", n) for n in range(3)),
        "controls": b'"quoted"\tand\nbroken\\',
        "zeros": bytes(40) + b"PK" + bytes(9) + b"PK",
        "overlap": b"bananananana",
        "long": b"0123456789" * 30,
        "long-cut": b"0123456789" * 25 + b"x",
        "jumps": b"jumpzero jump12zero jump123456zero jump1234567zero",
        "open-jump": b"begin-x" + b"." * 30 + b"end-x " + b"begin-x end-x start-y end-y",
        "open-far": b"begin-x" + filler * 20 + b"end-x start-y" + filler * 30 + b"end-y",
        "chain": b"chain1" + b"." * 250 + b"chain2" + b"." * 500 + b"chain1" + b"." * 401
                 + b"chain2",
        "chain-edges": b"chain1" + b"." * 200 + b"chain2..." + b"chain1" + b"." * 400 + b"chain2",
        "links": b"link1" + b"." * 260 + b"link2" + b"." * 300 + b"link3",
        "links-broken": b"link1" + b"." * 260 + b"link2" + b"." * 301 + b"link3",
        "alternatives": b"alt-one- alt-two- alt-three- alt-four- first-alt last-alt",
        "nested": b"nestAB! nestACx! nestME! nestAC! wild?1. wild2xy3. wild2x3.",
        "masked": b"mas\x6bed-m\xffddle mas\x7bed-m\x00ddle mas\x6ced-middle",
        "micro": wide("Microsoft Micro"),
        "low": b"abc" + bytes(12) + b"\x06\x06" + bytes(3) + b"\x06",
        "dots": b"re-dot12345end re-dot\nend re-dotend re-all\nend re-all12end re-allend",
        "wide-regex": wide("wide-regx wide-reg wide-rexgx both-REGXG needle"),
        "ends": b"something else, the-last-words",
        "ends-not": b"the-last-words\n",
        "classes": b"version 1.25! version\t12.3x class-a b-end class-a-c-end class-x? -end",
        "repeats": b"abbcd+ abbcdddefgh abbddefgh abbbbbdefgh abbbbcdfgh abcdfgh",
        "lazy": b"lazy<one>two> greedy<one>two> lazy<" + b"." * 31 + b">",
        "decay": b"alpha-decay beta-decay delta-decay x-uneven xy-uneven xyyy-uneven xyy-uneven",
        "boundary": b"xunboundx unbound xunbound malloc xmalloc malloc_ -malloc-",
        "address": b"127.0.0.1 127.255.255.255 127.0.0 1127.1.1.1",
        "open-re": b"open-re something close-re close-re\nopen-re\nclose-re",
        "gap": b"gap-one" + b"\n." * 160 + b"gap-two gap-one" + b"." * 401 + b"gap-two",
        "gap-edges": b"gap-one" + b"." * 300 + b"gap-two" + b"gap-one" + b"." * 400 + b"gap-two",
        "maybe": b"maybe-certainly-here certainly-here certainly-he",
        "base64-line": b"\n" + b"QUJD" * 15 + b"==\n" + b"QUJD" * 10 + b"==\n",
        "no-such": b"No such file or directory, no SUCH device, Segmentation fault",
        "lengths": b"fobar foobar fooooobar value vaaalue",
        "shapes": b"abcd1234efgh56 abc1234 " + wide("555-123-4567"),
        "capital": b"Abcdefghij and so on",
        "zz": b"..Z....Z..Z....Z.",
        "months": b"January March April",
        "doctype": b"<!DOCTYPE html><p>alpha</p><p>omega</p>",
        "hidden": b"hidden",
        "perl": b"#!/usr/bin/perl\nprint 1; # not python\n",
        "python-perl": b"#!/bin/sh # perl, python\nexit\n",
        "newlines": b"\n" * 7 + b"ab" * 9,
        "five-lines": b"a b c\n" * 5,
        "braces": b"{ } { x } {} }{ a",
        "octal": b"# comment",
        "signed": b"\xff\xff\xff\xff\xff",
        "class-file": bytes.fromhex("cafebabe00000034") + bytes(30),
        "exactly-37": b"x" * 37,
        "exactly-1010": b"y" * 1010,
        "elf-head": b"\x7fELF\x02\x01\x01\x00" + bytes(8),
        "elf-head-32": b"\x7fELF\x01\x01\x01\x00" + bytes(60),
        "sparse-mz": mz_only(),
        "mz-nibbles": b"MZ\x90\x00",
        "elf-object": tiny_elf(),
        "pe": tiny_pe(),
        "pe-cut": tiny_pe()[:300],
        "pe-tail": tiny_pe() + b"overlay xor-needle",
        "configure": b"configure install install install aaaaaaaaaaa",
        "tar": (b"name".ljust(257, b"\0") + b"ustar\x0000").ljust(1024, b"\0"),
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20),
        "zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(30),
        "gzip": b"\x1f\x8b\x08" + bytes(20),
        "hashed": b"sweeper equality corpus\n",
        "empty": b"",
        "one": b"~",
        "four-k": b"0123456789abcdef" * 256,
        "text-block": b"bbabbabb\n" * 60,
        "repeated": b"warn " * 30 + b"." * 200 + b"warn " * 10,
        "errno": b"errno xerrno errno_ (errno)",
        "end": b"this stands at-the-very-end"[:-15] + b"at-the-very-end",
        "quartet": b"ab" * 2048,
    }


def forge(target):
    """Each piece alone, at odd places of larger files, and around powers of two."""
    target.mkdir(parents=True)
    noise = zlib.compress(b"".join(struct.pack("<I", n * 2654435761 % 2**32)
                                   for n in range(3000)), 9)
    for number, (name, data) in enumerate(pieces().items()):
        (target / f"{name}.bin").write_bytes(data)
        (target / f"{name}-inside.bin").write_bytes(noise[:1000 + number] + data + noise[:777])
        (target / f"{name}-late.bin").write_bytes(noise[:4096 - len(data) // 2] + data)
    everything = b"\n".join(pieces().values())
    (target / "everything.bin").write_bytes(everything)
    (target / "everything-odd.bin").write_bytes(b"?" + everything)


def build(target, top="/usr", count=3000):
    """The whole corpus below `target`. Returns the number of real files."""
    target = pathlib.Path(target)
    paths = choose(top, count)
    copy_real(paths, target / "real")
    forge(target / "forged")
    return len(paths)
