#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether sweeping archives finds what unpacking them first and running yara(1) over
the result finds: makes docs/archive-equality.md.

    archive_equality.py SWEEPER FOLDER > docs/archive-equality.md

Fetches what archive-packages.txt names by the ordinary clients (apt-get, npm, pip, as
they are configured) into FOLDER, unpacks it to any depth by reference_unpack.py, and
compares (rule, member) of both. What lies in FOLDER already is not fetched again.
Nothing that was fetched is run. Exit code 1 when an answer differs and no gap says why.
"""

import base64
import collections
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import precision
import reference_unpack

LIST = pathlib.Path(__file__).with_name("archive-packages.txt")
RULES = [pathlib.Path(__file__).resolve().parents[1] / f"e2e/equality/{name}.yar"
         for name in ("text", "hex", "regex", "conditions")]
KINDS = {"deb": "Debian packages", "npm": "npm tarballs", "pypi": "wheels"}
STREAMS = {"gzip", "bzip2", "xz", "lzma", "lzip", "zstd", "lz4", "compress", "uuencode"}

Answer = collections.namedtuple("Answer", "found gaps members")


def exact(hop):
    """The bytes of a hop's name; streams have the name that the reference gives them."""
    if hop["kind"] in STREAMS:
        return reference_unpack.CONTENT
    if "name_base64" in hop:
        return base64.b64decode(hop["name_base64"])
    return os.fsencode(hop["name"])


def place_of(record):
    """(path, hops) of a finding or a gap."""
    return record["chain"][0]["path"], tuple(exact(hop) for hop in record["chain"][1:])


def by_sweeper(program, rules, target, *options):
    """Answer with {(rule, path, hops)} and {(path, hops): reason}."""
    words = [word for path in rules for word in ("--rules", path)]
    done = subprocess.run([program, "scan", "--no-builtin-rules", *words, "--no-decode", "--exposure", "off", "--fail-on",
                           "never", "-o", "jsonl", *options, target], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 3):
        sys.exit(f"{target}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    found = {(r["rule"]["name"], *place_of(r)) for r in records if r["type"] == "finding" and r["kind"] == "yara"}
    gaps = {place_of(r): f"{r['reason']}: {r['detail']}" for r in records if r["type"] == "gap"}
    return Answer(found, gaps, records[-1]["members"]["scanned"])


def by_yara(rules, paths):
    """The same by unpacking and yara(1): each object becomes a file under a number."""
    found, places = set(), []
    with tempfile.TemporaryDirectory(prefix="equality-") as folder:
        for path in paths:
            for hops, content in reference_unpack.objects(path):
                (pathlib.Path(folder) / str(len(places))).write_bytes(content)
                places.append((os.fspath(path), hops))
        done = subprocess.run(["yara", "-w", "-N", "-r", "-p", "2", *rules, folder], capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            sys.exit(f"yara: {done.stderr[-500:]}")
        for line in done.stdout.splitlines():
            rule, _, name = line.partition(" ")
            found.add((rule, *places[int(os.path.basename(name))]))
    return Answer(found, {}, len(places) - len(paths))


def is_told(gaps, path, hops):
    """True when a gap is about the object or something that holds it."""
    return any((path, hops[:size]) in gaps for size in range(len(hops) + 1))


# --- the document ----------------------------------------------------------------------------------


def wanted():
    names = collections.defaultdict(list)
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name = line.split()
            names[kind].append(name)
    return names


def shown(folder, item):
    rule, path, hops = item
    names = [os.path.relpath(path, folder / "archives"), *(name.decode("utf-8", "backslashreplace") for name in hops)]
    return f"`{rule}` `{'!'.join(names)}`".replace("|", "\\|")


def compare(program, folder, archives, kind):
    """A row, the differences, the gaps."""
    target = folder / "archives" / kind
    ours = by_sweeper(program, RULES, target)
    theirs = by_yara(RULES, archives)
    differences = [("missing", item) for item in sorted(theirs.found - ours.found)]
    differences += [("too much", item) for item in sorted(ours.found - theirs.found)]
    row = (f"| {len(archives)} {KINDS[kind]} | {sum(path.stat().st_size for path in archives):,} | {ours.members:,} | "
           f"{theirs.members:,} | {len(ours.found):,} | {len(theirs.found):,} | {len(differences)} |")
    return row, [(what, item, is_told(ours.gaps, *item[1:])) for what, item in differences], ours.gaps


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    rows, differences, gaps = [], [], []
    versions = []
    for kind, names in wanted().items():
        archives = [archive for archive in (precision.fetch(folder, kind, name) for name in names) if archive]
        if len(archives) < len(names):
            print(f"{kind}: {len(names) - len(archives)} could not be had", file=sys.stderr)
        row, different, told = compare(program, folder, archives, kind)
        rows.append(row)
        differences += different
        gaps += [(shown(folder, ("", *place)).removeprefix("`` "), text) for place, text in sorted(told.items())]
        versions.append(f"**{KINDS[kind]}**: " + ", ".join(archive.name for archive in archives) + ".")
    print(document(program, folder, rows, differences, gaps, versions))
    return 1 if any(not told for _, _, told in differences) else 0


def document(program, folder, rows, differences, gaps, versions):
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    lines = ["# Archives: the same answer as unpacking first", "",
             "Generated by `tests/tools/archive_equality.py SWEEPER FOLDER > docs/archive-equality.md`; do not edit. "
             f"Made on {datetime.date.today().isoformat()} with {version}. Real packages are swept as they are, and "
             "unpacked to any depth by other programs (`tests/tools/reference_unpack.py`), with `yara -r` over the result. "
             f"Rules: {', '.join(path.name for path in RULES)} of `tests/e2e/equality`.", "",
             "| what | bytes | members, sweeper | members, others | (rule, member), sweeper | yara | differences |",
             "|---|--:|--:|--:|--:|--:|--:|", *rows, "",
             "Members are counted differently where a gap is: the others leave out what they cannot read.", "", "## Differences", ""]
    lines += [f"- {what}: {shown(folder, item)}{' (a gap tells)' if told else ''}" for what, item, told in differences] or ["None."]
    if differences:
        lines += ["", "\"Too much\" with a gap is a member that the others do not give at all, or not in part: methods that no "
                  "library reads (the member is judged as what could be read of it), streams that are cut, the last level of "
                  "what is nested deeper than `--max-depth`."]
    lines += ["", "## Gaps", ""]
    lines += [f"- {place}: {text}" for place, text in gaps] or ["None."]
    return "\n".join([*lines, "", "## Packages", "", "\n\n".join(versions)])


if __name__ == "__main__":
    sys.exit(main())
