# SPDX-License-Identifier: Apache-2.0
"""Reports as evidence: whose case they are, their hashes, where times come from,
and `sweeper report`. Compared with sha256sum, mactime and stat."""

import bz2
import csv
import hashlib
import io
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import tarfile
import zipfile

import pytest
import schema_check
import sweep
from conftest import CANARY
from sweep import EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, EXIT_USAGE

CASE = ["--case", "2026-117 |b", "--evidence", "E 3\n", "--examiner", "J. R\u00f6e"]
SAID = {"case_number": "2026-117 |b", "evidence_number": "E 3\\x0a", "examiner_name": "J. R\u00f6e"}
NOW = 1_700_000_000


def report(*args, **keywords):
    return sweep.run(["report", *args], records=False, **keywords)


def sums_are_good(directory, *names):
    done = subprocess.run(["sha256sum", "-c", "--strict", "--", *names], cwd=directory, capture_output=True)
    return done.returncode == 0


@pytest.fixture
def sown(tree):
    """Two findings, of which one in a tar, a gap, and an incident."""
    (tree / "bad.py").write_bytes(CANARY)
    with tarfile.open(tree / "sdist.tgz", "w:gz") as tar:
        tar.add(tree / "bad.py", "pkg/bad.py")
    (tree / "large").write_bytes(b"." * 40_000)
    return tree


@pytest.fixture
def written(sown, scan, place):
    """A report in both formats."""
    scan("--max-file-size", "20K", *CASE, "-o", f"jsonl={place / 'r.jsonl'}", "-o", f"json={place / 'r.json'}",
         sown, records=False)
    return place


# --- whose case ---------------------------------------------------------------------------------


def test_every_format_says_whose_case_it_is(sown, scan, place):
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(os.fspath(place / "log"))
    log.settimeout(10)
    outputs = [f"{form}={place / form}" for form in ("json", "text", "sarif")] + [f"syslog={place / 'log'}"]
    result = scan("-o", "jsonl", *(word for output in outputs for word in ("-o", output)), *CASE, sown)
    assert result.of("sweep_start")[0]["case"] == SAID
    document = json.loads((place / "json").read_text())
    schema_check.check_records(document["records"])
    assert document["records"][0]["case"] == SAID
    text = (place / "text").read_text().splitlines()
    for name, said in zip(("case", "evidence", "examiner"), SAID.values()):
        assert f"{name:10}{said}" in text
    run = json.loads((place / "sarif").read_text())["runs"][0]
    assert run["invocations"][0]["properties"]["case"] == SAID
    message = log.recv(65536).decode()
    assert 'case_number="2026-117 |b" evidence_number="E 3\\\\x0a" examiner_name="J. R\u00f6e"' in message
    log.close()
    assert "case" not in scan(sown).of("sweep_start")[0]


# --- hashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "back\\slash", "new\nline", "car\rriage", "-", " two  blanks"])
def test_sha256sum_reads_what_lies_beside_a_report(sown, scan, place, name):
    out = place / "out"
    out.mkdir()
    form = {"plain": "text", "back\\slash": "sarif", "new\nline": "json"}.get(name, "jsonl")
    result = scan("--case", "1", "-o", f"{form}={out}/{name}", sown, records=False)
    assert result.code == EXIT_FINDINGS
    assert sorted(os.listdir(out)) == sorted([name, name + ".sha256"])
    assert sums_are_good(out, f"./{name}.sha256")
    (out / name).write_bytes((out / name).read_bytes()[:-1])
    assert not sums_are_good(out, f"./{name}.sha256")


def test_when_a_hash_is_written(sown, scan, place):
    out = place / "out"
    out.mkdir()
    for options, there in ([], False), (["--examiner", "x"], True), (["--report-hash", "always"], True), (
            ["--report-hash", "never", "--case", "1"], False):
        scan(*options, "-o", f"jsonl={out / 'r'}", "-o", "text=/dev/null", sown, records=False)
        assert (out / "r.sha256").exists() == there
        (out / "r.sha256").unlink(missing_ok=True)
    # Where no name is, nothing lies beside it.
    with open(out / "piped", "wb") as piped:
        assert scan("--case", "1", sown, records=False, stdout=piped).code == EXIT_FINDINGS
    assert sorted(os.listdir(out)) == ["piped", "r"]
    assert not os.path.exists("/dev/null.sha256")


def test_the_hash_is_no_object_of_the_sweep(sown, scan):
    for _ in range(2):
        result = scan("--case", "1", "-o", f"json={sown / 'r'}", "-o", f"jsonl={sown / 's'}", "-o", "jsonl", sown)
        assert result.end["objects"]["scanned"] == 3
        assert sums_are_good(sown, "r.sha256", "s.sha256")


def test_two_outputs_may_not_share_the_hash_file(sown, scan, place):
    out = place / "out"
    out.mkdir()
    for outputs in (("json=r", "text=r.sha256"), ("text=r.sha256", "json=r"), ("jsonl=r.sha256", "jsonl=r")):
        words = [word for output in outputs for word in ("-o", output)]
        result = scan("--case", "1", *words, sown, records=False, cwd=out)
        assert result.code == EXIT_FAILED and ("same file" in result.stderr or "another output" in result.stderr)
        for name in os.listdir(out):
            (out / name).unlink()


def limit_files(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_report_that_failed_has_no_hash(sown, scan, place, form):
    """A document stays as it was, with its hash; a stream is overwritten, and its hash is gone."""
    out = place / "r"
    for number in range(120):
        (sown / f"more-{number}").write_bytes(CANARY)
    scan("--case", "1", "-o", f"{form}={out}", sown, records=False)
    before = out.read_bytes()
    assert len(before) > 100_000
    result = scan("--case", "1", "-o", f"{form}={out}", sown, records=False, preexec_fn=limit_files(90_000))
    assert result.code == EXIT_FAILED and "cannot write" in result.stderr
    assert not list(place.glob("*.partial"))
    if form == "json":
        assert out.read_bytes() == before and sums_are_good(place, "r.sha256")
    else:
        assert out.read_bytes() != before and not (place / "r.sha256").exists()


def test_a_hash_that_cannot_be_written_is_exit_2(sown, scan, place):
    (place / "r.sha256").mkdir()
    result = scan("--case", "1", "-o", f"json={place / 'r'}", sown, records=False)
    assert result.code == EXIT_FAILED and "r.sha256" in result.stderr


def hash_before(data):
    before = data[:data.rindex(b',"report":{')]
    return {"bytes": len(before), "sha256": hashlib.sha256(before).hexdigest()}


def test_the_last_record_has_the_hash_of_what_stands_before_it(written):
    for name, behind in ("r.jsonl", 1), ("r.json", 2):
        data = (written / name).read_bytes()
        end = json.loads(data.splitlines()[-behind])
        assert end["report"] == hash_before(data) and list(end)[-1] == "report"
        assert data.endswith(b"}}\n" if behind == 1 else b"}}\n]}\n")


def test_the_hash_is_right_on_a_pipe_too(sown, scan):
    result = scan(sown)
    assert result.end["report"] == hash_before(result.stdout)


# --- report --verify ----------------------------------------------------------------------------


def test_whole_reports_are_good(written):
    result = report("--verify", written / "r.jsonl", written / "r.json")
    assert result.code == EXIT_CLEAN and result.stderr == ""
    lines = result.stdout.decode().splitlines()
    assert len(lines) == 2
    for name, line in zip(("r.jsonl", "r.json"), lines):
        data = (written / name).read_bytes()
        assert line.startswith(f"{written / name}: whole: ")
        assert line.endswith(f"{len(data)} bytes, sha256:{hashlib.sha256(data).hexdigest()}")
    with open(written / "r.jsonl", "rb") as file:
        assert report("--verify", "-", stdin=file).code == EXIT_CLEAN


def test_a_report_with_a_death_is_good(tree, place, rules):
    (tree / "a").write_bytes(CANARY)
    (tree / "crash").write_bytes(b"SWEEPER-FAULT:abort\n")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-o", f"jsonl={place / 'r'}", tree,
                        binary=sweep.FAULTY, records=False, env=sweep.QUIET)
    records = sweep.parse_records((place / "r").read_bytes())
    assert any(record["type"] == "engine_death" for record in records), result.stderr
    assert report("--verify", place / "r").code == EXIT_CLEAN


def test_findings_that_somebody_answers_for_are_not_counted(sown, scan, place):
    (finding, *_) = [f for f in scan(sown).findings if f["locator"].endswith("/bad.py")]
    (place / "suppress.json").write_text(json.dumps({"schema": "1.0", "suppressions": [
        {"id": "ours", "rule": "Canary", "reason": "a test", "until": "2999-01-01",
         "sha256": finding["object"]["sha256"]}]}))
    result = scan("--suppress", place / "suppress.json", "--show-suppressed", "-o", f"jsonl={place / 'r'}", sown,
                  records=False)
    assert b'"suppressed":{"reason"' in (place / "r").read_bytes(), result.stderr
    assert report("--verify", place / "r").code == EXIT_CLEAN


def told(place, data, says=None, name="changed"):
    path = place / name
    path.write_bytes(data)
    result = report("--verify", path)
    assert result.code == EXIT_FINDINGS, (data[-300:], result.stdout)
    if says is not None:
        assert says in result.stdout.decode() + result.stderr, (says, result.stdout, result.stderr)
    return result


@pytest.mark.parametrize("name", ["r.jsonl", "r.json"])
def test_a_report_that_was_cut_is_told(written, name):
    data = (written / name).read_bytes()
    lines = data.splitlines(keepends=True)
    ends = {len(b"".join(lines[:count])) for count in range(len(lines))}
    inside = {random.Random(name).randrange(1, len(data)) for _ in range(12)}
    for size in sorted(ends | inside | {len(data) - 1}):
        told(written, data[:size])


@pytest.mark.parametrize("name", ["r.jsonl", "r.json"])
def test_a_report_that_was_changed_is_told(written, name):
    data = (written / name).read_bytes()
    choose = random.Random(name + "changed")
    for _ in range(30):
        at = choose.randrange(len(data))
        told(written, data[:at] + bytes([data[at] ^ 1 << choose.randrange(7)]) + data[at + 1:])
    lines = data.splitlines(keepends=True)
    finding = next(i for i, line in enumerate(lines) if b'"finding"' in line)
    told(written, b"".join(lines[:finding] + lines[finding + 1:]), "counts 2 in findings.high, and 1 are there")
    told(written, b"".join(lines[:finding + 1] + lines[finding:]), "counts 2 in findings.high, and 3 are there")
    told(written, b"".join(lines[:1] + lines[2:3] + lines[1:2] + lines[3:]), "are not those that were written")
    told(written, data + lines[finding], "is behind")
    told(written, data + data)
    told(written, data.replace(b"}}\n", b"}},\n" if b"]}" in lines[-1][:2] else b"}} \n"))


def resealed(records):
    """What somebody writes who knows how the hash in sweep_end comes about."""
    end = {name: value for name, value in records[-1].items() if name != "report"}
    before = b"\n".join(json.dumps(record).encode() for record in [*records[:-1], end])[:-1]
    seal = {"report": {"bytes": len(before), "sha256": hashlib.sha256(before).hexdigest()}}
    return before + b"," + json.dumps(seal, separators=(",", ":")).encode()[1:] + b"\n"


def test_counts_and_forms_are_checked_behind_a_hash_that_fits(written):
    records = sweep.parse_records((written / "r.jsonl").read_bytes())
    kinds = [record["type"] for record in records]
    at = {kind: kinds.index(kind) for kind in kinds}
    path = written / "same"
    path.write_bytes(resealed(records))
    assert report("--verify", path).code == EXIT_CLEAN

    def changed(kind, **members):
        row = {name: value for name, value in {**records[at[kind]], **members}.items() if value is not None}
        return resealed([*records[:at[kind]], row, *records[at[kind] + 1:]])

    told(written, changed("finding", severity="low"), "findings.high, and 1 are there")
    told(written, changed("finding", severity="grim"), "a severity that is not known")
    told(written, changed("gap", reason="timeout"), "counts 0 in gaps.timeout, and 1 are there")
    told(written, changed("gap", reason="boredom"), "a reason that is not known")
    told(written, changed("incident", verdict="executed"), "incidents.executed, and 1 are there")
    told(written, changed("sweep_end", engine_deaths=3), "counts 3 engine_deaths")
    told(written, changed("sweep_end", findings=None), 'without a proper "findings"')
    told(written, changed("finding", locator=None), 'without a proper "locator"')
    told(written, changed("sweep_start", schema="2.0"), "a version of the schema that is not known")
    told(written, changed("root", type="package"), "its type is not known")
    told(written, resealed([*records[1:2], *records[:1], *records[2:]]), "is not the first record")
    told(written, resealed([records[0], *records]), "another sweep_start")
    told(written, resealed(records[1:]), "has no sweep_start")
    told(written, b"".join(json.dumps(record).encode() + b"\n" for record in records[:-1]), "has no sweep_end")
    unhashed = {name: value for name, value in records[-1].items() if name != "report"}
    told(written, b"".join(json.dumps(record).encode() + b"\n" for record in [*records[:-1], unhashed]),
         "has no hash")


def test_every_type_of_the_schema_is_known(place):
    golden = json.loads((sweep.ROOT / "tests/golden/records.json").read_text())
    schema = json.loads((sweep.ROOT / "docs/schema/record-1.0.schema.json").read_text())
    assert {record["type"] for record in golden} == {row["$ref"].rpartition("/")[2] for row in schema["oneOf"]}
    (place / "r").write_text("".join(json.dumps(record) + "\n" for record in golden))
    said = report("--verify", place / "r").stdout.decode()
    assert "not known" not in said and "without a proper" not in said, said


def test_the_hash_file_beside_it_is_asked(written):
    """Who edits a report and computes its inner hash anew forgets, or cannot reach, the other one."""
    records = sweep.parse_records((written / "r.jsonl").read_bytes())
    records[0]["case"]["examiner_name"] = "Mallory"
    sums = (written / "r.jsonl.sha256").read_bytes()
    (written / "changed.sha256").write_bytes(sums)
    told(written, resealed(records), "is not what the .sha256 file beside it is of")
    (written / "changed.sha256").write_bytes(b"")
    told(written, (written / "r.jsonl").read_bytes(), "beside it")


def test_what_is_no_report(written):
    for data in (b"\x7fELF\x02" * 100, b"hello\n", b"[]\n", b'{"type":"package"}\n', b"\n",
                 b'{"schema":"2.0","records":[\n]}\n'):
        told(written, data, "is no report", name="other")
    told(written, b"", "has no sweep_start", name="other")
    missing = report("--verify", written / "missing", written / "r.json")
    assert missing.code == EXIT_FAILED and "missing" in missing.stderr and b"r.json: whole" in missing.stdout
    assert report("--verify", written).code == EXIT_FAILED
    for arguments in ([], ["--verify"], [written / "r.json"], ["--verify", "--timeline="], ["--rules", "x"]):
        assert report(*arguments).code == EXIT_USAGE, arguments


def test_a_hostile_name_does_not_reach_the_terminal(written):
    path = written / "x\x1b[2J\ny"
    path.write_bytes(b'{"type":"root"}\n')
    assert b"\x1b" not in report("--verify", path).stdout


# --- report --timeline --------------------------------------------------------------------------


NAMES = ["plain.py", "a|b.py", "c\nd.py", "e%7Cf.py", 'g",h.py', "i\\j.py", "k\u00f6.py", "l!m.py", " n .py"]


def mactime(path):
    done = subprocess.run(["mactime", "-b", path, "-d", "-y", "-z", "UTC"], capture_output=True, check=True)
    assert done.stderr == b""
    return list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "surrogateescape"))))


@pytest.mark.skipif(shutil.which("mactime") is None, reason="no mactime here")
def test_mactime_reads_the_timeline(tree, scan, place):
    for number, name in enumerate(NAMES):
        (tree / name).write_bytes(CANARY)
        os.utime(tree / name, (NOW + 100 + number, NOW + 200 + number))
    (tree / "clean").write_bytes(b"nothing")
    os.chmod(tree / "plain.py", 0o4751)
    facts = {name: os.stat(tree / name) for name in NAMES}
    result = scan("-o", "jsonl", "-o", f"json={place / 'r.json'}", tree)
    (place / "r.jsonl").write_bytes(result.stdout)
    done = report(place / "r.jsonl", f"--timeline={place / 'body'}")
    assert done.code == EXIT_CLEAN and done.stdout == b"" and done.stderr == ""
    body = (place / "body").read_text()
    assert sorted(body.splitlines()) == sorted(
        report(place / "r.json", "--timeline").stdout.decode().splitlines())
    rows = [line.split("|") for line in body.splitlines()]
    assert len(rows) == len(NAMES) and all(len(row) == 11 for row in rows)
    assert body.count("r/rrwsr-x--x") == 1
    locators = {finding["object"]["inode"]: finding["locator"] for finding in result.findings}
    seen = mactime(place / "body")
    for name, fact in facts.items():
        shown = f"{locators[fact.st_ino]} [high canary:Canary]"
        found = [row for row in seen if row["Meta"] == str(fact.st_ino)]
        assert {row["File Name"] for row in found} == {shown}, (name, found)
        assert {(row["UID"], row["GID"], row["Size"]) for row in found} == {
            (str(fact.st_uid), str(fact.st_gid), str(fact.st_size))}
        times = {letter: row["Date"] for row in found for letter in row["Type"] if letter != "."}
        for letter, seconds in ("a", NOW + 100), ("m", NOW + 200):
            assert times[letter] == sweep.time_text((seconds + NAMES.index(name)) * 10**9)[:19] + "Z"
        assert times["c"] == sweep.time_text(fact.st_ctime_ns)[:19] + "Z"


def test_the_timeline_of_a_member_has_its_own_times(tree, scan, place):
    with tarfile.open(tree / "x.tar", "w") as tar:
        entry = tarfile.TarInfo("pkg/a|b.py")
        entry.size, entry.mtime, entry.uid, entry.gid, entry.mode = len(CANARY), NOW, 1234, 77, 0o640
        tar.addfile(entry, io.BytesIO(CANARY))
    (place / "r").write_bytes(scan(tree).stdout)
    line = report("--timeline", place / "r").stdout.decode()
    lines = [row for row in line.splitlines() if "!pkg" in row]
    assert lines == [f"0|{tree}/x.tar!pkg/a%7Cb.py [high canary:Canary]|0|r/rrw-r-----|1234|77|{len(CANARY)}"
                     f"|0|{NOW}|0|0"]


def test_the_timeline_of_what_has_no_times_itself(tree, scan, place):
    """It has those of the file around it; but free space has not those of the image."""
    (tree / "x.bz2").write_bytes(bz2.compress(CANARY))
    os.utime(tree / "x.bz2", (NOW, NOW + 1))
    (place / "r").write_bytes(scan(tree).stdout)
    (line,) = [row for row in report("--timeline", place / "r").stdout.decode().splitlines() if "bz2" in row]
    fact = os.stat(tree / "x.bz2")
    assert line.split("|")[2] == str(fact.st_ino) and line.split("|")[6:9] == [str(len(CANARY)), str(NOW), str(NOW + 1)]


def test_a_forged_record_makes_no_line_of_its_own(written):
    records = sweep.parse_records((written / "r.jsonl").read_bytes())
    finding = next(record for record in records if record["type"] == "finding")
    for member, value in (("locator", "/x\n0|forged|1|r|0|0|0|1|1|1|1\n"), ("locator", 7), ("severity", "a|b\r"),
                          ("object", {"inode": "1|2", "uid": "x", "mode": "9", "mtime": "yesterday"}), ("chain", "x"),
                          ("object", []), ("rule", None)):
        (written / "forged").write_text(json.dumps({**finding, member: value}) + "\n")
        result = report("--timeline", written / "forged")
        assert result.code == EXIT_CLEAN
        assert [len(line.split(b"|")) for line in result.stdout.split(b"\n")] == [11, 1], result.stdout
        assert b"\r" not in result.stdout


def test_a_timeline_that_cannot_be_written(written):
    full = report(written / "r.jsonl", "--timeline=/dev/full")
    assert full.code == EXIT_FAILED and "No space left" in full.stderr
    with open("/dev/full", "wb") as out:
        assert report(written / "r.jsonl", "--timeline", stdout=out).code == EXIT_FAILED
        assert report(written / "r.jsonl", "--verify", stdout=out).code == EXIT_FAILED
    read_end, write_end = os.pipe()
    os.close(read_end)
    closed = report(written / "r.jsonl", "--timeline", stdout=write_end)
    os.close(write_end)
    assert closed.code == EXIT_FAILED
    before = (written / "r.jsonl").read_bytes()
    same = report(written / "r.jsonl", f"--timeline={written / 'r.jsonl'}")
    assert same.code == EXIT_FAILED and "overwrite" in same.stderr
    assert (written / "r.jsonl").read_bytes() == before
    (written / "body").write_text("old")
    limited = report(written / "r.jsonl", f"--timeline={written / 'body'}", preexec_fn=limit_files(10))
    assert limited.code == EXIT_FAILED and (written / "body").read_text() == "old"
    assert not list(written.glob("*.partial"))


def test_a_timeline_of_a_damaged_report_says_so(written):
    lines = (written / "r.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = b"{broken\n"
    (written / "damaged").write_bytes(b"".join(lines))
    result = report("--timeline", written / "damaged")
    assert result.code == EXIT_FINDINGS and "line 3 is not a JSON object" in result.stderr
    both = report("--timeline", "--verify", written / "r.jsonl")
    assert both.code == EXIT_CLEAN and "whole" in both.stderr and both.stdout.count(b"\n") == 2


# --- where times come from ----------------------------------------------------------------------


def test_times_of_a_file_are_those_before_it_was_read(tree, scan):
    path = tree / "bad"
    path.write_bytes(CANARY)
    os.utime(path, ns=(NOW * 10**9 + 1, (NOW + 5) * 10**9 + 123_456_789))
    fact = os.stat(path)
    for _ in range(2):
        (finding,) = scan(tree).findings
        thing = finding["object"]
        assert thing["atime"] == sweep.time_text(NOW * 10**9 + 1)
        assert thing["mtime"] == sweep.time_text((NOW + 5) * 10**9 + 123_456_789)
        assert thing["ctime"] == sweep.time_text(fact.st_ctime_ns)
    assert os.stat(path).st_atime_ns == NOW * 10**9 + 1
    kind = subprocess.run(["stat", "-f", "-c", "%T", tree], capture_output=True, text=True).stdout.strip()
    assert thing["times"]["zone"] == "utc"
    if kind == "ext2/ext3":
        assert thing["times"]["source"] in ("ext2", "ext3", "ext4")
    elif kind in ("tmpfs", "xfs", "btrfs"):
        assert thing["times"]["source"] == kind
        assert thing["times"]["resolution_ns"]["mtime"] == 1


def make_ext(image, folder, *options):
    subprocess.run(["mke2fs", "-q", "-F", *options, "-d", folder, image, "4M"], check=True, capture_output=True,
                   env={**os.environ, "TZ": "UTC"})


def make_fat(image, folder):
    os.truncate(image, 4 << 20)
    subprocess.run(["mkfs.fat", image], check=True, capture_output=True)
    for path in sorted(folder.iterdir()):
        subprocess.run(["mcopy", "-m", "-i", image, path, "::"], check=True, env={**os.environ, "TZ": "UTC"})
    subprocess.run(["mdel", "-i", image, "::two.py"], check=True)


def make_ntfs(image, folder):
    os.truncate(image, 8 << 20)
    subprocess.run(["mkntfs", "-q", "-F", image], check=True, capture_output=True)
    for path in sorted(folder.iterdir()):
        subprocess.run(["ntfscp", "-q", "-f", image, path, path.name], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("fls") is None, reason="no fls here")
@pytest.mark.parametrize("kind, tools, make", [
    ("ext4", ["mke2fs"], lambda *paths: make_ext(*paths, "-t", "ext4")),
    ("ext2", ["mke2fs"], lambda *paths: make_ext(*paths, "-t", "ext2", "-I", "128")),
    ("fat", ["mkfs.fat", "mcopy"], make_fat),
    ("ntfs", ["mkntfs", "ntfscp"], make_ntfs),
])
def test_files_of_disk_images_have_the_times_that_fls_reads(tree, place, scan, kind, tools, make):
    """Every field of the body file but the name is that of fls -m."""
    if any(shutil.which(tool) is None for tool in tools):
        pytest.skip(f"no {tools} here")
    folder = place / "folder"
    folder.mkdir()
    for number, name in enumerate(["one.py", "two.py", "three.py"]):
        (folder / name).write_bytes(CANARY + b"\n" * number)
        os.chmod(folder / name, 0o640 + number)
        os.utime(folder / name, ns=((NOW + 86_400 * number) * 10**9, (NOW + number) * 10**9 + 123_456_789))
    image = tree / "disk.img"
    image.touch()
    make(image, folder)
    os.utime(image, (1, 1))
    done = subprocess.run(["fls", "-r", "-m", "/", image], capture_output=True, text=True, check=True,
                          env={**os.environ, "TZ": "UTC"})
    expected = {}
    for row in (line.split("|") for line in done.stdout.splitlines()):
        if row[1].endswith((".py", ".py (deleted)")):
            row[2] = row[2].partition("-")[0]
            expected[row[1]] = row[2:]
    assert len(expected) == 3
    result = scan(tree)
    (place / "r").write_bytes(result.stdout)
    seen = {}
    for line in report("--timeline", place / "r").stdout.decode().splitlines():
        row = line.split("|")
        locator = row[1].removesuffix(" [high canary:Canary]")
        assert locator.startswith(f"{image}!{kind}!/"), locator
        seen[locator.removeprefix(f"{image}!{kind}!")] = row[2:]
    if kind == "ntfs":  # its owners are no numbers
        for row in (*seen.values(), *expected.values()):
            row[2:4] = []
    assert seen == expected
    free = [finding for finding in scan("--unallocated", tree).findings if "Unallocated" in finding["locator"]]
    if kind == "fat":
        assert len(free) == 1
        (place / "r").write_text("".join(json.dumps(finding) + "\n" for finding in free))
        assert report("--timeline", place / "r").stdout.endswith(b"|0|0|0|0\n")
    times = [finding["chain"][-1]["times"] for finding in result.findings]
    assert {row["source"] for row in times} == {{"ext4": "ext", "ext2": "ext-128"}.get(kind, kind)}
    assert {row["zone"] for row in times} == {"unknown" if kind == "fat" else "utc"}
    assert {row["resolution_ns"]["mtime"] for row in times} == {
        {"ext4": 1, "ext2": 10**9, "fat": 2 * 10**9, "ntfs": 100}[kind]}
    # And so is an incident's time that of what lies in the image, not of the image.
    (incident,) = result.of("incident")
    earliest = min(finding["chain"][-1][name] for finding in result.findings
                   for name in ("mtime", "ctime", "btime") if name in finding["chain"][-1])
    assert incident["earliest"] == earliest


def test_what_comes_by_a_pipe_has_the_times_of_a_copy(scan):
    read_end, write_end = os.pipe()
    os.write(write_end, CANARY)
    os.close(write_end)
    (finding,) = scan("-", stdin=read_end).findings
    os.close(read_end)
    assert finding["object"]["times"] == {"source": "copy", "zone": "utc", "resolution_ns": {}}


def hops(result):
    return {finding["object"]["path"].rpartition("/")[2]: finding["chain"][-1]
            for finding in result.findings if len(finding["chain"]) > 1}


def test_times_of_members_have_a_source_and_a_resolution(tree, scan):
    odd = NOW + 1
    entry = tarfile.TarInfo("m")
    entry.size, entry.mtime = len(CANARY), odd
    for name, form, mtime in ("gnu.tar", tarfile.GNU_FORMAT, odd), ("pax.tar", tarfile.PAX_FORMAT, odd + 0.25):
        with tarfile.open(tree / name, "w", format=form) as tar:
            entry.mtime = mtime
            tar.addfile(entry, io.BytesIO(CANARY))
    with zipfile.ZipFile(tree / "dos.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("m", (2023, 11, 14, 22, 13, 20)), CANARY)
    work = tree / "m"
    work.write_bytes(CANARY)
    os.utime(work, (NOW - 50, odd))
    made = {"gnu.tar": ("tar", "utc", 10**9, odd * 10**9), "pax.tar": ("pax", "utc", 1, odd * 10**9 + 250_000_000),
            "dos.zip": ("zip", "unknown", 2 * 10**9, NOW * 10**9)}
    for command, row in ((["zip", "-q", "ut.zip", "m"], ("zip-ut", "utc", 10**9, odd * 10**9)),
                         (["mksquashfs", "m", "x.squashfs", "-quiet", "-no-progress"],
                          ("squashfs", "utc", 10**9, odd * 10**9)),
                         (["7z", "a", "-bso0", "-bsp0", "x.7z", "m"], ("7z", "utc", 100, odd * 10**9))):
        if shutil.which(command[0]) is not None:
            subprocess.run(command, cwd=tree, check=True, capture_output=True)
            made[next(word for word in command if "." in word)] = row
    work.unlink()
    seen = hops(scan(tree))
    assert set(seen) == set(made)
    for name, (source, zone, resolution, mtime) in made.items():
        times = seen[name]["times"]
        assert (times["source"], times["zone"]) == (source, zone), name
        assert times["resolution_ns"]["mtime"] == resolution, name
        assert seen[name]["mtime"] == sweep.time_text(mtime), name
    assert seen["gnu.tar"]["uid"] == 0 and "uid" not in seen["dos.zip"]
    if "ut.zip" in seen:
        assert seen["ut.zip"]["atime"] == sweep.time_text((NOW - 50) * 10**9)
        assert "ctime" not in seen["ut.zip"]
    if "x.squashfs" in seen:
        assert seen["x.squashfs"]["inode"] > 0
