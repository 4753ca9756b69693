# SPDX-License-Identifier: Apache-2.0
"""Python distributions against their RECORDs: wheels, installed trees, and both inside archives."""

import hashlib
import io
import os
import random
import shutil
import signal
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

import sweep

sys.path.insert(0, str(Path(__file__).parent.parent / "forge"))
import wheels  # noqa: E402

INFO = "demo-1.0.dist-info"
FILES = {"demo/__init__.py": b"from demo.core import go\n", "demo/core.py": b"def go():\n    return 1\n",
         "demo/data.txt": b"some data\n"}
PTH = b"import os; os.getpid()\n"


def told(result):
    """{(what, locator below the tree, the files it names)}"""
    return {(f["rule"]["name"], f["locator"].split("/tree/", 1)[1], f["rule"]["meta"]["detail"].split(" (sha256")[0])
            for f in result.findings if f["kind"] == "integrity" and "_record_" in f["rule"]["name"]}


def names(result):
    return {name for name, _, _ in told(result)}


def finding(result, name):
    (found,) = [f for f in result.findings if f["rule"]["name"] == name]
    return found


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- wheels ---


@pytest.mark.parametrize("threads", [1, 2])
def test_an_honest_wheel(tree, scan, threads):
    wheels.wheel(tree / "demo-1.0-py3-none-any.whl", FILES)
    wheels.wheel(tree / "signed.whl", FILES, late={f"{INFO}/RECORD.jws": b"{}", f"{INFO}/RECORD.p7s": b"x",
                                                  f"{INFO}/INSTALLER": b"pip\n", f"{INFO}/REQUESTED": b"",
                                                  f"{INFO}/direct_url.json": b"{}",
                                                  "demo/__pycache__/core.cpython-311.pyc": b"\0"})
    result = scan("-j", str(threads), tree)
    assert result.code == sweep.EXIT_CLEAN and result.findings == [], result


def test_whatever_it_is_called(tree, scan):
    wheels.wheel(tree / "cache.body", FILES, changed={"demo/core.py": b"other\n"})
    result = scan(tree)
    assert told(result) == {("wheel_record_altered", f"cache.body!{INFO}/RECORD", "1 file: demo/core.py")}
    found = finding(result, "wheel_record_altered")
    detail = found["rule"]["meta"]["detail"]
    assert sha256(b"other\n")[:16] in detail and sha256(FILES["demo/core.py"])[:16] in detail
    assert found["severity"] == "medium" and result.code == sweep.EXIT_FINDINGS
    assert found["rule"]["meta"]["member"] == "demo/core.py"
    with zipfile.ZipFile(tree / "cache.body") as archive:
        assert found["object"]["sha256"] == sha256(archive.read(f"{INFO}/RECORD"))


def test_missing(tree, scan):
    wheels.wheel(tree / "x.whl", FILES, drop=("demo/core.py", "demo/data.txt"))
    result = scan(tree)
    assert told(result) == {("wheel_record_missing", f"x.whl!{INFO}/RECORD", "2 files: demo/core.py, demo/data.txt")}
    assert result.code == sweep.EXIT_CLEAN and finding(result, "wheel_record_missing")["severity"] == "low"


def test_unlisted(tree, scan):
    wheels.wheel(tree / "x.whl", FILES, late={"demo/more.py": b"1", "demo/more.txt": b"2", "demo-1.0.data/scripts/go": b"3"})
    assert told(scan(tree)) == {
        ("wheel_record_unlisted", f"x.whl!{INFO}/RECORD", "2 files: demo/more.py, demo-1.0.data/scripts/go"),
        ("wheel_record_unlisted_data", f"x.whl!{INFO}/RECORD", "1 file: demo/more.txt")}


def test_an_unlisted_pth(tree, scan):
    wheels.wheel(tree / "x.whl", FILES, late={"demo_init.pth": PTH, "other.pth": b"./folder\n",
                                             "demo-1.0.data/platlib/deep.pth": PTH})
    result = scan(tree)
    assert {(name, place) for name, place, _ in told(result)} == {
        ("wheel_record_unlisted_pth", "x.whl!demo_init.pth"),
        ("wheel_record_unlisted_pth", "x.whl!demo-1.0.data/platlib/deep.pth"),
        ("wheel_record_unlisted_paths", "x.whl!other.pth")}
    severities = {f["rule"]["name"]: f["severity"] for f in result.findings}
    assert severities["wheel_record_unlisted_pth"] == "high"
    assert {f["object"]["sha256"] for f in result.findings} == {sha256(PTH), sha256(b"./folder\n")}


def test_a_listed_pth_is_none(tree, scan):
    wheels.wheel(tree / "x.whl", {**FILES, "demo.pth": PTH})
    assert told(scan(tree)) == set()


def test_quoted_and_odd_names(tree, scan):
    odd = {"demo/a,b.py": b"1", 'demo/q"uote.py': b"2", "demo/two\nlines.py": b"3", "demo/\u00fcml\u00e4ut.py": b"4",
           "demo/ space .py": b"5"}
    wheels.wheel(tree / "good.whl", {**FILES, **odd})
    wheels.wheel(tree / "bad.whl", {**FILES, **odd}, changed={name: b"other" for name in odd})
    result = scan(tree)
    assert {place for _, place, _ in told(result)} == {f"bad.whl!{INFO}/RECORD"}
    assert "5 files: " in finding(result, "wheel_record_altered")["rule"]["meta"]["detail"]


def test_names_that_are_not_utf8(tree, scan):
    """In RECORD and in the archive alike: a name is its bytes."""
    path = wheels.wheel(tree / "x.whl", {**FILES, "demo/NAME.py": b"1"}, rows=lambda rows: rows.replace(b"NAME", b"N\xff\xfeE"))
    data = path.read_bytes()
    assert data.count(b"demo/NAME.py") == 2
    path.write_bytes(data.replace(b"demo/NAME.py", b"demo/N\xff\xfeE.py"))
    assert told(scan(tree)) == set()
    path.write_bytes(data.replace(b"demo/NAME.py", b"demo/N\xff\xfdE.py"))
    assert {detail for _, _, detail in told(scan(tree))} == {"1 file: demo/N\\xff\\xfeE.py", "1 file: demo/N\\xff\\xfdE.py"}


def test_rows_twice(tree, scan):
    row = f"demo/core.py,{wheels.digest(FILES['demo/core.py'])},{len(FILES['demo/core.py'])}\n".encode()
    other = f"demo/core.py,{wheels.digest(b'x')},1\n".encode()
    wheels.wheel(tree / "same.whl", FILES, rows=lambda rows: rows + row)
    wheels.wheel(tree / "differ.whl", FILES, rows=lambda rows: other + rows)
    assert told(scan(tree)) == {("wheel_record_ambiguous", f"differ.whl!{INFO}/RECORD", "1 file: demo/core.py")}


def test_rows_that_lead_out(tree, place, scan):
    """Neither is opened because a RECORD names it."""
    secret = place / "secret"
    os.mkfifo(secret)  # whoever opens it waits
    rows = f"../../../../../../{secret},{wheels.digest(b'')},0\n/etc/passwd,,\n../up.py,,\n".encode()
    wheels.wheel(tree / "x.whl", FILES, rows=lambda old: old + rows)
    result = scan(tree)
    assert names(result) == {"wheel_record_outside"}
    assert finding(result, "wheel_record_outside")["rule"]["meta"]["detail"].startswith("3 rows: ../")


def test_rows_that_are_none(tree, scan):
    wheels.wheel(tree / "x.whl", FILES, rows=lambda rows: rows + b'a,b,c,d\n"never closed,,\n')
    assert told(scan(tree)) == {("wheel_record_malformed", f"x.whl!{INFO}/RECORD", "2 rows")}


@pytest.mark.parametrize("name", ["md5", "sha1", "sha384", "sha512"])
def test_other_digests(tree, scan, name):
    core = FILES["demo/core.py"]

    def rows(listed):
        return listed.replace(wheels.digest(core).encode(), wheels.digest(core, name).encode())

    wheels.wheel(tree / "x.whl", FILES, rows=rows)
    wheels.wheel(tree / "longer.whl", FILES, rows=rows, changed={"demo/core.py": core + b"#"})
    assert told(scan(tree)) == {("wheel_record_unproven", f"x.whl!{INFO}/RECORD", "1 file: demo/core.py"),
                                ("wheel_record_altered", f"longer.whl!{INFO}/RECORD", "1 file: demo/core.py")}


def test_a_record_of_more_than_16_mib(tree, scan):
    """What lies behind is not known: nothing is missing, nothing unlisted, and a gap says so."""
    size = 16 << 20
    filler = b"".join(b"filler/%07d.py,,\n" % i for i in range(size // 20 + 1000))
    wheels.wheel(tree / "x.whl", FILES, rows=lambda rows: rows + filler, late={"demo/more.py": b"1", "x.pth": PTH})
    began = time.monotonic()
    result = scan(tree, "--max-ratio", "100000")
    assert time.monotonic() - began < 30 * sweep.PATIENCE
    reasons = {gap["reason"] for gap in result.gaps}
    assert "limit_bytes" in reasons and result.code == sweep.EXIT_GAPS, result
    assert "wheel_record_unlisted" not in names(result) and "wheel_record_unlisted_pth" not in names(result)


def test_a_record_of_many_rows_stays_within_memory(tree, scan):
    rows = b"".join(b"d/%x.py,,\n" % i for i in range(900000))
    wheels.wheel(tree / "x.whl", FILES, rows=lambda old: old + rows, changed={"demo/core.py": b"other"})
    result = scan(tree, "--memory", "128M", "--max-ratio", "100000")
    assert "limit_memory" in {gap["reason"] for gap in result.gaps}
    assert names(result) == {"wheel_record_altered"}


def test_inside_other_archives(tree, scan):
    path = wheels.wheel(tree / "demo.whl", FILES, changed={"demo/core.py": b"other\n"})
    with tarfile.open(tree / "all.tar.gz", "w:gz") as archive:
        archive.add(path, "deep/demo.whl")
    path.unlink()
    assert {(name, place) for name, place, _ in told(scan(tree))} == {
        ("wheel_record_altered", f"all.tar.gz!all.tar!deep/demo.whl!{INFO}/RECORD")}
    assert told(scan(tree, "--no-archives")) == set()


def test_a_zip_that_is_no_wheel(tree, scan):
    """An sdist, an egg, an application: without RECORD at the top nothing is compared."""
    with zipfile.ZipFile(tree / "app.zip", "w") as archive:
        archive.writestr("app/__init__.py", b"1")
        archive.writestr("app/x.pth", PTH)
        archive.writestr("lib/demo-1.0.dist-info/RECORD", b"lib/gone.py,,\n")
    assert told(scan(tree)) == set()


def test_a_damaged_member(tree, scan):
    """A checksum that does not fit is a gap, and hides nothing."""
    path = wheels.wheel(tree / "x.whl", {**FILES, "demo/big.py": random.Random(1).randbytes(5000)})
    data = bytearray(path.read_bytes())
    at = data.find(b"demo/big.py") + 2000
    data[at] ^= 0xff
    path.write_bytes(data)
    result = scan(tree)
    assert {gap["reason"] for gap in result.gaps} == {"damaged"}
    assert told(result) == {("wheel_record_altered", f"x.whl!{INFO}/RECORD", "1 file: demo/big.py")}


def test_a_member_that_cannot_be_had_is_neither_altered_nor_missing(tree, scan):
    files = {**FILES, "demo/big.py": b"#" * 5000}
    wheels.wheel(tree / "x.whl", files, changed={"demo/big.py": b"#" * 6000})
    result = scan(tree, "--max-file-size", "5500")
    assert {gap["reason"] for gap in result.gaps} == {"limit_size"} and told(result) == set()


def test_the_same_for_any_number_of_threads(tree, scan):
    for i in range(8):
        wheels.wheel(tree / f"{i}.whl", {**FILES, f"demo/{i}.py": b"x"}, changed={f"demo/{i}.py": b"y"},
                     late={"demo/z.py": b"", f"{i}.pth": PTH})
    assert told(scan("-j", "1", tree)) == told(scan("-j", "2", tree)) != set()


# --- installed ---


@pytest.fixture
def site(tree):
    return wheels.environment(tree / "venv")


def below(site, tree):
    return str(site.relative_to(tree))


ENTRY = {f"{INFO}/entry_points.txt": b"[console_scripts]\ndemo = demo.core:go\n"}


def test_an_honest_installation(tree, place, site, scan):
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", {**FILES, **ENTRY}))
    assert (tree / "venv/bin/demo").exists() and list(site.glob("demo/__pycache__/*.pyc"))
    result = scan(tree, "--integrity")
    assert result.code == sweep.EXIT_CLEAN and result.findings == [], told(result)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_was_done_to_an_installation(tree, place, site, scan, threads):
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES))
    (site / "demo/core.py").write_bytes(b"other\n")
    (site / "demo/data.txt").unlink()
    (site / "demo/more.py").write_bytes(b"more\n")
    (site / "demo/sub").mkdir()
    (site / "demo/sub/notes.txt").write_bytes(b"notes\n")
    (site / "demo_init.pth").write_bytes(PTH)
    (site / "paths.pth").write_bytes(b"/opt/lib\n")
    (site / "loose.py").write_bytes(b"nobody's\n")
    where = below(site, tree)
    record = f"{where}/{INFO}/RECORD"
    pth = "no RECORD beside it lists it, and it holds code"
    wanted = {("installed_record_altered", record, "1 file: demo/core.py"),
              ("installed_record_missing", record, "1 file: demo/data.txt"),
              ("installed_record_unlisted", record, "1 file: demo/more.py"),
              ("installed_record_unlisted_data", record, "1 file: demo/sub/notes.txt"),
              ("installed_record_unlisted_pth", f"{where}/demo_init.pth", pth),
              ("installed_record_unlisted_paths", f"{where}/paths.pth", "no RECORD beside it lists it; it holds no code")}
    result = scan("-j", str(threads), tree, "--integrity")
    assert told(result) == wanted
    found = finding(result, "installed_record_unlisted_pth")
    assert found["object"]["sha256"] == sha256(PTH) and found["severity"] == "high"
    assert found["object"]["mime"].startswith("text/")
    assert told(scan("-j", str(threads), tree)) == set()  # only when it is asked for
    # In an archive, and in an archive that flows, it is the same.
    (tree / "layer").mkdir()
    with tarfile.open(tree / "layer/all.tar.gz", "w:gz") as archive:
        archive.add(tree / "venv", "./opt/venv")
    shutil.rmtree(tree / "venv")
    inside = {(name, at.replace("venv/", "layer/all.tar.gz!all.tar!./opt/venv/", 1), what) for name, at, what in wanted}
    assert told(scan("-j", str(threads), tree, "--integrity")) == inside
    assert told(scan("-j", str(threads), tree)) == set()


def test_links_and_devices_in_an_archive_are_there(tree, scan):
    """They are not missing, and a .pth that is one has its content elsewhere."""
    rows = wheels.record({"d/a.py": b"1"}, "d-1.dist-info/RECORD") + b"d/link.txt,,\n"
    with tarfile.open(tree / "layer.tar.gz", "w:gz") as archive:
        for name, data in {"d-1.dist-info/RECORD": rows, "d/a.py": b"1"}.items():
            info = tarfile.TarInfo(f"./v/site-packages/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, kind in (("d/link.txt", tarfile.SYMTYPE), ("x.pth", tarfile.LNKTYPE), ("y.pth", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(f"./v/site-packages/{name}")
            info.type, info.linkname = kind, "./v/site-packages/d/a.py"
            archive.addfile(info)
    result = scan(tree, "--integrity")
    assert told(result) == set() and result.engine_deaths == [], result


def test_two_that_share_a_namespace(tree, place, site, scan):
    one = wheels.wheel(place / "ns_one-1.0-py3-none-any.whl", {"ns/one/__init__.py": b"1\n"}, name="ns_one")
    two = wheels.wheel(place / "ns_two-1.0-py3-none-any.whl", {"ns/two/__init__.py": b"2\n"}, name="ns_two")
    wheels.install(tree / "venv", one, two)
    (site / "ns/three").mkdir()
    (site / "ns/three/__init__.py").write_bytes(b"of a distribution without RECORD\n")
    assert told(scan(tree, "--integrity")) == set()
    (site / "ns/two/evil.py").write_bytes(b"3\n")
    assert {(name, at.split("/")[-2]) for name, at, _ in told(scan(tree, "--integrity"))} == {
        ("installed_record_unlisted", "ns_two-1.0.dist-info")}


def test_an_editable_installation(tree, place, site, scan):
    """What setuptools installs for `pip install -e`: a .pth and a finder, both listed."""
    files = {"__editable__.demo-1.0.pth": b"import __editable___demo_1_0_finder; __editable___demo_1_0_finder.install()\n",
             "__editable___demo_1_0_finder.py": b"def install():\n    pass\n"}
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-0.editable-py3-none-any.whl", files))
    (site / "easy-install.pth").write_bytes(b"import sys; sys.__plen = len(sys.path)\n/src/demo\nimport sys; "
                                           b"new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; p=getattr(sys,"
                                           b"'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)\n")
    assert names(scan(tree, "--integrity")) == {"installed_record_unlisted_paths"}  # low: easy-install.pth


def test_what_was_not_read_is_not_missing(tree, place, site, scan):
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", {**FILES, "demo/big.py": b"#" * 5000}))
    result = scan(tree, "--integrity", "--max-file-size", "4000")
    assert [gap["reason"] for gap in result.gaps] and "installed_record_missing" not in names(result)


def test_links_of_a_cache(tree, place, site, scan):
    """uv and conda link files from their caches: each name is compared where it lies."""
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES))
    (tree / "a-cache").mkdir()
    for path in [p for p in site.rglob("*") if p.is_file()]:
        os.link(path, tree / "a-cache" / f"{path.stat().st_ino}")
    assert told(scan("-j", "1", tree, "--integrity")) == set()
    (site / "demo/core.py").write_bytes(b"other\n")  # in the cache too
    assert names(scan("-j", "1", tree, "--integrity")) == {"installed_record_altered"}


def test_a_known_bad_distribution_is_compared_unasked(tree, place, site):
    """Inert, by name and version only."""
    files = {"litellm/__init__.py": b"1\n", "litellm/proxy/a.py": b"2\n"}
    path = wheels.wheel(place / "litellm-1.82.7-py3-none-any.whl", files, name="litellm", version="1.82.7")
    clean = wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES)
    wheels.install(tree / "venv", path, clean)
    (site / "litellm/proxy/a.py").write_bytes(b"other\n")
    (site / "litellm/more.py").write_bytes(b"3\n")
    (site / "demo/core.py").write_bytes(b"other\n")
    result = sweep.scan(tree)
    record = f"{below(site, tree)}/litellm-1.82.7.dist-info/RECORD"
    assert told(result) == {("installed_record_altered", record, "1 file: litellm/proxy/a.py"),
                            ("installed_record_unlisted", record, "1 file: litellm/more.py")}
    with tarfile.open(tree / "all.tar", "w") as archive:
        archive.add(tree / "venv", "venv")
    shutil.rmtree(tree / "venv")
    assert {name for name, at, _ in told(sweep.scan(tree)) if "litellm-1.82.7" in at} == {
        "installed_record_altered", "installed_record_unlisted"}


def test_an_interrupted_sweep_says_only_what_it_knows(tree, place, site, rules):
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES))
    for i in range(300):
        (tree / f"ballast-{i}").write_bytes(os.urandom(2 << 20))
    process = sweep.start(["scan", "--no-builtin-rules", "-r", rules, "-j", "1", "--no-prefilter", "--integrity", tree])
    sweep.engine_of(process)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    result = sweep.end(process)
    assert result.code == sweep.EXIT_INTERRUPTED
    assert names(result) <= {"installed_record_altered"} and told(result) == set()


def test_suppression_and_severity(tree, place, site, scan):
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES))
    (site / "demo/core.py").write_bytes(b"other\n")
    assert scan(tree, "--integrity").code == sweep.EXIT_FINDINGS
    assert scan(tree, "--integrity", "--fail-on", "high").code == sweep.EXIT_CLEAN


@pytest.mark.parametrize("word", ["segv", "abort"])
def test_an_engine_that_dies_meanwhile(tree, place, site, rules, word):
    """Rows that were sent before it died come again, and change nothing."""
    wheels.install(tree / "venv", wheels.wheel(place / "demo-1.0-py3-none-any.whl", FILES))
    (site / "demo/core.py").write_bytes(b"other\n")
    (site / "demo/bad.py").write_bytes(b"SWEEPER-FAULT:" + word.encode())
    result = sweep.scan("--no-builtin-rules", "-r", rules, tree, "--integrity", binary=sweep.FAULTY)
    assert result.engine_deaths
    record = f"{below(site, tree)}/{INFO}/RECORD"
    assert told(result) == {("installed_record_altered", record, "1 file: demo/core.py"),
                            ("installed_record_unlisted", record, "1 file: demo/bad.py")}
