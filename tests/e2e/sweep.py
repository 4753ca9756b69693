# SPDX-License-Identifier: Apache-2.0
"""Runs the real executable and reads what it says.

Every run that goes through run() has each of its records checked against the
schema, whatever the test itself is about.
"""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import schema_check

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEPER = os.environ.get("SWEEPER", str(ROOT / "build/dev/sweeper"))
# Of FAULTY, where a crash is what is asked for: the sanitizers are not to report it.
QUIET = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:allocator_may_return_null=1:detect_leaks=0",
         "TSAN_OPTIONS": "handle_segv=0:handle_abort=0:allocator_may_return_null=1"}
FAULTY = os.environ.get("SWEEPER_FAULTY", str(ROOT / "build/dev/sweeper-faulty"))
CPUS = len(os.sched_getaffinity(0))
NOBODY = 65534

# "lean" leaves out what is slow: the set that runs under sanitizers.
LEAN = os.environ.get("SWEEPER_TEST_SET", "full") == "lean"
LONG = os.environ.get("SWEEPER_TEST_SET") == "long"

# In order of precedence: of several, the first one wins.
EXIT_USAGE = 64
EXIT_RULES = 65
EXIT_FAILED = 2
EXIT_INTERRUPTED = 130
EXIT_FINDINGS = 1
EXIT_GAPS = 3
EXIT_CLEAN = 0


def _sanitizer():
    try:
        text = subprocess.run(["ldd", SWEEPER], capture_output=True, text=True).stdout
    except OSError:
        return None
    return next((name for name in ("asan", "tsan") if f"lib{name}" in text), None)


SANITIZER = _sanitizer()
# Sanitizers make everything slower, and a busy machine may too.
PATIENCE = 10 if SANITIZER else 1


class Result:
    """One run: exit code, records of standard output, text of standard error."""

    def __init__(self, args, code, stdout, stderr, records, seconds):
        self.args = args
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
        self.records = records
        self.seconds = seconds

    def of(self, kind):
        return [record for record in self.records if record["type"] == kind]

    @property
    def findings(self):
        return self.of("finding")

    @property
    def gaps(self):
        return self.of("gap")

    @property
    def engine_deaths(self):
        return self.of("engine_death")

    @property
    def start(self):
        (record,) = self.of("sweep_start")
        return record

    @property
    def end(self):
        (record,) = self.of("sweep_end")
        return record

    def found(self):
        """{(rule, exact path)}; a rule that fires twice on one object is an error."""
        places = [(f["rule"]["name"], f["locator"]) for f in self.findings]
        assert len(places) == len(set(places)), "the same finding twice"
        return {(f["rule"]["name"], exact_path(f)) for f in self.findings}

    def found_paths(self):
        return {path for _, path in self.found()}

    def gap_reasons(self):
        """{exact path: reason}, for at most one gap a path."""
        pairs = [(exact_path(g), g["reason"]) for g in self.gaps]
        assert len(pairs) == len({path for path, _ in pairs}), f"two gaps for one path: {pairs}"
        return dict(pairs)

    def __str__(self):
        tail = "\n".join(self.stderr.splitlines()[-30:])
        return f"exit {self.code}: {' '.join(map(str, self.args))}\n{tail}"


def exact_path(record):
    """The path of a record as bytes, whatever is in it."""
    import base64

    thing = record["object"] if record.get("object") else record
    if "path_base64" in thing:
        return base64.b64decode(thing["path_base64"], validate=True)
    return unescape(thing["path"])


def unescape(text):
    r"""Undoes the escape of `path`: \xHH is a byte, everything else is itself."""
    raw = text.encode()
    out = bytearray()
    at = 0
    while at < len(raw):
        if raw[at : at + 2] == b"\\x":
            out.append(int(raw[at + 2 : at + 4], 16))
            at += 4
        else:
            out.append(raw[at])
            at += 1
    return bytes(out)


def parse_records(stdout):
    """JSON lines, checked: each line whole, strict JSON, no member twice."""

    def no_twins(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a member twice: {names}"
        return dict(pairs)

    assert stdout == b"" or stdout.endswith(b"\n"), "the last line is cut off"
    return [
        json.loads(line.decode("utf-8"), object_pairs_hook=no_twins)
        for line in stdout.splitlines()
    ]


def environment(extra=None, binary=None):
    env = dict(os.environ)
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    env.update(QUIET if binary == FAULTY else {})
    env.update(extra or {})
    return env


def run(args, binary=None, timeout=120, records=True, user=None, env=None, stdin=None, cwd=None,
        **keywords):
    """Runs the program with `args`. records: standard output is JSON lines,
    which are parsed and checked; False when it holds something else."""
    command = [binary or SWEEPER, *map(os.fspath, args)]
    if user is not None:
        keywords.update(user=user, group=user, extra_groups=[])
    begin = time.monotonic()
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=keywords.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        timeout=timeout * PATIENCE,
        env=environment(env, binary),
        cwd=cwd,
        **keywords,
    )
    return finish(command, done.returncode, done.stdout, done.stderr, records,
                  time.monotonic() - begin)


def finish(command, code, stdout, stderr, records, seconds):
    text = stderr.decode("utf-8", "backslashreplace")
    for word in ("Sanitizer", "runtime error:", "Assertion"):
        assert word not in text, text
    parsed = parse_records(stdout) if records and stdout is not None else []
    result = Result(command, code, stdout, text, parsed, seconds)
    if parsed:
        schema_check.check_report(parsed)
        assert result.end["exit_code"] == code, str(result)
    return result


def excluded(result):
    """What was left out by policy, by reason; reasons that did not occur are absent."""
    return {k: v for k, v in result.end["excluded"].items() if v}


def time_text(nanoseconds):
    """A time as records write it."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09}Z"


def scan(*args, **keywords):
    return run(["scan", *args], **keywords)


class Drain(threading.Thread):
    """Reads a pipe to its end, so that the writer never waits for us."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.data = b""
        self.start()

    def run(self):
        with self.pipe:
            self.data = self.pipe.read()


def start(args, binary=None, user=None, env=None, drain=True, **keywords):
    """The program in the background, both outputs piped; see end(). drain: read the
    pipes from the beginning, not only at the end."""
    command = [binary or SWEEPER, *map(os.fspath, args)]
    if user is not None:
        keywords.update(user=user, group=user, extra_groups=[])
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(env, binary), **keywords,
    )
    process.command = command
    process.begin = time.monotonic()
    process.drains = [Drain(process.stdout), Drain(process.stderr)] if drain else []
    return process


def end(process, timeout=120, records=True):
    """Waits for what start() started. Kills it, and fails, when it takes too long."""
    if not process.drains:
        process.drains = [Drain(process.stdout), Drain(process.stderr)]
    late = False
    try:
        process.wait(timeout=timeout * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        late = True
    for drain in process.drains:
        drain.join()
    stdout, stderr = (drain.data for drain in process.drains)
    assert not late, (f"did not end in time: {process.command}\n"
                      + stderr.decode(errors="replace")[-4000:])
    return finish(process.command, process.returncode, stdout, stderr, records,
                  time.monotonic() - process.begin)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def engine_of(process, timeout=20):
    """The process id of the engine: the program's only child, re-executed."""
    found = wait_for(lambda: [pid for pid in children(process.pid) if thread_count(pid) > 1],
                     timeout, "an engine with its workers")
    assert len(found) == 1, found
    return found[0]


def thread_count(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def wait_for(condition, timeout, what):
    """The first true value of condition(), asked every few milliseconds."""
    deadline = time.monotonic() + timeout * PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"no {what} within {timeout * PATIENCE} s")


def open_files(pid):
    """Paths that a process holds open."""
    paths = []
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                paths.append(os.readlink(f"/proc/{pid}/fd/{name}"))
            except OSError:
                pass
    except OSError:
        pass
    return paths


def signal_process(process, number):
    os.kill(process.pid, number)


SIGNALS = (signal.SIGINT, signal.SIGTERM)


def cpu_ticks(pid):
    """CPU time of a process with all its threads, in clock ticks."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def quiet(process, seconds=0.5):
    """True once neither process uses the CPU: what is left of the sweep stands still."""
    pids = [process.pid, *children(process.pid)]
    before = [cpu_ticks(pid) for pid in pids]
    time.sleep(seconds)
    return pids == [process.pid, *children(process.pid)] and before == [
        cpu_ticks(pid) for pid in pids]
