#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares every wheel and every installed distribution below the given folders with its RECORD, and prints what is
told as a table (docs/integrity.md). Each finding must have an explanation in EXPLAINED; the exit code says whether one
has none.

    integrity.py [--exclude GLOB]... SWEEPER FOLDER...
"""

import argparse
import collections
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# (rule, file that is named) -> why an honest machine has it.
EXPLAINED = (
    ("installed_record_altered_data", "*/cacert.pem", "certificates were appended on this machine: rightly told"),
    ("installed_record_altered_native", "*/python3/dist-packages/*.so", "stripped by Debian after RECORD was written"),
    ("installed_record_altered_data", "*/pkg_resources/tests/data/*.zip", "a test's archive, packed anew by the vendor"),
    ("installed_record_missing", "*/python3/dist-packages/scripts-*", "Debian moves scripts to /usr/bin"),
    ("installed_record_unproven", "*/python3/dist-packages/*", "RECORD made by Debian's build without digests"),
)


def find(folders):
    wheels, sites = [], []
    for folder in folders:
        for path, names, files in os.walk(folder):
            names.sort()
            wheels += [Path(path, name) for name in files if name.endswith(".whl")]
            if Path(path).name in ("site-packages", "dist-packages"):
                sites.append(Path(path))
                names.clear()
    return wheels, sites


def sweep(sweeper, targets, excludes, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".yar") as rules:
        rules.write("rule never { condition: false }\n")
        rules.flush()
        command = [sweeper, "scan", "--no-builtin-rules", "-r", rules.name, "-o", "jsonl", *options]
        for glob in excludes:
            command += ["--exclude", glob]
        done = subprocess.run([*command, *targets], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records and records[-1]["type"] == "sweep_end", "the sweep did not end"
    found = [r for r in records if r["type"] == "finding" and r["kind"] == "integrity" and "_record_" in r["rule"]["name"]]
    return found, [r for r in records if r["type"] == "gap"], records[-1]


def explain(finding):
    rule, member = finding["rule"]["name"], finding["rule"]["meta"]["member"]
    return next((why for name, glob, why in EXPLAINED if name == rule and fnmatch.fnmatch(member, glob)), None)


def subject(finding):
    parts = finding["locator"].split("/")
    return parts[-2].removesuffix(".dist-info") if parts[-1] == "RECORD" else parts[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("sweeper")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    wheels, sites = find(options.folders)
    records = [path for site in sites for path in site.glob("*.dist-info/RECORD")]
    bare = [path for site in sites for path in site.glob("*-info") if not (path / "RECORD").exists()]
    rows = collections.defaultdict(list)
    found, gaps, end = sweep(options.sweeper, wheels, options.exclude) if wheels else ([], [], None)
    print(f"{len(wheels)} wheels" + (f" with {end['members']['scanned']:,} members" if end else "")
          + f": {len(found)} findings, {len(gaps)} gaps.")
    more, gaps, end = sweep(options.sweeper, sites, options.exclude, "--integrity", "--no-archives")
    print(f"{len(records)} installed distributions with RECORD in {len(sites)} folders ({end['objects']['scanned']:,} files; "
          f"{len(bare)} more have no RECORD): {len(more)} findings, {len(gaps)} gaps.\n")
    for finding in found + more:
        rows[finding["rule"]["name"], finding["severity"], explain(finding)].append(subject(finding))
    print("| finding | severity | distributions | why |\n|---|---|---|---|")
    for (name, severity, why), subjects in sorted(rows.items(), key=str):
        counts = collections.Counter(subjects)
        listed = ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in sorted(counts.items()))
        print(f"| `{name}` | {severity} | {listed} | {why or '?'} |")
    return 1 if any(why is None for _, _, why in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
