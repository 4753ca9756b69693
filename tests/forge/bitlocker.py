# SPDX-License-Identifier: Apache-2.0
"""BitLocker volumes, as the libbde project's "BitLocker Drive Encryption (BDE) format specification" has
them: no tool of Debian's writes one. Ciphers come from Python's cryptography, and the tests ask
cryptsetup and libbde whether they take what is made here."""

import hashlib
import struct
import uuid

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

SECTOR = 512
COPY_SIZE = 65536
VOLUME = uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001")
USED_ONLY = uuid.UUID("92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8")
CLEAR, TPM, STARTUP, RECOVERY, PASSWORD = 0x0000, 0x0100, 0x0200, 0x0800, 0x2000
DIFFUSER_128, DIFFUSER_256, CBC_128, CBC_256, XTS_128, XTS_256 = range(0x8000, 0x8006)
TIME = struct.pack("<Q", 130000000000000000)
BOX, CCM, STRETCH = 0x2000, 0x2002, 0x1000  # methods of keys


def entry(kind, value, data, version=1):
    return struct.pack("<HHHH", 8 + len(data), kind, value, version) + data


def key_entry(key, method):
    return entry(0, 1, struct.pack("<I", method) + key)


class Maker:
    """Makes one volume; nonces count up."""

    def __init__(self, method=XTS_128, seed="volume"):
        self.method = method
        self.seed = seed
        self.counter = 1
        size = {CBC_128: 16, CBC_256: 32, XTS_128: 32}.get(method, 64)
        self.volume_key = self.random("volume key", size)
        self.master = self.random("master key", 32)
        self.guid = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.protectors = []

    def random(self, what, size):
        return hashlib.shake_128(f"{self.seed} {what}".encode()).digest(size)

    def box(self, kind, key, what, method):
        """`what`, encrypted with `key`."""
        nonce = TIME + struct.pack("<I", self.counter)
        self.counter += 1
        done = AESCCM(key, tag_length=16).encrypt(nonce, key_entry(what, method), None)
        return entry(kind, 5, nonce + done[-16:] + done[:-16])

    def protect(self, protection, parts):
        guid = uuid.uuid5(self.guid, f"protector {len(self.protectors)}")
        data = guid.bytes_le + TIME + struct.pack("<HH", 0, protection) + b"".join(parts)
        self.protectors.append(entry(2, 8, data))
        return guid

    def stretched(self, digest, salt):
        last = bytes(32)
        for count in range(1 << 20):
            last = hashlib.sha256(last + digest + salt + struct.pack("<Q", count)).digest()
        return last

    def add_password(self, text, protection=PASSWORD):
        digest = hashlib.sha256(hashlib.sha256(text.encode("utf-16-le")).digest()).digest()
        return self.add_digest(digest, protection)

    def add_recovery(self, numbers):
        """Eight numbers of 16 bits; returns the 48 digits."""
        self.add_digest(hashlib.sha256(struct.pack("<8H", *numbers)).digest(), RECOVERY)
        return "-".join(f"{number * 11:06d}" for number in numbers)

    def add_digest(self, digest, protection):
        salt = self.random(f"salt {len(self.protectors)}", 16)
        key = self.stretched(digest, salt)
        stretch = entry(0, 3, struct.pack("<I", STRETCH) + salt + self.box(0, self.master, key, CCM))
        return self.protect(protection, [stretch, self.box(0, key, self.master, CCM)])

    def add_startup(self):
        """Returns the .bek file."""
        key = self.random("external key", 32)
        guid = self.protect(STARTUP, [entry(0, 4, struct.pack("<I", BOX)), self.box(0, key, self.master, CCM)])
        inner = entry(6, 9, guid.bytes_le + TIME + entry(0, 2, "ExternalKey\0".encode("utf-16-le"))
                      + key_entry(key, CCM))
        return self.dataset(inner, guid, 0)

    def add_clear(self):
        key = self.random("clear key", 32)
        self.protect(CLEAR, [key_entry(key, CCM), self.box(0, key, self.master, CCM)])

    def add_tpm(self):
        self.protect(TPM, [entry(0, 6, b"\x01" * 64), self.box(0, self.random("tpm", 32), self.master, CCM)])

    @staticmethod
    def dataset(entries, guid, method):
        size = 48 + len(entries)
        return struct.pack("<IIII16sIHH8s", size, 1, 48, size, guid.bytes_le, 100, method, 0, TIME) + entries

    # --- sectors ---------------------------------------------------------------

    def elephant(self, offset, data):
        """The diffuser of "AES-CBC + Elephant diffuser" (Ferguson 2006), encrypting."""
        ecb = Cipher(algorithms.AES(self.volume_key[32:48 if self.method == DIFFUSER_128 else 64]),
                     modes.ECB()).encryptor()
        key = ecb.update(struct.pack("<QQ", offset, 0)) + ecb.update(struct.pack("<QQ", offset, 128 << 56))
        words = [word ^ struct.unpack_from("<I", key, 4 * (i % 8))[0]
                 for i, word in enumerate(struct.unpack(f"<{len(data) // 4}I", data))]
        count = len(words)

        def rotated(word, by):
            return (word << by | word >> 32 - by) & 0xFFFFFFFF if by else word

        for _ in range(5):
            for i in reversed(range(count)):
                words[i] = words[i] - (words[i - 2] ^ rotated(words[i - 5], (9, 0, 13, 0)[i % 4])) & 0xFFFFFFFF
        for _ in range(3):
            for i in reversed(range(count)):
                words[i] = words[i] - (words[(i + 2) % count] ^ rotated(words[(i + 5) % count], (0, 10, 0, 25)[i % 4])
                                       ) & 0xFFFFFFFF
        return struct.pack(f"<{count}I", *words)

    def encrypt(self, offset, content):
        out = bytearray()
        key = self.volume_key
        if self.method in (DIFFUSER_128, CBC_128):
            key = key[:16]
        elif self.method in (DIFFUSER_256, CBC_256):
            key = key[:32]
        for at in range(0, len(content), SECTOR):
            sector = content[at:at + SECTOR]
            if self.method in (XTS_128, XTS_256):
                mode = modes.XTS(struct.pack("<QQ", (offset + at) // SECTOR, 0))
            else:
                ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
                mode = modes.CBC(ecb.update(struct.pack("<QQ", offset + at, 0)))
            if self.method in (DIFFUSER_128, DIFFUSER_256):
                sector = self.elephant(offset + at, sector)
            out += Cipher(algorithms.AES(key), mode).encryptor().update(sector)
        return bytes(out)

    # --- the volume ------------------------------------------------------------

    def build(self, content, copies=(0x21000, 0x40000, 0x60000), header_at=0x33000, header_size=8192,
              description="till", guid=VOLUME, to_go=False, encrypted=None, state=4):
        """The image, and the content as it reads decrypted: with zeros where metadata lies."""
        size = len(content)
        encrypted = size if encrypted is None else encrypted
        entries = b"".join([
            entry(7, 2, (description + "\0").encode("utf-16-le")), *self.protectors,
            self.box(3, self.master, self.volume_key, self.method),
            entry(15, 15, struct.pack("<QQ", header_at, header_size))])
        dataset = self.dataset(entries, self.guid, self.method)
        block = struct.pack("<8sHHHHQII3QQ", b"-FVE-FS-", 64 + len(dataset) >> 4, 2, state, state, encrypted, 0,
                            header_size // SECTOR, *copies, header_at) + dataset
        plain = bytearray(content)
        for at, length in [(copy, COPY_SIZE) for copy in copies] + [(header_at, header_size)]:
            plain[at:at + length] = bytes(length)
        image = bytearray(self.encrypt(0, bytes(plain[:encrypted])) + plain[encrypted:])
        image[header_at:header_at + header_size] = self.encrypt(header_at, bytes(plain[:header_size]))
        for copy in copies:
            image[copy:copy + COPY_SIZE] = block.ljust(COPY_SIZE, b"\0")
        boot = bytearray(SECTOR)
        boot[:11] = b"\xeb\x58\x90" + (b"MSWIN4.1" if to_go else b"-FVE-FS-")
        boot[11:13] = struct.pack("<H", SECTOR)
        boot[13] = 8
        boot[40:48] = struct.pack("<Q", size // SECTOR)
        at = 424 if to_go else 160
        boot[at:at + 40] = guid.bytes_le + struct.pack("<3Q", *copies)
        boot[510:] = b"\x55\xaa"
        image[:SECTOR] = boot
        return bytes(image), bytes(plain)
