# SPDX-License-Identifier: Apache-2.0
"""Indicators: hashes, paths, units, packages, hosts, addresses and Kubernetes objects, each
matched as what it is, and files that are wrong refused with file and line."""

import hashlib
import json
import os
import shutil
import struct

import pytest
import sweep
from conftest import CANARY

HEAD = {"schema": "1.0", "family": "test", "sources": {"A": "the tests"}}


def entry(type_, number=1, /, **members):
    return {"id": f"T-{number}", "type": type_, "title": "Something to find", "stage": "1",
            "severity": "high", "confidence": "high", "source": ["A"], **members}


@pytest.fixture
def sweep_with(place, rules):
    """sweep_with(entries, *args): sweeps with these indicators and the canary rules."""

    def call(entries, *args, **keywords):
        path = place / "test.json"
        path.write_text(json.dumps({**HEAD, "entries": entries}, indent=1))
        return sweep.scan("--no-builtin-rules", "--rules", rules, "--indicators", path, *args,
                          **keywords)

    return call


def write(tree, name, content=b""):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def relative(result, tree, kind):
    """Below the tree, what findings of the kind name; each of them once, and once more as a
    layer where it is UTF-16."""
    found = [f for f in result.findings if f["kind"] == kind]
    assert len(found) == len({f["locator"] for f in found})
    return {os.path.relpath(f["object"]["path"], tree) for f in found}


# --- hashes -----------------------------------------------------------------------------------

THING = b"the artefact itself, byte for byte\n"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_hash_is_a_finding_with_its_indicator(tree, sweep_with):
    write(tree, "copy", THING)
    write(tree, "other", THING[:-1] + b"!")
    result = sweep_with([entry("hash", sha256=sha256(THING), artefact="x", size=len(THING))], tree)
    (finding,) = result.findings
    assert finding["kind"] == "hash" and finding["object"]["path"].endswith("/copy")
    assert finding["rule"]["name"] == "T_1" and finding["rule"]["meta"]["id"] == "T-1"
    assert finding["rule"]["tags"] == ["indicator", "hash"]
    assert finding["family"] == "test" and finding["severity"] == "high"
    assert finding["object"]["sha256"] == sha256(THING)
    assert result.code == sweep.EXIT_FINDINGS


def test_the_hash_of_a_disk_counts(tree, sweep_with):
    """What is in a disk is looked at, not its bytes; its digest and its name are asked all the same."""
    row = struct.pack("<B3xB3xII", 0, 0x83, 64, 2000)
    disk = b"\xfa" + bytes(445) + row + bytes(48) + b"\x55\xaa" + bytes((1 << 20) - 512)
    write(tree, "lure.img", disk)
    result = sweep_with([entry("hash", sha256=sha256(disk), artefact="x", size=len(disk))], tree)
    assert [finding["kind"] for finding in result.findings] == ["hash"]


@pytest.mark.parametrize("name", ["sha256", "sha1", "md5"])
def test_each_digest(tree, sweep_with, name):
    write(tree, "copy", THING)
    digest = hashlib.new(name, THING).hexdigest()
    result = sweep_with([entry("hash", **{name: digest}, artefact="x", size=len(THING))], tree)
    assert relative(result, tree, "hash") == {"copy"}
    assert result.findings[0]["matches"][0]["pattern"] == f"${name}"


SIZE = len(THING)
GATES = {
    "size": ({"size": SIZE}, True),
    "size, one less": ({"size": SIZE - 1}, False),
    "size, one more": ({"size": SIZE + 1}, False),
    "at least": ({"size_min": SIZE}, True),
    "at least one more": ({"size_min": SIZE + 1}, False),
    "at most": ({"size_max": SIZE}, True),
    "at most one less": ({"size_max": SIZE - 1}, False),
    "between": ({"size_min": SIZE - 1, "size_max": SIZE + 1}, True),
    "kind": ({"kind": "text"}, True),
    "another kind": ({"kind": "elf"}, False),
    "kind by its name": ({"kind": "python"}, True),
    "a name": ({"names": ["th*.py"]}, True),
    "another name": ({"names": ["th*.js", "thing"]}, False),
    "suspects only": ({"check": "suspect"}, False),
}


@pytest.mark.parametrize("gate", GATES)
def test_only_what_may_be_it_is_hashed(tree, sweep_with, gate):
    """And with --hash all every file is."""
    members, wanted = GATES[gate]
    write(tree, "thing.py", THING)
    rows = [entry("hash", sha256=sha256(THING), artefact="x", **members)]
    assert bool(sweep_with(rows, tree).findings) == wanted
    assert relative(sweep_with(rows, "--hash", "all", tree), tree, "hash") == {"thing.py"}


def test_a_suspect_is_hashed_when_something_else_is_found(tree, sweep_with):
    bad = CANARY + b" in the artefact"
    write(tree, "suspect", bad)
    write(tree, "unsuspected", THING)
    rows = [entry("hash", 1, sha256=sha256(bad), artefact="x", check="suspect"),
            entry("hash", 2, sha256=sha256(THING), artefact="x", check="suspect")]
    assert relative(sweep_with(rows, tree), tree, "hash") == {"suspect"}
    assert relative(sweep_with(rows, "--hash", "all", tree), tree, "hash") == {
        "suspect", "unsuspected"}


def test_a_hash_says_the_same_wherever_it_lies(tree, sweep_with):
    prose = b"# Notes\n\n" + b"This is a text of many plain words that nobody would run. " * 9
    write(tree, "README.md", prose)
    (finding,) = sweep_with([entry("hash", sha256=sha256(prose), artefact="x",
                                   size=len(prose))], tree).findings
    assert finding["severity"] == finding["rule_severity"] == "high"


# --- paths and units --------------------------------------------------------------------------


def test_paths_at_the_boundaries_of_components(tree, sweep_with):
    rows = [entry("path", 1, pattern="site-packages/bad_init.pth", platform="any"),
            entry("path", 2, pattern=".cache/*/x-*.bin", platform="linux"),
            entry("path", 3, pattern="Windows/Start/Bad.vbs", platform="windows")]
    hits = ("a/site-packages/bad_init.pth", "site-packages/bad_init.pth", "h/.cache/one/x-1.bin",
            "h/.cache/one/x-.bin", "c/WINDOWS/start/bad.VBS")
    misses = ("a/mysite-packages/bad_init.pth", "a/site-packages/bad_init.pth.bak",
              "a/site-packages/sub/bad_init.pth", "a/site-packages/Bad_init.pth", "bad_init.pth",
              "h/.cache/one/two/x-1.bin", "h/.cache/x-1.bin", "h/.cache/one/x1.bin",
              "c/WINDOWS/start/more/bad.VBS")
    for name in hits + misses:
        write(tree, name, b"whatever")
    result = sweep_with(rows, tree)
    assert relative(result, tree, "path") == set(hits)
    assert {f["severity"] for f in result.findings} == {"high"}


def test_an_empty_file_has_a_path_too(tree, sweep_with):
    write(tree, "tmp/.state")
    result = sweep_with([entry("path", pattern="tmp/.state", platform="any")], tree)
    assert relative(result, tree, "path") == {"tmp/.state"}


def test_each_name_of_a_file_is_asked(tree, sweep_with):
    path = write(tree, "d/honest", b"content")
    os.link(path, tree / "d/bad.pth")
    result = sweep_with([entry("path", pattern="d/bad.pth", platform="any")], tree)
    assert relative(result, tree, "path") == {"d/bad.pth"}


UNIT = "[Unit]\nDescription={}\n[Service]\nExecStart=/usr/bin/true\n"


def test_a_unit_by_name_and_description(tree, sweep_with):
    rows = [entry("unit", 1, value="watch.service", severity="low"),
            entry("unit", 2, value="watch.service", description="Watches all", severity="high")]
    write(tree, "etc/systemd/system/watch.service", UNIT.format("Watches all"))
    write(tree, "h/.config/systemd/user/watch.service", UNIT.format("Watches all of it"))
    write(tree, "srv/watch.service", UNIT.format("Watches all"))
    write(tree, "etc/systemd/system/rewatch.service", UNIT.format("Watches all"))
    result = sweep_with(rows, tree)
    found = {(os.path.relpath(f["object"]["path"], tree), f["rule"]["name"], f["severity"])
             for f in result.findings}
    assert found == {("etc/systemd/system/watch.service", "T_2", "high"),
                     ("h/.config/systemd/user/watch.service", "T_1", "low")}
    assert {f["kind"] for f in result.findings} == {"path"}


# --- packages ---------------------------------------------------------------------------------

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "ab" * 32
PACKAGES = [
    entry("package", 1, ecosystem="pypi", name="bad-pkg", versions=["1.2.0"], safe=["1.1"]),
    entry("package", 2, ecosystem="npm", name="@scope/bad", versions=["2.0.1"]),
    entry("package", 3, ecosystem="github-actions", name="owner/act", versions=["v3"],
          commits=[COMMIT]),
    entry("package", 4, ecosystem="container", name="owner/image", digests=[DIGEST],
          versions=["9"]),
    entry("package", 5, ecosystem="pypi", name="ranged", ranges=[["1.0", "1.4"]]),
]
LOCK = '[[package]]\nname = "{}"\nversion = "{}"\noptional = false\nfiles = []\n\n'
LOCK_END = '[metadata]\nlock-version = "2.0"\n'
USES = {
    # file: (content, how it is used, severity after the place was judged)
    "v/site-packages/bad_pkg-1.2.dist-info/METADATA":
        ("Metadata-Version: 2.1\nName: Bad.Pkg\nVersion: 1.2\n\nText\n", "installed", "high"),
    "p/poetry.lock": ("# generated\n" + LOCK.format("bad-pkg", "1.2.0")
                      + LOCK.format("good", "1.2.0") + LOCK_END, "locked", "medium"),
    "p/requirements.txt": ("good==1.2.0\nBad_Pkg==1.2.0\n", "requested", "high"),
    "c/bad_pkg-1.2.0-py3-none-any.whl": (b"PK\x03\x04 not looked into", "cached", "high"),
    "n/node_modules/@scope/bad/package.json":
        ('{"name": "@scope/bad", "version": "2.0.1"}', "installed", "high"),
    ".github/workflows/ci.yml":
        (f"on: push\njobs:\n  a:\n    steps:\n      - uses: owner/act@{COMMIT}\n", "requested",
         "high"),
    "i/Dockerfile": (f"FROM owner/image@{DIGEST}\nRUN true\n", "requested", "high"),
}


@pytest.mark.parametrize("name", USES)
def test_a_package_in_each_use(tree, sweep_with, name):
    content, use, severity = USES[name]
    write(tree, name, content)
    (finding,) = sweep_with(PACKAGES, tree).findings
    assert finding["kind"] == "package"
    assert finding["matches"][0]["data"].endswith(f"({use})")
    assert finding["rule_severity"] == "high" and finding["severity"] == severity
    assert finding["severity_reason"]


@pytest.mark.parametrize("name, package", [
    ("v/site-packages/bad_pkg-1.2.dist-info/METADATA", ("pypi", "Bad.Pkg", "1.2")),
    ("n/node_modules/@scope/bad/package.json", ("npm", "@scope/bad", "2.0.1")),
    (".github/workflows/ci.yml", ("github-actions", "owner/act", COMMIT)),
    ("i/Dockerfile", ("container", "owner/image", DIGEST)),
])
def test_a_finding_says_which_package(tree, sweep_with, name, package):
    content = USES[name][0]
    write(tree, name, content.replace(COMMIT, COMMIT.upper()))
    (finding,) = sweep_with(PACKAGES, tree).findings
    assert finding["package"] == dict(zip(("ecosystem", "name", "version"), package))


def test_a_digest_alone_is_the_indicators_package(tree, sweep_with):
    write(tree, "oci/blobs/sha256/" + DIGEST[7:], b"{}")
    finding, other = sorted(sweep_with(PACKAGES, tree).findings, key=lambda found: found["kind"], reverse=True)
    assert other["rule"]["name"] == "image_blob_digest"
    assert finding["package"] == {"ecosystem": "container", "name": "owner/image",
                                  "version": DIGEST}


def test_findings_of_another_kind_have_no_package(tree, sweep_with):
    write(tree, "a", CANARY)
    write(tree, "tmp/.state")
    findings = sweep_with([entry("path", pattern="tmp/.state", platform="any")], tree).findings
    assert {f["kind"] for f in findings} == {"yara", "path"}
    assert not any("package" in f for f in findings)


def test_each_version_in_a_file_is_a_finding_once(tree, sweep_with):
    write(tree, "requirements.txt",
          "ranged==1.0\nranged==1.3\nRanged==1.0.0\nranged==2\nranged==1.3\n")
    result = sweep_with(PACKAGES, tree)
    assert [f["package"]["version"] for f in result.findings] == ["1.0", "1.3"]
    assert result.gaps == []


@pytest.mark.parametrize("count", [16, 17, 5000])
def test_versions_of_one_indicator_in_one_file_have_a_limit(tree, sweep_with, count):
    lines = [f"ranged==1.1.{number}\n" for number in range(count)]
    write(tree, "requirements.txt", "".join(lines) + "bad-pkg==1.2.0\n")
    result = sweep_with(PACKAGES, tree)
    names = [f["package"]["name"] for f in result.findings]
    assert names == ["ranged"] * 16 + ["bad-pkg"]
    assert [g["reason"] for g in result.gaps] == ["limit_members"] * (count > 16)
    assert all("T-5: more than 16 of its versions" in g["detail"] for g in result.gaps)


# --- package files that are large -------------------------------------------------------------

MIB = 1 << 20


def lock_of(size, *, late=False):
    """A package-lock.json of so many bytes with a bad package at the beginning, or behind 16 MiB."""
    bad = '"node_modules/@scope/bad":{"version":"2.0.1"},'
    head = '{"lockfileVersion":3,"packages":{"":{"name":"app"},'
    tail = '"node_modules/z":{"version":"1.0.0"}}}'
    row = '"node_modules/x%07d":{"version":"1.0.0","resolved":"' + "r" * 200 + '"},'
    parts = [head, "" if late else bad]
    room = size - sum(map(len, parts)) - len(tail) - (len(bad) if late else 0)
    count = room // len(row % 0)
    parts += [row % number for number in range(count)]
    parts += [" " * (room - count * len(row % 0)), bad if late else "", tail]
    text = "".join(parts)
    assert len(text) == size and json.loads(text)
    return text


@pytest.mark.parametrize("size, late, found, reasons", [
    (16 * MIB, False, 1, []),
    (16 * MIB, True, 1, []),
    (16 * MIB + 1, False, 1, ["limit_bytes"]),
    (17 * MIB, False, 1, ["limit_bytes"]),
    (17 * MIB, True, 0, ["limit_bytes"]),
])
def test_a_large_lock_file_is_read_up_to_the_limit(tree, sweep_with, size, late, found, reasons):
    write(tree, "package-lock.json", lock_of(size, late=late))
    result = sweep_with(PACKAGES, tree)
    assert [g["reason"] for g in result.gaps] == reasons
    assert all("package-lock.json: packages are read from the first 16 MiB" in g["detail"]
               for g in result.gaps)
    assert [f["package"]["name"] for f in result.findings] == ["@scope/bad"] * found
    assert result.code == (sweep.EXIT_FINDINGS if found else sweep.EXIT_GAPS)


@pytest.mark.parametrize("size, late, found, reasons", [
    (16 * MIB, True, 1, []), (17 * MIB, False, 1, ["limit_bytes"])])
def test_a_large_lock_file_in_an_archive(tree, sweep_with, size, late, found, reasons):
    """Many of them, with little memory: nobody waits for what another one holds."""
    import archives

    lock = lock_of(size, late=late).encode()
    for number in range(4):
        write(tree, f"{number}.zip", archives.zip_({"a/package-lock.json": lock, "b/package-lock.json": lock}))
    result = sweep_with(PACKAGES, "-j4", "--memory=128M", tree)
    assert [g["reason"] for g in result.gaps] == reasons * 8
    assert len([f for f in result.findings if f["package"]["name"] == "@scope/bad"]) == 8 * found


def test_a_large_file_that_declares_nothing_is_no_gap(tree, sweep_with):
    write(tree, "notes.json", lock_of(17 * MIB))
    write(tree, "c/bad_pkg-1.1-py3-none-any.whl", b"PK" + b"x" * 17 * MIB)
    assert sweep_with(PACKAGES, tree).gaps == []


def test_an_empty_file_declares_nothing(tree, sweep_with):
    write(tree, "requirements.txt")
    write(tree, "package-lock.json")
    result = sweep_with(PACKAGES, tree)
    assert (result.findings, result.gaps, result.code) == ([], [], sweep.EXIT_CLEAN)


@pytest.mark.parametrize("size", [16 * MIB, 17 * MIB])
def test_a_text_in_utf_16_is_read_too(tree, sweep_with, size):
    text = "bad-pkg==1.2.0\n" + "#" * (size // 2 - 16)
    write(tree, "requirements.txt", text.encode("utf-16"))  # with its mark
    result = sweep_with(PACKAGES, tree)
    assert [f["package"]["name"] for f in result.findings] == ["bad-pkg"]
    assert [g["reason"] for g in result.gaps] == ["limit_bytes"] * (size > 16 * MIB)


def test_no_memory_for_the_packages_is_a_gap(tree, sweep_with):
    """And everything else about the file is said."""
    path = write(tree, "requirements.txt",
                 b"SWEEPER-FAULT:starve\n# " + CANARY + b"\nbad-pkg==1.2.0\n")
    write(tree, "more/requirements.txt", "bad-pkg==1.2.0\n")
    result = sweep_with(PACKAGES, "-j1", tree, binary=sweep.FAULTY)
    (gap,) = result.gaps
    assert (gap["reason"], gap["object"]["path"]) == ("limit_memory", str(path))
    assert "requirements: its packages are not read: no memory" in gap["detail"]
    assert result.found() == {("Canary", os.fsencode(path)),
                              ("T_1", os.fsencode(tree / "more/requirements.txt"))}


@pytest.mark.plain
@pytest.mark.parametrize("threads, memory, count, size", [
    (8, "64M", 400, None),  # small ones take what they need
    (4, "128M", 12, 12 * MIB),  # large ones wait for their turn
])
def test_many_workers_and_little_memory(tree, sweep_with, threads, memory, count, size):
    name, content = ("package-lock.json", lock_of(size)) if size else (
        "requirements.txt", "bad-pkg==1.2.0\n")
    for number in range(count):
        write(tree, f"{number}/{name}", content)
    result = sweep_with(PACKAGES, f"-j{threads}", f"--memory={memory}", tree)
    assert result.gaps == [] and result.engine_deaths == []
    assert relative(result, tree, "package") == {f"{number}/{name}" for number in range(count)}


CLEAN = {
    "v/site-packages/bad_pkg-1.1.dist-info/METADATA": "Name: bad-pkg\nVersion: 1.1\n",
    "v/site-packages/bad_pkgs-1.2.dist-info/METADATA": "Name: bad-pkgs\nVersion: 1.2.0\n",
    "p/poetry.lock": LOCK.format("bad-pkg", "1.2.1") + LOCK.format("other", "1.2.0"),
    "p/requirements.txt": "bad-pkg>=1.0\nbad-pkg\n# bad-pkg==1.2.0\n",
    "c/bad_pkg-1.1-py3-none-any.whl": "PK",
    "n/node_modules/bad/package.json": '{"name": "bad", "version": "2.0.1"}',
    "n/node_modules/@scope/bad/package.json": '{"name": "@scope/bad", "version": "2.0.10"}',
    ".github/workflows/ci.yml": "steps:\n  - uses: owner/act@v30\n  - uses: owner/action@v3\n",
    "i/Dockerfile": "FROM owner/image:90\nFROM other/image:9\n",
}


def test_other_versions_and_other_names_are_none(tree, sweep_with):
    for name, content in CLEAN.items():
        write(tree, name, content)
    assert sweep_with(PACKAGES, tree).findings == []


@pytest.mark.parametrize("version, bad", [("0.9", False), ("1.0", True), ("1.0.0", True),
                                          ("1.3.9", True), ("1.4", True), ("1.4.1", False),
                                          ("1.10", False)])
def test_ranges_hold_both_ends(tree, sweep_with, version, bad):
    write(tree, "requirements.txt", f"ranged=={version}\n")
    assert bool(sweep_with(PACKAGES, tree).findings) == bad


# --- hosts, addresses, objects ----------------------------------------------------------------


def lines_found(tree, sweep_with, row, lines):
    """One file a line, so that each stands for itself."""
    for number, line in enumerate(lines):
        write(tree, f"{number}.sh", line if isinstance(line, bytes) else f"# {line}\n")
    found = relative(sweep_with([row], tree), tree, "yara")
    return {lines[int(name.partition(".")[0])] for name in found}


HOST = "bad.host" + ".example"
HOST_HITS = [f"https://{HOST}/x", f"{HOST}:443", f'"{HOST}"', f"It is {HOST}.", f"u@{HOST}",
             HOST.upper() + "/", f"a,{HOST},b", f"https://{HOST}/\n".encode("utf-16-le")]
HOST_MISSES = [f"not{HOST}", f"{HOST}.com", f"{HOST}s", f"bad-host{HOST[8:]}", f"x-{HOST}",
               f"{HOST}-x", f"_{HOST}", "badXhost.example"]


def test_a_host_is_a_whole_token(tree, sweep_with):
    below = f"https://sub.{HOST}/"
    lines = HOST_HITS + HOST_MISSES + [below]
    assert lines_found(tree, sweep_with, entry("domain", value=HOST), lines) == set(HOST_HITS)


def test_hosts_below_it_when_that_is_said(tree, sweep_with):
    below = [f"https://sub.{HOST}/", f"a.b.{HOST}"]
    row = entry("domain", value=HOST, subdomains=True)
    assert lines_found(tree, sweep_with, row, HOST_HITS + HOST_MISSES + below) == {
        *HOST_HITS, *below}


def test_an_address_is_a_whole_token(tree, sweep_with):
    hits = ["203.0.113.7", "http://203.0.113.7:8080/x", "(203.0.113.7)", "It is 203.0.113.7."]
    misses = ["203.0.113.70", "1203.0.113.7", "4.203.0.113.7", "203.0.113.7.9", "203.0.113.7a",
              "203x0.113.7", "v203.0.113.7"]
    row = entry("ip", value="203.0.113.7")
    assert lines_found(tree, sweep_with, row, hits + misses) == set(hits)


def test_an_object_is_a_whole_name(tree, sweep_with):
    hits = ["name: bad-set", 'name: "bad-set"', "daemonset/bad-set"]
    misses = ["name: bad-sets", "name: very-bad-set", "name: bad-set-2", "name: Bad-Set"]
    row = entry("kubernetes", kind="DaemonSet", namespace="kube-system", name="bad-set")
    assert lines_found(tree, sweep_with, row, hits + misses) == set(hits)


def test_a_host_inside_base64_is_found_there(tree, sweep_with):
    import base64

    text = f"# fetches https://{HOST}/payload and nothing else, 0123456789\n".encode()
    path = write(tree, "a.sh", b"p='" + base64.b64encode(text) + b"';\n")
    (finding,) = sweep_with([entry("domain", value=HOST)], tree).findings
    assert finding["locator"] == f"{path}!base64@3"


# --- files that are wrong ---------------------------------------------------------------------

OK_HASH = {"sha256": "0" * 64, "artefact": "x", "size": 5}
# (what is put in place of a good entry's members, or taken away with None; the message)
WRONG = [
    ("hash", {"extra": 1}, '"extra": no such field'),
    ("hash", {"id": "t-1"}, '"id" must be capital letters'),
    ("hash", {"severity": "grave"}, '"severity" must be critical, high'),
    ("hash", {"confidence": 3}, '"confidence" must be high'),
    ("hash", {"source": []}, '"source" must be a list'),
    ("hash", {"source": ["B"]}, 'not in "sources": B'),
    ("hash", {"title": None}, "a field is missing: title"),
    ("hash", {"title": "x" * 121}, "at most 120 bytes"),
    ("hash", {"title": "a\u001b[2J"}, '"title" must be'),
    ("hash", {"type": "hush"}, '"type" must be hash, path'),
    ("hash", {"sha256": "0" * 63}, '"sha256" must be 64 lower-case'),
    ("hash", {"sha256": "A" * 64}, '"sha256" must be 64 lower-case'),
    ("hash", {"sha256": None}, "a hash needs sha256, sha1 or md5"),
    ("hash", {"size": None}, "would keep every file from being hashed"),
    ("hash", {"size": 0}, '"size" must be a number'),
    ("hash", {"size_max": 9}, "size goes with neither"),
    ("hash", {"kind": "tarball"}, '"kind" must be a kind of content'),
    ("hash", {"names": ["a/b"]}, '"names" must be a list of file names'),
    ("hash", {"names": ["*"]}, '"names" must be a list of file names'),
    ("path", {"pattern": "/etc/x", "platform": "any"}, '"pattern" must be a relative path'),
    ("path", {"pattern": "a/../b", "platform": "any"}, '"pattern" must be a relative path'),
    ("path", {"pattern": "a/b", "platform": "amiga"}, '"platform" must be linux'),
    ("package", {"ecosystem": "pypi", "name": "x"}, "needs versions, ranges, commits or digests"),
    ("package", {"ecosystem": "cpan", "name": "x", "versions": ["1"]}, '"ecosystem" must be pypi'),
    ("package", {"ecosystem": "pypi", "name": "x", "ranges": [["1"]]}, "a list of pairs"),
    ("package", {"ecosystem": "npm", "name": "x", "commits": ["abc"]}, "40 hexadecimal digits"),
    ("domain", {"value": "https://x.example"}, '"value" must be a host name'),
    ("domain", {"value": "localhost"}, '"value" must be a host name'),
    ("domain", {"value": "X.example"}, '"value" must be a host name'),
    ("ip", {"value": "203.0.113"}, '"value" must be an IPv4 or IPv6 address'),
    ("unit", {"value": "watch"}, '"value" must be the file name of a systemd unit'),
    ("kubernetes", {"kind": "Thing", "namespace": "a", "name": "b"}, '"kind" must be a kind'),
]


@pytest.mark.parametrize("kind, change, message", WRONG, ids=[row[2][:30] for row in WRONG])
def test_a_wrong_entry_is_refused_by_file_and_line(tree, place, kind, change, message):
    write(tree, "file", b"x")
    members = {**entry(kind, 2, **(OK_HASH if kind == "hash" else {})), **change}
    bad = {name: value for name, value in members.items() if value is not None}
    path = place / "bad.json"
    path.write_text(json.dumps({**HEAD, "entries": [entry("hash", 1, **OK_HASH), bad]}, indent=1))
    result = sweep.scan("--no-builtin-rules", "--indicators", path, tree, records=False)
    assert result.code == sweep.EXIT_RULES and result.stdout == b""
    (line,) = result.stderr.splitlines()
    assert message in line
    start = f"sweeper: {path}:"
    assert line.startswith(start), line
    number = int(line[len(start):].partition(":")[0])
    # The line of the second entry, or of the member that is wrong in it.
    lines = path.read_text().splitlines()
    first = next(n for n, text in enumerate(lines, 1) if '"id": "T-1"' in text)
    assert first + len(entry("hash", 1, **OK_HASH)) < number <= len(lines)


FILES = [
    ('{"schema": "1.0",\n\n oops}', 3, "near 'oops'"),
    ("", 1, ""),
    ("[]", 1, "is a JSON object"),
    (json.dumps({**HEAD, "schema": "2.0", "entries": []}, indent=1), 2, '"schema" must be "1.0"'),
    (json.dumps({**HEAD, "family": "A b", "entries": []}, indent=1), 3, '"family" must be'),
    (json.dumps({**HEAD, "entries": [], "more": 1}, indent=1), 8, 'unknown field "more"'),
    (json.dumps({**HEAD, "sources": {"a": "b"}, "entries": []}, indent=1), 4, '"sources" must'),
    (json.dumps(HEAD), 1, '"entries" (list)'),
    ('{"schema": "1.0",\n "schema": "1.0"}', 2, "duplicate"),
]


@pytest.mark.parametrize("text, line, message", FILES, ids=[row[2] or "empty" for row in FILES])
def test_a_wrong_file_is_refused_by_line(tree, place, text, line, message):
    path = place / "bad.json"
    path.write_text(text)
    result = sweep.scan("--no-builtin-rules", "--indicators", path, tree, records=False)
    assert result.code == sweep.EXIT_RULES and result.stdout == b""
    assert f"sweeper: {path}:{line}:" in result.stderr and message in result.stderr


def test_an_id_is_taken_once_in_all_files(tree, place):
    for name in ("one", "two"):
        write(place, f"set/{name}.json",
              json.dumps({**HEAD, "entries": [entry("hash", 1, **OK_HASH)]}))
    result = sweep.scan("--no-builtin-rules", "--indicators", place / "set", tree, records=False)
    assert result.code == sweep.EXIT_RULES
    assert "the id T-1 is taken already" in result.stderr and "two.json:1:" in result.stderr


def test_a_directory_of_files_is_taken_whole(tree, place):
    write(tree, "a", b"one")
    write(tree, "b", b"two")
    for number, data in ((1, b"one"), (2, b"two")):
        row = entry("hash", number, sha256=sha256(data), artefact="x", size=3)
        write(place, f"set/sub{number}/x.json", json.dumps({**HEAD, "entries": [row]}))
    result = sweep.scan("--no-builtin-rules", "--indicators", place / "set", tree)
    assert relative(result, tree, "hash") == {"a", "b"}


# --- the project's own files ------------------------------------------------------------------


def test_a_copy_of_a_shipped_file_is_no_finding(tree):
    for name in ("yara", "indicators", "cases"):
        shutil.copytree(sweep.ROOT / "rules" / name, tree / name)
    result = sweep.scan(tree)
    assert result.findings == [] and result.gaps == []
    assert result.end["objects"]["scanned"] > 100


def test_a_changed_copy_is_a_list_of_indicators(tree):
    """It is not ours any more, and still only tells of the campaign."""
    for path in (sweep.ROOT / "rules/indicators").glob("*.json"):
        write(tree, path.name, path.read_bytes() + b"\n")
    result = sweep.scan(tree)
    assert result.findings != []
    assert {f["severity"] for f in result.findings} <= {"low", "info"}
