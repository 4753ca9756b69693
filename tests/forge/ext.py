# SPDX-License-Identifier: Apache-2.0
"""Small ext file systems, made by mke2fs and debugfs: the same bytes in every run."""

import os
import struct
import subprocess
import tempfile
from pathlib import Path

UNIT = 64 * 1024
ENV = {**os.environ, "E2FSPROGS_FAKE_TIME": "1700000000"}
UUID = "01234567-89ab-cdef-0123-456789abcdef"
VARIANTS = {
    "ext2": ("ext2", [], 4, []),
    "ext3-journal": ("ext3", ["-J", "size=1"], 48, ["jo", "jw -b 25,26 {file}", "jw -r 25", "jc"]),
    "ext4": ("ext4", ["-O", "^has_journal"], 4, []),
    "ext4-inline": ("ext4", ["-O", "^has_journal,inline_data", "-I", "256"], 4, []),
    "ext4-bigalloc": ("ext4", ["-O", "^has_journal,bigalloc,^resize_inode", "-C", "4096"], 16, []),
    "ext4-groups": ("ext4", ["-O", "^has_journal,meta_bg,^resize_inode", "-g", "256"], 16, []),
    "ext4-deleted": ("ext4", ["-O", "^has_journal"], 4, ["rm folder/b", "unlink folder/c", "rm large"]),
    "ext4-journal": ("ext4", ["-J", "size=1"], 48, ["jo", "jw -b 33,34,40 {file}", "jc"]),
}


def image(variant):
    kind, options, units, commands = VARIANTS[variant]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "image"
        for name in "abc":
            (folder / name).write_bytes(name.encode() * 500)
        (folder / "large").write_bytes(b"content of a file; " * 1000)
        with open(folder / "holes", "wb") as file:
            for at in (3, 40, 300):
                file.seek(at * 1024)
                file.write(b"here")
        (folder / "block").write_bytes(b"\xc0\x3b\x39\x98" + b"new" * 1023)
        subprocess.run(["mke2fs", "-q", "-F", "-t", kind, "-b", "1024", "-N", "32", "-m", "0", "-U", UUID,
                        "-E", f"hash_seed={UUID},root_owner=0:0", *options, path, f"{units * 64}k"],
                       env=ENV, check=True, capture_output=True)
        write = ["mkdir folder", *(f"write {folder / n} folder/{n}" for n in "abc"), f"write {folder / 'large'} large",
                 f"write {folder / 'holes'} holes", "symlink link folder/a", f"symlink long {'x' * 90}"]
        words = "\n".join(write + commands).format(file=folder / "block")
        subprocess.run(["debugfs", "-w", "-f", "-", path], input=words.encode(), env=ENV, check=True,
                       capture_output=True)
        data = bytearray(path.read_bytes())
        for at in range(0, len(data), 1024):
            if data[at : at + 8] == b"\xc0\x3b\x39\x98\0\0\0\x02":
                data[at + 48 : at + 60] = bytes(12)  # when it was committed
        return bytes(data)


def packed(variant):
    """Without its zeros, as the fuzz target reads it."""
    data = image(variant)
    out = bytes([len(data) // UNIT - 1])
    step = 16
    at = 0
    while at < len(data):
        if not any(data[at : at + step]):
            at += step
            continue
        end = at
        while end < len(data) and any(data[end : end + step]) and end - at < 32768:
            end += step
        out += struct.pack("<IH", at, end - at) + data[at:end]
        at = end
    return out
