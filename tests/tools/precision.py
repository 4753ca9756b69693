#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the shipped rules say of software that is clean: makes docs/precision.md.

    precision.py SWEEPER FOLDER > docs/precision.md

Fetches what precision-packages.txt names by the ordinary clients (apt-get, npm,
pip, as they are configured) into FOLDER, unpacks it by dpkg-deb, tar and unzip,
sweeps that and /usr, and says what was found. What lies in FOLDER already is not
fetched again. Nothing that was fetched is run: no script of a package, no build.
Exit code 1 when anything of medium or above is found.
"""

import collections
import concurrent.futures
import datetime
import json
import pathlib
import subprocess
import sys

LIST = pathlib.Path(__file__).with_name("precision-packages.txt")
SEVERITIES = ("critical", "high", "medium", "low", "info")
FORGE = pathlib.Path(__file__).resolve().parents[1] / "forge/forge.py"
KINDS = {
    "deb": "Debian packages, with their maintainer scripts",
    "npm": "npm packages, below `node_modules`",
    "pypi": "Python wheels, below `site-packages`",
}


def wanted():
    """{kind: [name as the client takes it]}"""
    names = collections.defaultdict(list)
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name = line.split()
            names[kind].append(name)
    return names


# --- fetching ------------------------------------------------------------------------------------

FETCH = {
    "deb": lambda name: ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name],
    "npm": lambda name: ["npm", "pack", "--silent", "--ignore-scripts", name],
    # A source distribution is built when it is fetched: wheels only.
    "pypi": lambda name: ["pip", "download", "-q", "--no-deps", "--only-binary=:all:",
                          "--disable-pip-version-check", name],
}
ENDING = {"deb": ".deb", "npm": ".tgz", "pypi": ".whl"}


def archive_in(place, kind):
    return next((path for path in sorted(place.glob("*" + ENDING[kind]))), None)


def fetch(folder, kind, name):
    """The archive, None when it could not be had."""
    place = folder / "archives" / kind / name.replace("/", "+")
    place.mkdir(parents=True, exist_ok=True)
    if archive_in(place, kind) is None:
        done = subprocess.run(FETCH[kind](name), cwd=place, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{kind} {name}: {done.stderr.strip()[-200:]}", file=sys.stderr)
    return archive_in(place, kind)


# --- unpacking -----------------------------------------------------------------------------------


def version_of(kind, archive, place):
    if kind == "deb":
        return subprocess.run(["dpkg-deb", "-f", archive, "Version"], check=True,
                              capture_output=True, text=True).stdout.strip()
    if kind == "npm":
        return json.loads((place / "package.json").read_text())["version"]
    return archive.name.split("-")[1]


def unpack(folder, kind, name, archive):
    """Where it would lie if it were installed, as far as that tells something."""
    name = name.partition("==")[0]
    place = folder / "tree" / kind / name
    if kind == "npm":
        place = folder / "tree/npm/node_modules" / name
    if kind == "pypi":
        place = place / "site-packages"
    if place.exists():
        return place
    place.mkdir(parents=True)
    if kind == "deb":
        command = ["dpkg-deb", "-R", archive, place]
    elif kind == "npm":
        command = ["tar", "-xzf", archive, "-C", place, "--strip-components=1"]
    else:
        command = ["unzip", "-q", "-o", archive, "-d", place]
    subprocess.run(command, check=True)
    return place


# --- sweeping ------------------------------------------------------------------------------------


def sweep(program, target):
    done = subprocess.run([program, "scan", "--exposure", "off", "-o", "jsonl", target],
                          stdout=subprocess.PIPE)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{target}: exit {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def first(records, kind):
    return next(record for record in records if record["type"] == kind)


def row(title, records):
    end = first(records, "sweep_end")
    counts = collections.Counter(r["severity"] for r in records if r["type"] == "finding")
    gaps = sum(r["type"] == "gap" for r in records)
    cells = [title, f"{end['objects']['scanned']:,}", f"{end['bytes']:,}",
             *(str(counts[severity]) for severity in SEVERITIES), str(gaps)]
    return "| " + " | ".join(cells) + " |"


def finding_rows(folder, records):
    for record in records:
        if record["type"] != "finding":
            continue
        locator = record["locator"].removeprefix(f"{folder}/tree/").replace("|", "\\|")
        why = record["rule"]["meta"].get("title") or record["rule"]["meta"].get("description", "")
        yield (SEVERITIES.index(record["severity"]),
               f"| {record['severity']} | {record['rule_severity']} | `{record['rule']['name']}` | "
               f"`{locator}` | {why} {record['severity_reason']} |")


def gap_lines(folder, sweeps):
    for records in sweeps.values():
        for record in records:
            if record["type"] == "gap":
                locator = record["locator"].removeprefix(f"{folder}/tree/")
                yield f"- `{locator}`: {record['reason']}, {record['detail']}"


def report(folder, sweeps, versions, control):
    start = first(next(iter(sweeps.values())), "sweep_start")
    print("# Precision: what the shipped rules say of clean software\n")
    print("Generated by `tests/tools/precision.py SWEEPER FOLDER > docs/precision.md`; do not edit. Swept")
    print(f"on {datetime.date.today()} with `--exposure off`: sweeper {start['version']}, "
          f"{start['ruleset']['rules']} rules,")
    print(f"ruleset `{start['ruleset']['digest']}`. The bar: nothing of medium or above.\n")
    print("| what | objects | bytes | " + " | ".join(SEVERITIES) + " | gaps |")
    print("|---|" + "--:|" * (len(SEVERITIES) + 3))
    for title, records in [*sweeps.items(), ("forged samples", control)]:
        print(row(title, records))
    print("\nThe last row is the control: the forged samples of `tests/forge`, swept in the same way.")
    rows = sorted(line for records in sweeps.values() for line in finding_rows(folder, records))
    print("\n## Findings\n")
    if rows:
        print("| severity | of the rule | rule | where | why |\n|---|---|---|---|---|")
        print("\n".join(line for _, line in rows))
    else:
        print("None.")
    print("\n## Gaps\n")
    print("\n".join(gap_lines(folder, sweeps)) or "None.")
    print("\n## Versions\n")
    print("What was swept besides `/usr`, as `tests/tools/precision-packages.txt` names it.\n")
    for kind, title in KINDS.items():
        print(f"**{title}**: " + ", ".join(f"{name} {version}"
                                           for name, version in versions[kind]) + ".\n")


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    versions, missing = {}, []
    for kind, names in wanted().items():
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            archives = list(pool.map(lambda name: fetch(folder, kind, name), names))
        missing += [f"{kind} {name}" for name, got in zip(names, archives) if got is None]
        versions[kind] = []
        for name, archive in zip(names, archives):
            if archive is not None:
                place = unpack(folder, kind, name, archive)
                versions[kind].append((name.partition("==")[0], version_of(kind, archive, place)))
    if missing:
        sys.exit("could not be had, take others: " + ", ".join(missing))
    sweeps = {f"{len(versions[kind])} {title}": sweep(program, folder / "tree" / kind)
              for kind, title in KINDS.items()}
    sweeps["`/usr` of the machine"] = sweep(program, pathlib.Path("/usr"))
    subprocess.run([sys.executable, FORGE, folder / "control"], check=True,
                   stdout=subprocess.DEVNULL)
    report(folder, sweeps, versions, sweep(program, folder / "control"))
    bad = sum(record["type"] == "finding" and record["severity"] in SEVERITIES[:3]
              for records in sweeps.values() for record in records)
    if bad:
        sys.exit(f"{bad} findings of medium or above")


if __name__ == "__main__":
    main()
