#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Damages disk images by seeds, sweeps them, and prints a table: engines that died, objects that
took too long, gaps. Also each image cut short at every MiB.

    damage.py [--sweeper FILE] [--seeds N] [--from N] [--kinds ext4,ntfs] [--keep DIR]

With a build with AddressSanitizer as --sweeper, what it reports counts as a death, too. The same
seed does the same damage; --keep puts the images aside that something died on."""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import bench

for folder in ("forge", "e2e"):
    sys.path.insert(0, str(bench.ROOT / "tests" / folder))

import damage  # noqa: E402
import disks  # noqa: E402

BATCH = 50
SIZES = {"fat16": 9 << 20, "fat32": 36 << 20}


class Damage:
    def __init__(self, options, place):
        self.options, self.place = options, place
        self.rows = []

    def sweep(self, folder):
        """(records, reports of sanitizers, seconds)"""
        begin = time.monotonic()
        done = subprocess.run([self.options.sweeper, "scan", "-j", str(bench.CPUS), "--fail-on", "never", "--progress",
                               "never", folder], capture_output=True,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        records = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode not in (0, 1, 3) or not records or records[-1]["type"] != "sweep_end":
            raise SystemExit(f"the sweep ended with {done.returncode}: {done.stderr[-2000:].decode(errors='replace')}")
        reports = [line for line in done.stderr.decode(errors="replace").splitlines()
                   if "ERROR: AddressSanitizer" in line or "runtime error" in line]
        return records, reports, time.monotonic() - begin

    def batch(self, images, counts):
        """images: {name: (bytes, what was done)}"""
        folder = self.place / "batch"
        folder.mkdir()
        for name, (data, _) in images.items():
            (folder / name).write_bytes(data)
        records, reports, took = self.sweep(folder)
        counts["images"] += len(images)
        counts["deaths"] += sum(record["type"] == "engine_death" for record in records)
        counts["reports"] += len(reports)
        counts["longest"] = max(counts["longest"], took)
        told = set()
        for record in records:
            if record["type"] == "gap":
                told.add(record["locator"].partition("!")[0])
                counts["gaps"] += 1
                if record["reason"] in ("crash", "timeout"):
                    name = pathlib.Path(record["locator"].partition("!")[0]).name
                    bench.say(f"  {name}: {record['reason']}: {images[name][1]}")
                    counts[record["reason"]] += 1
                    if self.options.keep:
                        shutil.copy(folder / name, self.options.keep)
        for line in reports:
            bench.say(f"  {line}")
        counts["told"] += len(told)
        shutil.rmtree(folder)

    def kind(self, kind):
        image = disks.forge_planted(kind, self.place, SIZES.get(kind, 6 << 20))
        data = image.read_bytes()
        known, counts = damage.places(kind, data), collections.Counter()
        seeds = range(self.options.first, self.options.first + self.options.seeds)
        for start in range(0, len(seeds), BATCH):
            images = {}
            for seed in seeds[start : start + BATCH]:
                broken = bytearray(data)
                what = damage.hurt(kind, broken, seed, known)
                images[f"{kind}-{seed}.img"] = (broken, what)
            self.batch(images, counts)
        cuts = {f"{kind}-cut{size >> 20}.img": (data[:size], "cut") for size in range(1 << 20, len(data), 1 << 20)}
        self.batch(cuts, counts)
        bad = counts["deaths"] + counts["reports"] + counts["crash"] + counts["timeout"]
        self.rows.append((f"{kind}: {len(seeds)} seeds, {len(cuts)} cuts", "no engine dies", f"{bad} died",
                          "yes" if bad == 0 else "NO",
                          f"{counts['told']} of {counts['images']} images have gaps, {counts['gaps']} in all; the longest "
                          f"{BATCH} took {counts['longest']:.1f} s"))
        bench.say(f"  {self.rows[-1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeper", default=os.environ.get("SWEEPER", str(bench.ROOT / "build/run/sweeper")))
    parser.add_argument("--seeds", type=int, default=1000, help="of each kind (default 1000)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed (default 0)")
    parser.add_argument("--kinds", default=",".join(disks.KINDS))
    parser.add_argument("--keep", type=pathlib.Path, help="where images go that something died on")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    bench.need("damage.py", {tool for kind in kinds for tool in disks.tools_of(kind)}, options.sweeper)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
    measured = Damage(options, place)
    try:
        for kind in kinds:
            measured.kind(kind)
    finally:
        subprocess.run(["rm", "-rf", place])
    return 0 if bench.table(measured.rows) else 1


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sys.exit(main())
