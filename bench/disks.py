#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the sweep of disk images, and prints a Markdown table of ratios: an ext4 image of a tree
against the same tree live, unallocated space, and memory on a large image.

    disks.py [--sweeper FILE] [--top DIR] [--files N] [--pairs N]"""

import argparse
import datetime
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import archives
import bench

MIB = bench.MIB
UNALLOCATED = "sweeper-bench-free-canary"


class Disks(bench.Bench):
    def fill(self, tree):
        """Copies files of the machine until there are enough; the canary at the end."""
        tree.mkdir()
        count = 0
        with open(self.list, "rb") as file:
            names = file.read().split(b"\0")[:-1]
        for number in range(self.options.files):
            source = names[number % len(names)]
            folder = tree / f"{number // 500:03}"
            folder.mkdir(exist_ok=True)
            try:
                size = os.path.getsize(source)
                if size <= 4 * MIB:
                    name = os.path.basename(source).decode(errors="replace")[-80:]
                    with open(source, "rb") as there:
                        (folder / f"{number:05}-{name}").write_bytes(there.read())
                    count += size
            except OSError:
                continue
        (tree / "canary").write_text(archives.CANARY + "\n")
        return count

    def check(self, target, arguments, wanted, rule=None):
        done = subprocess.run(self.scan("-o", "jsonl", *arguments, rules=[rule or self.rule], target=target, archives=True),
                              capture_output=True)
        found = done.stdout.count(b'"type":"finding"')
        gaps = done.stdout.count(b'"type":"gap"')
        if found != wanted or gaps:
            raise SystemExit(f"{target}: {found} findings instead of {wanted}, {gaps} gaps: a fast wrong answer is "
                             "not an answer")

    def against_live(self):
        tree, image = self.place / "tree", self.place / "tree.img"
        total = self.fill(tree)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-N", str(self.options.files + 2000), "-d", tree, image,
                        f"{(total + self.options.files * 4096) // 1024 * 12 // 10 + 65536}k"], check=True)
        self.check(tree, (), 1)
        self.check(image, (), 1)
        ours, theirs = self.pairs(self.scan(target=image, archives=True), self.scan(target=tree, archives=True))
        self.row(f"ext4 image of {self.options.files} files, {total // MIB} MiB, vs the same tree live", "at most 2x",
                 f"{ours / theirs:.2f}x", ours / theirs <= 2, f"{ours:.2f} s, live {theirs:.2f} s")
        one, live = self.pairs(self.scan(target=image, archives=True, threads=1),
                               self.scan(target=tree, archives=True, threads=1))
        self.row("the same, one thread each", "at most 2x", f"{one / live:.2f}x", one / live <= 2,
                 f"{one:.2f} s, live {live:.2f} s")
        subprocess.run(["rm", "-rf", tree, image])

    def unallocated(self):
        """An empty file system with 1 GiB of noise in its free space."""
        image, noise = self.place / "free.img", random.Random(1).randbytes(4 * MIB)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-N", "64", image, "1200m"], check=True)
        done = subprocess.run(["dumpe2fs", image], capture_output=True, text=True, check=True)
        size = 0
        with open(image, "r+b") as file:
            for line in done.stdout.splitlines():
                if line.startswith("  Free blocks: ") and "-" in line:
                    for part in line.removeprefix("  Free blocks: ").split(", "):
                        first, _, last = part.partition("-")
                        count = (int(last or first) - int(first) + 1) * 4096
                        file.seek(int(first) * 4096)
                        for at in range(0, count, len(noise)):
                            file.write(noise[: min(len(noise), count - at)])
                        size += count
            file.seek(-100, os.SEEK_CUR)
            file.write(UNALLOCATED.encode())
        self.check(image, ("--unallocated",), 1, self.free_rule)
        base = self.scan(target=image, threads=1, archives=True)
        more = self.scan("--unallocated", target=image, threads=1, archives=True)
        ours, theirs = self.pairs(more, base)
        speed = size / (ours - theirs) / 1e9
        self.row("unallocated space, shipped rules, one thread", "at least 1 GB/s", f"{speed:.2f} GB/s", speed >= 1,
                 f"{size // MIB} MiB in {ours - theirs:.2f} s")
        image.unlink()

    def large(self):
        """20 GiB, most of it holes, with files."""
        tree, image = self.place / "large", self.place / "large.img"
        tree.mkdir()
        for number in range(2000):
            (tree / f"{number:04}").write_bytes(random.Random(number).randbytes(20_000))
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image, "20g"], check=True)
        for options in ([], ["--unallocated"]):
            peak = self.peak(self.scan(*options, target=image, archives=True))
            self.row(" ".join(["peak memory, sparse image of 20 GiB", *options]), "at most 300 MiB", f"{peak / MIB:.0f} MiB",
                     peak <= 300 * MIB, "RssAnon + RssShmem of both processes, every 10 ms")

    def run(self):
        self.rule = self.place / "canary.yar"
        self.rule.write_text(archives.RULE)
        self.free_rule = self.place / "free.yar"
        self.free_rule.write_text(f'rule Free {{ strings: $a = "{UNALLOCATED}" condition: $a }}')
        self.against_live()
        self.unallocated()
        self.large()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeper", default=os.environ.get("SWEEPER", str(bench.ROOT / "build/run/sweeper")),
                        help="the executable (a release build)")
    parser.add_argument("--top", default="/usr", help="the tree that files are taken from (default /usr)")
    parser.add_argument("--files", type=int, default=60000, help="in the tree (default 60000)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each (default 5)")
    options = parser.parse_args()
    bench.need("disks.py", ("mke2fs", "dumpe2fs", "find"), options.sweeper)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
    try:
        compared = Disks(options, place)
        compared.run()
    finally:
        subprocess.run(["rm", "-rf", place])
    print(f"{bench.machine()}, {datetime.date.today()}; warm cache, medians of {options.pairs} pairs, in turn.\n")
    return 0 if bench.table(compared.rows) else 1


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sys.exit(main())
