#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what a sweep sees of a disk image with what another program sees: (path, size, SHA-256)
of every file, in images of thousands of files, and prints docs/disk-equality.md.

    disk_equality.py [--sweeper FILE] [--files N] [--kinds ext4,ntfs]"""

import argparse
import datetime
import os
import pathlib
import subprocess
import sys
import tempfile

import bench

for folder in ("forge", "e2e"):
    sys.path.insert(0, str(bench.ROOT / "tests" / folder))

import disk_truth  # noqa: E402
import disks  # noqa: E402
import sweep  # noqa: E402

GIB = 1 << 30
LARGE = ("ext4", "ntfs")
SIZES = {"fat12": 12 << 20, "fat16": 120 << 20}  # as much as they can have
HEAD = """# What a sweep sees of a disk, and what other programs see

Written by `bench/disk_equality.py`. Images of each file system are made of one folder: files of 0 bytes
to 64 KiB, sizes around sectors, blocks and clusters; folders in folders, one of them with a third of all files;
names of up to 255 characters, of other scripts, and, where names are bytes, of bytes that are no
text; hard links; files with holes. In ext4 and NTFS one of over 4 GiB, most of it a hole. The rule of the sweep fits
every object, so that its findings say path, size and SHA-256 of each; the same is read by a
program that is not ours, and both sets must be equal, and equal to the folder.

| file system | files | bytes | the other program | only in the sweep | only in the other | gaps |
|---|---|---|---|---|---|---|"""
FEET = """
No program here but The Sleuth Kit reads exFAT and UFS without mounting, and debugfs reads at least
60 bytes of a file that lies in its inode: there the sweep is compared with the folder. Of NTFS 7z gives the
names, and ntfscat the content. Left out: the two tables of exFAT itself, which are swept as files.

Known: of a FAT name of more than 195 characters The Sleuth Kit gives the first 195. UFS 2 as makefs
writes it (superblock at 8 KiB) is not recognised.
"""


def large(tree):
    """More than 4 GiB, most of it a hole."""
    with open(tree / "over-4-gib", "wb") as file:
        file.write(b"begins\n")
        file.seek(4 * GIB + 123_456_789)
        file.write(b"ends\n")


def compare(kind, options, place):
    tree, image = place / "tree", place / "host7.img"
    tree.mkdir()
    count = min(options.files, 400) if kind == "fat12" else options.files
    disk_truth.populate(tree, kind, count)
    size = SIZES.get(kind, 256 << 20)
    if kind in LARGE:
        large(tree)
        size = 6 * GIB
    disks.make(kind, image, tree, size)
    made = disk_truth.of_folder(tree)
    program, theirs = disk_truth.independent(kind, image, place, tree)
    ours, result = disk_truth.of_sweep(image, place / "every.yar", "--max-file-size", "8G", *options.more)
    ours = disk_truth.own(ours, kind)
    bench.say(f"  {kind}: {len(theirs)} files, {len(ours - theirs)} more, {len(theirs - ours)} fewer than {program}")
    for row in [*sorted(ours - theirs)[:3], *sorted(theirs - ours)[:3]]:
        bench.say(f"    {row}")
    if theirs != made:
        bench.say(f"    {program} does not see what was put in: {sorted(theirs ^ made)[:3]}")
    print(f"| {kind} | {len(theirs)} | {sum(size for _, size, _ in theirs)} | {program} | {len(ours - theirs)} "
          f"| {len(theirs - ours)} | {len(result.gaps)} |", flush=True)
    return ours == theirs == made and not result.gaps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeper", default=sweep.SWEEPER)
    parser.add_argument("--files", type=int, default=5000, help="in each image (default 5000)")
    parser.add_argument("--kinds", default=",".join(disks.KINDS))
    parser.add_argument("more", nargs="*", help="further options of the sweep")
    options = parser.parse_args()
    sweep.SWEEPER = options.sweeper
    kinds = options.kinds.split(",")
    bench.need("disk_equality.py", {tool for kind in kinds for tool in disks.tools_of(kind)}, options.sweeper)
    same = True
    print(HEAD)
    for kind in kinds:
        place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
        try:
            same &= compare(kind, options, place)
        finally:
            subprocess.run(["rm", "-rf", place])
    print(FEET + f"\nLast run on {datetime.date.today().isoformat()}.")
    return 0 if same else 1


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sys.exit(main())
