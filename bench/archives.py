#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares sweeping archives with unpacking them, and prints a Markdown table of ratios.

Each comparison runs the two in turn (A B A B ...) with a warm cache and takes medians.
Before anything is timed, sweeper must find a canary at the end of every packed layer.

    archives.py [--sweeper FILE] [--top DIR] [--size MIB] [--pairs N] [--layers-only]
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import bench

CANARY = "sweeper-bench-canary-2218"
RULE = f'rule BenchCanary {{ strings: $a = "{CANARY}" condition: $a at 0 }}'

# What packs the tar (or, for zip, the files), what unpacks it, and the bar.
LAYERS = [
    ("layer.tar.gz", "gzip -6c {tar}", ["gzip -dc {packed}"], "faster", 1.0),
    ("layer.tar.zst", "zstd -qc {tar}", ["zstd -dcq {packed}"], "at most 1.2x", 1.2),
    ("layer.tar.xz", "xz -1c {tar}", ["xz -dc {packed}"], "at most 1.2x", 1.2),
    ("layer.zip", "cd {folder} && zip -qry - .", ["bsdtar -xOf {packed}"], "at most 1.2x", 1.2),
]

# First bytes, and what unpacks files of the kind: the fastest of those that are there counts.
KINDS = {
    "gzip": (b"\x1f\x8b\x08", ["xargs -0 -n 100 -P {n} pigz -dc", "xargs -0 -n 100 -P {n} gzip -dc"]),
    "xz": (b"\xfd7zXZ\0", ["xargs -0 -n 100 -P {n} xz -dc"]),
    "bzip2": (b"BZh", ["xargs -0 -n 100 -P {n} bzip2 -dc"]),
    "zstd": (b"\x28\xb5\x2f\xfd", ["xargs -0 -n 100 -P {n} zstd -dcq"]),
    "lz4": (b"\x04\x22\x4d\x18", ["xargs -0 -n 1 -P {n} lz4 -dcq"]),
    "zip": (b"PK\3\4", ["xargs -0 -n 1 -P {n} unzip -p", "xargs -0 -n 1 -P {n} bsdtar -xOf"]),
    "ar": (b"!<arch>\n", ["xargs -0 -n 1 -P {n} ar p", "xargs -0 -n 1 -P {n} bsdtar -xOf"]),
    "7z": (b"7z\xbc\xaf\x27\x1c", ["xargs -0 -n 1 -P {n} bsdtar -xOf"]),
    "tar": (b"ustar", ["xargs -0 cat"]),
}


def shell(command):
    """A command line that writes to nowhere."""
    return ["/bin/sh", "-c", f"{command} > /dev/null 2>&1 || true"]


def kind_of(path):
    """Of an archive, by its first bytes; None: it is none, or cannot be read."""
    try:
        with open(path, "rb") as file:
            head = file.read(262)
    except OSError:
        return None
    if head[257:262] == KINDS["tar"][0]:
        return "tar"
    return next((kind for kind, (magic, _) in KINDS.items() if head.startswith(magic)), None)


def program_of(command):
    words = command.split()
    return words[words.index("{n}") + 1] if "{n}" in words else words[0]


class Archives(bench.Bench):
    def scan_on(self, target, *arguments):
        return self.scan(*arguments, target=target, archives=True)

    # --- packed layers

    def layer(self, size, mixed):
        """A folder with copies of files of the tree, a canary at its end, and the tar of it.
        `mixed`: there are archives among the files."""
        folder, total = self.place / "layer", 0
        folder.mkdir()
        chosen = self.place / "chosen"
        with open(chosen, "wb") as names:
            for path in self.list.read_bytes().split(b"\0")[:-1]:
                if total < size and os.access(path, os.R_OK) and (mixed or kind_of(path) is None):
                    total += os.path.getsize(path)
                    names.write(path.lstrip(b"/") + b"\0")
        copy = f"tar -C / --null -T {chosen} -cf - | tar -C {folder} -xf -"
        subprocess.run(["/bin/sh", "-c", copy], check=True)
        (folder / "~").mkdir()
        (folder / "~/last").write_text(CANARY + "\n")
        tar = self.place / "layer.tar"
        with open(self.place / "names", "w") as names:
            names.writelines(f"./{name}\n" for name in sorted(os.listdir(folder)))
        subprocess.run(["tar", "-C", folder, "-T", self.place / "names", "-cf", tar], check=True)
        return folder, tar

    def check_found(self, packed):
        rules = self.place / "canary.yar"
        rules.write_text(RULE)
        done = subprocess.run(self.scan("-o", "jsonl", rules=[rules], target=packed, archives=True), capture_output=True)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        found = [r["locator"] for r in records if r["type"] == "finding" and r["kind"] == "yara"]
        gaps = [r for r in records if r["type"] == "gap"]
        if len(found) != 1 or not found[0].endswith("~/last") or gaps:
            raise SystemExit(f"{packed.name}: found {found}, gaps {gaps[:3]}: a fast wrong answer is not an answer")

    def layers(self, size, mixed):
        folder, tar = self.layer(size, mixed)
        inner, inner_cost = self.unpacking(sorted(map(os.fsencode, folder.rglob("*")))) if mixed else ("true", 0)
        for name, pack, tools, bar, limit in LAYERS:
            packed = self.place / name
            subprocess.run(["/bin/sh", "-c", f"{pack.format(tar=tar, folder=folder)} > {packed}"], check=True)
            self.check_found(packed)
            unpack = tools[0].format(packed=packed)
            ours, theirs = self.pairs(self.scan_on(packed), shell(f"({unpack}; {inner})"))
            ratio = ours / theirs
            what = f" with archives in it vs `{tools[0].partition(' {')[0]}` and each of those once ({inner_cost:.2f} s)"
            self.row(f"{name.partition('.')[2]} of a layer" + (what if mixed else f" vs `{tools[0].partition(' {')[0]}`"),
                     bar, f"{ratio:.2f}x", ratio < limit if limit == 1.0 else ratio <= limit,
                     f"{ours:.2f} s, {theirs:.2f} s; {tar.stat().st_size / bench.MIB:.0f} MiB in "
                     f"{packed.stat().st_size / bench.MIB:.0f}")
            packed.unlink()
        subprocess.run(["rm", "-rf", folder, tar])

    # --- the whole tree

    def kinds(self, paths):
        """{kind: file with the names of those of the kind, each ended by a NUL}, {kind: how many}"""
        names = collections.defaultdict(list)
        for path in paths:
            kind = kind_of(path)
            if kind is not None:
                names[kind].append(path)
        lists = {}
        for kind, paths in names.items():
            lists[kind] = self.place / f"list-{kind}"
            lists[kind].write_bytes(b"".join(path + b"\0" for path in paths))
        return lists, {kind: len(paths) for kind, paths in names.items()}

    def best(self, kind, names):
        """The fastest command that unpacks all of a kind."""
        commands = [command for command in KINDS[kind][1] if shutil.which(program_of(command) or "")]
        if not commands:
            raise SystemExit(f"archives.py: nothing unpacks {kind} here")
        full = [f"{command.format(n=bench.CPUS)} < {names}" for command in commands]
        timed = [min(bench.seconds(shell(command)) for _ in range(2)) for command in full]
        return full[timed.index(min(timed))], min(timed)

    def unpacking(self, paths):
        """One command that unpacks each of the archives once, and what it costs."""
        best = [self.best(kind, names) for kind, names in self.kinds(paths)[0].items()]
        return "; ".join(command for command, _ in best) or "true", sum(cost for _, cost in best)

    def whole_tree(self):
        lists, counts = self.kinds(self.list.read_bytes().split(b"\0")[:-1])
        commands, costs = [], {}
        for kind, names in lists.items():
            command, costs[kind] = self.best(kind, names)
            commands.append(command)
        plain = bench.seconds(self.scan())
        ours, theirs = self.pairs(self.scan_on(self.top), shell("; ".join(commands) or "true"))
        plain = min(plain, bench.seconds(self.scan()))
        end = self.end_of(self.scan_on(self.top))
        what = ", ".join(f"{counts[kind]:,} {kind} {costs[kind]:.2f} s" for kind in sorted(counts, key=costs.get, reverse=True))
        ratio = ours / (plain + theirs)
        self.row(f"`{self.top}`, archives on, vs archives off and each archive unpacked once", "at most 1.2x", f"{ratio:.2f}x",
                 ratio <= 1.2, f"{ours:.2f} s, off {plain:.2f} s + unpacked {theirs:.2f} s ({what}); archives add "
                 f"{(ours - plain) / max(theirs, 0.01):.2f}x of unpacking; "
                 f"{end['members']['scanned']:,} members, {end['members']['bytes'] / bench.MIB:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeper", default=os.environ.get("SWEEPER", str(bench.ROOT / "build/run/sweeper")),
                        help="the executable (a release build)")
    parser.add_argument("--top", default="/usr", help="the tree to sweep and to pack (default /usr)")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the layer, unpacked (default 1024)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each tool (default 5)")
    parser.add_argument("--layers-only", action="store_true", help="not the whole tree")
    options = parser.parse_args()
    bench.need("archives.py", ("tar", "gzip", "zstd", "xz", "zip", "bsdtar", "find", "xargs"), options.sweeper)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
    try:
        compared = Archives(options, place)
        for mixed in (False, True):
            compared.layers(options.size * bench.MIB, mixed)
        if not options.layers_only:
            compared.whole_tree()
    finally:
        subprocess.run(["rm", "-rf", place])
    print(f"{bench.machine()}; `{options.top}`, a layer of {options.size} MiB, warm cache; medians of {options.pairs} pairs, in turn.\n")
    return 0 if bench.table(compared.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
