#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares sweeper with the tools that do parts of its work, on this machine's
own files, and prints a Markdown table of ratios.

Each comparison runs the two in turn (A B A B ...) with a warm cache and takes
medians. Before anything is timed, sweeper's matches are compared with yara's:
a fast wrong answer is not an answer.

    bench.py [--sweeper FILE] [--top DIR] [--pairs N | --quick] [--foreign PATH]...
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CPUS = len(os.sched_getaffinity(0))
MIB = 1024 * 1024
SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- rules to measure with --------------------------------------------------------------------

BUILT_IN = sorted((ROOT / "rules/yara").rglob("*.yar"))

# Rules may ask for an object's name and kind, which yara(1) has to be told; it then has one
# value for all files, so that only rules that do not ask can be compared.
EXTERNALS = [word for name in ("filename", "filepath", "extension", "filetype", "owner", "mode")
             for word in ("-d", f"{name}={0 if name == 'mode' else ''}")]


def same_everywhere(paths):
    """Those that yara(1) compiles without being told anything."""
    return [path for path in paths
            if subprocess.run(["yara", "-w", path, os.devnull], **SILENT).returncode == 0]


COMMON = ["GET ", "File", "open", "exec", "http", "read", "POST ", "user", "name", "temp"]


def hot_rules():
    """Like many public sets: common strings beside a rare one. Nearly every object has a
    string of some rule, hardly any satisfies a condition."""
    return "\n".join(
        f'rule hot_{n} {{ strings: $a = "{COMMON[n % 10]}" $b = "{COMMON[(n * 3 + 1) % 10]}x" '
        f'$c = "rare-{n * 7919:06}-needle" condition: all of them }}' for n in range(60))


def cold_rules():
    """Names and constants of particular programs: what a well-made set is made of."""
    kinds = ['"implant-{n:04}-config"', '"Mutex{n:05}Global" wide ascii',
             '{{ 6A {n:02X} 68 FA CE B0 0C 5? 8B [2-6] C3 CC }}', '/beacon-{n:03}[a-f0-9]{{8}}/',
             '"campaign-{n:03}.invalid" nocase', '"loader{n:04}stage" xor']
    rules = []
    for n in range(60):
        string = kinds[n % len(kinds)].format(n=n)
        rules.append(f"rule cold_{n} {{ strings: $a = {string} condition: $a }}")
    return "\n".join(rules)


def literals(paths):
    """The plain text strings of rule files, for ripgrep: escapes undone."""
    found = []
    for path in paths:
        for text, modifiers in re.findall(r'^\s*\$\w*\s*=\s*"((?:[^"\\]|\\.)*)"(.*)$',
                                          path.read_text(), re.MULTILINE):
            if "base64" not in modifiers and "xor" not in modifiers:
                data = re.sub(r"\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text)
                data = data.replace('\\"', '"').replace("\\\\", "\\")
                # One pattern a line: an empty one would match everything at once.
                if data and not re.search(r"[\n\r\0]", data):
                    found.append(data)
    return sorted(set(found))


# --- running ----------------------------------------------------------------------------------


def seconds(command, stdin=None):
    """Wall-clock time of one run. Exit codes of searchers (0 and 1) and of sweeps with
    gaps (3) are fine; everything else is not."""
    with open(stdin, "rb") if stdin else open(os.devnull, "rb") as source:
        begin = time.monotonic()
        done = subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        took = time.monotonic() - begin
    if done.returncode not in (0, 1, 3, 123):
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr[-400:]}")
    return took


class Bench:
    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.top = options.top
        self.sweeper = options.sweeper
        self.rows = []
        self.list = place / "list"
        with open(self.list, "wb") as file:
            subprocess.run(["find", self.top, "-xdev", "-type", "f", "-print0"], stdout=file,
                           check=True)

    def scan(self, *arguments, threads=CPUS, rules=None, target=None, archives=False):
        """None of the others opens archives: what is compared with them does not either."""
        chosen = [] if archives else ["--no-archives"]
        if rules is not None:
            chosen.append("--no-builtin-rules")
            for path in rules:
                chosen += ["--rules", str(path)]
        return [self.sweeper, "scan", "-j", str(threads), "--fail-on", "never", "--progress",
                "never", *chosen, *arguments, str(target or self.top)]

    def yara(self, *arguments, rules=None, target=None):
        return ["yara", "-w", "-N", "-r", "-p", str(CPUS), *EXTERNALS, *arguments,
                *(f"{'n%d' % n}:{path}" for n, path in enumerate(rules or BUILT_IN)),
                str(target or self.top)]

    def pairs(self, ours, theirs, stdin=None):
        """Medians of both, in turn, after one run of each to warm up."""
        seconds(ours)
        seconds(theirs, stdin)
        a, b = [], []
        for _ in range(self.options.pairs):
            a.append(seconds(ours))
            b.append(seconds(theirs, stdin))
        return statistics.median(a), statistics.median(b)

    def row(self, what, bar, value, met, detail):
        self.rows.append((what, bar, value, "yes" if met else "NO", detail))
        say(f"  {what}: {value} ({detail}) - {'met' if met else 'NOT MET'}")

    # --- one comparison each

    def against_yara(self):
        ours, theirs = self.pairs(self.scan(), self.yara())
        ratio = theirs / ours
        self.row(f"clean tree, archives off, vs `yara -r -p {CPUS}`, same rules", "at least 10x faster",
                 f"{ratio:.1f}x faster", ratio >= 10, f"{ours:.2f} s, yara {theirs:.2f} s")

    def against_cat(self):
        ours, theirs = self.pairs(self.scan(), ["xargs", "-0", "cat"], self.list)
        ratio = ours / theirs
        self.row("the same vs `cat` of every file", "at most 1.3x", f"{ratio:.2f}x", ratio <= 1.3,
                 f"{ours:.2f} s, cat {theirs:.2f} s")

    def against_ripgrep(self):
        words = self.place / "literals"
        words.write_text("\n".join(literals(BUILT_IN)) + "\n")
        rg = ["rg", "-uuu", "--no-messages", "--no-mmap", "-j", str(CPUS), "-l", "-F", "-f",
              str(words), self.top]
        ours, theirs = self.pairs(self.scan(), rg)
        self.row("the same vs `rg -F` with the ruleset's literals", "faster",
                 f"{theirs / ours:.1f}x faster", ours < theirs,
                 f"{ours:.2f} s, rg {theirs:.2f} s")

    def threads(self):
        two, one = self.pairs(self.scan(threads=2), self.scan(threads=1))
        if CPUS < 2:
            say("  one CPU: threads are not compared")
            return
        self.row("2 threads vs 1", "at least 1.8x", f"{one / two:.2f}x", one / two >= 1.8,
                 f"{two:.2f} s, 1 thread {one:.2f} s")

    def share(self):
        end = self.end_of(self.scan())
        full, whole = end["full_scans"]["bytes"], max(end["bytes"], 1)
        share = 100 * full / whole
        self.row("clean bytes that reach a full libyara scan, shipped rules", "under 1.5%",
                 f"{share:.2f}%", share < 1.5,
                 f"{full / MIB:.1f} MiB of {whole / MIB:.0f} MiB")

    def foreign(self, name, rules):
        """Other people's rules: the bar depends on how many bytes their strings hit."""
        end = self.end_of(self.scan(rules=rules))
        share = 100 * end["full_scans"]["bytes"] / max(end["bytes"], 1)
        ours, theirs = self.pairs(self.scan(rules=rules), self.yara(rules=rules))
        ratio = ours / theirs
        detail = f"{ours:.2f} s, yara {theirs:.2f} s; {share:.1f}% of bytes scanned in full"
        if share < 5:
            self.row(f"foreign rules ({name}) vs `yara`", "at least 3x faster",
                     f"{1 / ratio:.1f}x faster", ratio <= 1 / 3, detail)
        else:
            self.row(f"foreign rules ({name}) vs `yara`", "at most 1.1x the time",
                     f"{ratio:.2f}x", ratio <= 1.1, detail)

    def memory(self, name, command):
        peak = self.peak(command)
        self.row(f"peak memory, {name}", "at most 200 MiB", f"{peak / MIB:.0f} MiB",
                 peak <= 200 * MIB, "RssAnon + RssShmem of both processes, every 10 ms")

    # --- helpers

    def end_of(self, command):
        done = subprocess.run(command, capture_output=True)
        return json.loads(done.stdout.splitlines()[-1])

    @staticmethod
    def private(pid):
        total = 0
        try:
            for line in open(f"/proc/{pid}/status"):
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
        return total

    def peak(self, command):
        process = subprocess.Popen(command, **SILENT)
        peak = 0
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                    children = file.read().split()
            except OSError:
                children = []
            peak = max(peak, sum(map(self.private, [process.pid, *children])))
            time.sleep(0.01)
        return peak

    # --- the same answer

    def check(self, name, rules, target):
        """Ends the program unless sweeper and yara agree on every match. yara looks neither
        into layers of base64 nor for indicators; what is timed does both."""
        say(f"  comparing answers: {name}")
        ours, theirs = set(), set()
        for option in ([], ["--no-prefilter"]):
            ours.clear()
            done = subprocess.run(self.scan("--no-decode", "--max-matches", "1000000", *option,
                                            rules=rules, target=target),
                                  capture_output=True)
            for line in done.stdout.splitlines():
                record = json.loads(line)
                if record["type"] == "finding":
                    key = (record["rule"]["name"], record["object"]["path"])
                    ours.add(key)
                    ours |= {(*key, m["pattern"], m["offset"]) for m in record["matches"]}
            theirs = self.ask_yara(rules, target)
            if ours != theirs:
                raise SystemExit(f"answers differ ({name}, {option}): "
                                 f"{sorted(map(str, ours ^ theirs))[:10]}")
        return len(theirs)

    def ask_yara(self, rules, target):
        done = subprocess.run(self.yara("-s", rules=rules, target=target), capture_output=True)
        answer, key = set(), None
        for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
            match = re.match(r"^0x([0-9a-f]+):(\$\w*): ", line)
            if match:
                answer.add((*key, match[2], int(match[1], 16)))
            else:
                key = tuple(line.split(" ", 1))
                answer.add(key)
        return answer


def need(script, tools, sweeper):
    """What a benchmark cannot do without."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise SystemExit(f"{script}: {tool} is missing (./bootstrap test installs it)")
    if not os.access(sweeper, os.X_OK):
        raise SystemExit(f"{script}: {sweeper} is missing (./bootstrap run builds it)")


def table(rows):
    """Prints the rows, and tells whether every bar was met."""
    print("| what | bar | measured | met | detail |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    return all(row[3] == "yes" for row in rows)


def machine():
    model = "unknown"
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{model}, {CPUS} CPUs, {memory:.0f} GiB, Linux {platform.release()}"


def versions(sweeper):
    lines = []
    for command in ([sweeper, "--version"], ["yara", "--version"], ["rg", "--version"]):
        done = subprocess.run(command, capture_output=True, text=True)
        lines.append(pathlib.Path(command[0]).name + " " + done.stdout.split("\n")[0].split()[-1]
                     if command[0] != "rg" else "ripgrep " + done.stdout.split()[1])
    return ", ".join(lines)


def million(place):
    tree = place / "million"
    for number in range(1000):
        path = tree / f"{number:03}"
        path.mkdir(parents=True)
        handle = os.open(path, os.O_RDONLY)
        for entry in range(1000):
            os.mknod(f"{entry:03}", dir_fd=handle)
        os.close(handle)
    return tree


def run(options, place):
    bench = Bench(options, place)
    files = bench.list.read_bytes().count(b"\0")
    end = bench.end_of(bench.scan())
    (place / "hot.yar").write_text(hot_rules())
    (place / "cold.yar").write_text(cold_rules())
    foreign = [("common strings", [place / "hot.yar"]), ("particular strings", [place / "cold.yar"])]
    if options.shipped_only:
        foreign = []
    foreign += [(path.name, sorted(path.rglob("*.yar")) if path.is_dir() else [path])
                for path in map(pathlib.Path, options.foreign)]
    samples = place / "samples"
    subprocess.run([sys.executable, ROOT / "tests/forge/forge.py", samples], check=True)
    comparable = same_everywhere(BUILT_IN)
    matches = bench.check("shipped rules, forged samples", comparable, samples)
    if matches == 0:
        raise SystemExit("the samples hold nothing to find: equality would prove nothing")
    bench.check("shipped rules, the tree", comparable, options.top)
    for name, rules in foreign:
        bench.check(f"foreign rules: {name}", rules, options.top)
    say("measuring")
    bench.against_yara()
    bench.against_cat()
    bench.against_ripgrep()
    bench.threads()
    bench.share()
    for name, rules in foreign:
        bench.foreign(name, rules)
    bench.memory(f"{options.top}, archives on, 2 threads", bench.scan(threads=2, archives=True))
    if not options.quick and not options.shipped_only:
        bench.memory("1,000,000 empty files", bench.scan(target=million(place)))
    return report(options, bench, files, end)


def report(options, bench, files, end):
    print(f"Measured on {datetime.date.today().isoformat()}: {machine()}; "
          f"{versions(options.sweeper)}.")
    print(f"Tree: `{options.top}`, {files:,} files, {end['bytes'] / 1024**3:.2f} GiB, warm cache; "
          f"medians of {options.pairs} pairs, in turn. Sweeper's matches equal yara's for every "
          "set of rules, with and without the prefilter.")
    print()
    return table(bench.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    default = next((ROOT / f"build/{name}/sweeper" for name in ("run", "release")
                    if (ROOT / f"build/{name}/sweeper").exists()), ROOT / "build/run/sweeper")
    parser.add_argument("--sweeper", default=os.environ.get("SWEEPER", str(default)),
                        help="the executable (a release build)")
    parser.add_argument("--top", default="/usr", help="the tree to sweep (default /usr)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each tool (default 5)")
    parser.add_argument("--quick", action="store_true", help="two pairs, no million files")
    parser.add_argument("--shipped-only", action="store_true",
                        help="the rows of the shipped rules on the tree; a third of the time")
    parser.add_argument("--foreign", action="append", default=[], metavar="PATH",
                        help="other people's rules: a file or a directory, repeatable")
    options = parser.parse_args()
    if options.quick:
        options.pairs = 2
    need("bench.py", ("yara", "rg", "find", "xargs", "cat"), options.sweeper)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
    try:
        return 0 if run(options, place) else 1
    finally:
        subprocess.run(["rm", "-rf", place])


if __name__ == "__main__":
    sys.exit(main())
