# SPDX-License-Identifier: Apache-2.0
"""Files that are one object: split archives, zips in several parts, volumes. They are opened
once, where the set leads, and what is missing is named."""

import io
import os
import random
import resource
import shutil
import subprocess
import tarfile
import zipfile

import archives
import pytest
import sweep
from conftest import CANARY

seed = random.Random(20260319)
FILES = {
    "n1": seed.randbytes(150_000),
    "n2": CANARY + b"\n" + seed.randbytes(100_000),
    "deep/small": b"a " + CANARY,
    "tail": seed.randbytes(40_000) + CANARY + seed.randbytes(60_000),
}
HITS = {"n2", "deep/small", "tail"}
needs_7z = pytest.mark.skipif(not shutil.which("7z"), reason="no 7z")
needs_zip = pytest.mark.skipif(not shutil.which("zip"), reason="no zip")


def write(folder, name, data):
    folder.mkdir(exist_ok=True, parents=True)
    with open(os.path.join(os.fsencode(folder), os.fsencode(name)), "wb") as file:
        file.write(data)


def cut(folder, name, data, size, form="{:03d}", first=1):
    """As split(1) does."""
    names = []
    for at in range(0, len(data), size):
        names.append(f"{name}.{form.format(first + at // size)}")
        write(folder, names[-1], data[at:at + size])
    return names


def letters(folder, name, data, size):
    for at in range(0, len(data), size):
        number = at // size
        write(folder, f"{name}.{chr(97 + number // 26)}{chr(97 + number % 26)}", data[at:at + size])


def by_7z(folder, name, kind, size="100k"):
    source = folder.parent / "source"
    if not source.exists():
        for path, data in FILES.items():
            target = source / path
            target.parent.mkdir(exist_ok=True, parents=True)
            target.write_bytes(data)
    folder.mkdir(exist_ok=True)
    subprocess.run(["7z", "a", "-bd", f"-t{kind}", *(["-ms=off"] if kind == "7z" else []), f"-v{size}", folder / name, "."], cwd=source, check=True,
                   stdout=subprocess.DEVNULL)


def by_zip(folder, name, size="64k"):
    source = folder.parent / "source-of-zip"
    for path, data in FILES.items():
        target = source / path
        target.parent.mkdir(exist_ok=True, parents=True)
        target.write_bytes(data)
    folder.mkdir(exist_ok=True)
    subprocess.run(["zip", "-q", "-s", size, "-r", folder / name, *sorted(os.listdir(source))], cwd=source, check=True)


def volumes(folder, make, form):
    for number, data in enumerate(make(FILES, 100_000)):
        write(folder, form(number), data)


def packed(kind):
    return {"tar": archives.tar, "zip": archives.zip_}.get(kind, lambda files: shutil_pack(kind, files))(FILES)


def shutil_pack(kind, files):
    import bz2
    import gzip
    import lzma
    return {"tar.gz": gzip.compress, "tar.xz": lzma.compress, "tar.bz2": bz2.compress}[kind](archives.tar(files))


# Each makes a set in a folder: its name, where it leads, and the way from there to the members.
SETS = {
    "7z": (needs_7z, lambda f: by_7z(f, "x.7z", "7z"), "x.7z.001", ""),
    "zip in pieces": (needs_7z, lambda f: by_7z(f, "x.zip", "zip"), "x.zip.001", ""),
    "zip in parts": (needs_zip, lambda f: by_zip(f, "x.zip"), "x.zip", ""),
    "tar": (None, lambda f: cut(f, "x.tar", packed("tar"), 51_200), "x.tar.001", ""),
    "tar.gz": (None, lambda f: letters(f, "x.tar.gz", packed("tar.gz"), 70_000), "x.tar.gz.aa", "x.tar!"),
    "tar.xz": (None, lambda f: cut(f, "x.tar.xz", packed("tar.xz"), 99_999), "x.tar.xz.001", "x.tar!"),
    "no word before": (None, lambda f: cut(f, "backup", packed("tar.bz2"), 100_000), "backup.001", "content!"),
    "letters alone": (None, lambda f: letters(f, "backup", packed("zip"), 100_000), "backup.aa", ""),
    "volumes": (None, lambda f: volumes(f, archives.rar_volumes, lambda n: f"x.part{n + 1}.rar"), "x.part1.rar", ""),
    "old volumes": (None, lambda f: volumes(f, archives.rar_volumes, lambda n: f"x.r{n - 1:02d}" if n else "x.rar"),
                    "x.rar", ""),
    "volumes of 5": (None, lambda f: volumes(f, archives.rar5_volumes, lambda n: f"x.part{n + 1:02d}.rar"),
                     "x.part01.rar", ""),
}


def params(*names):
    return [pytest.param(*SETS[name][1:], id=name, marks=[SETS[name][0]] if SETS[name][0] else [])
            for name in names or SETS]


def members(result):
    """{locator} of findings that lie in something."""
    return {f["locator"] for f in result.findings if len(f["chain"]) > 1}


def gaps(result):
    return {(g["reason"], g["locator"]) for g in result.gaps}


def inner(name):
    return {f"{name}"}


def shown(path, way, names=HITS):
    return {f"{path}!{way}{name.replace('deep/', prefix)}" for name in names for prefix in ("deep/",)}


# --- whole sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make, lead, way", params())
def test_a_set_is_opened_once(tree, scan, make, lead, way):
    make(tree / "set")
    result = scan(tree)
    names = sorted(os.listdir(tree / "set"))
    assert result.gaps == [] and result.engine_deaths == [], str(result)
    assert members(result) == shown(tree / "set" / lead, way)
    for finding in result.findings:
        if len(finding["chain"]) > 1:
            assert finding["chain"][1]["parts"] == len(names)
            assert all("parts" not in hop for hop in finding["chain"][2:])
            assert finding["object"]["path"] == str(tree / "set" / lead)
    shutil.rmtree(tree.parent / "source", ignore_errors=True)


@pytest.mark.parametrize("make, lead, way", params())
def test_whatever_the_number_of_threads(tree, scan, make, lead, way):
    make(tree / "set")
    make(tree / "once more")
    for name in sorted(os.listdir(tree / "once more"))[1:2]:
        os.unlink(tree / "once more" / name)
    with tarfile.open(tree / "both.tar", "w") as tar:
        for folder in ("set", "once more"):
            for name in sorted(os.listdir(tree / folder), reverse=True):
                tar.add(tree / folder / name, f"{folder}/{name}")
    first = None
    for threads in (1, 2, 8):
        result = scan(tree, f"-j{threads}", "-o", "json", records=False)
        import json
        document = json.loads(result.stdout)
        told = [r for r in document["records"] if r["type"] in ("finding", "gap")]
        first = told if first is None else first
        assert told == first and len(told) > 3


@needs_7z
def test_what_7z_unpacks_is_found(tree, place, scan):
    by_7z(tree, "x.7z", "7z", "33k")
    subprocess.run(["7z", "x", "-bd", f"-o{place / 'out'}", tree / "x.7z.001"], check=True, stdout=subprocess.DEVNULL)
    unpacked = {os.path.relpath(f["object"]["path"], place / "out") for f in scan(place / "out").findings}
    assert {locator.partition("!")[2] for locator in members(scan(tree))} == unpacked == HITS


@needs_zip
def test_what_zip_joins_is_found(tree, place, scan):
    by_zip(tree, "x.zip", "65k")
    subprocess.run(["zip", "-q", "-s", "0", tree / "x.zip", "--out", place / "whole.zip"], check=True)
    whole = {(f["rule"]["name"], f["locator"].partition("!")[2]) for f in scan(place / "whole.zip").findings
             if len(f["chain"]) > 1}
    result = scan(tree)
    assert {(f["rule"]["name"], f["locator"].partition("!")[2]) for f in result.findings if len(f["chain"]) > 1} == whole
    assert result.gaps == [] and not [f for f in result.findings if f["kind"] == "integrity"]


def test_a_thousand_parts(tree, scan):
    data = archives.tar({"a": bytes(1_000_000), "b": CANARY})
    size = -(-len(data) // 1000)
    assert len(cut(tree, "x.tar", data, size)) == 1000
    result = scan(tree)
    assert members(result) == {f"{tree}/x.tar.001!b"} and result.gaps == []
    (finding,) = [f for f in result.findings if len(f["chain"]) > 1]
    assert finding["chain"][1]["parts"] == 1000


def test_more_than_a_thousand_parts(tree, scan):
    data = archives.tar({"a": CANARY, "b": bytes(1_000_000)})
    cut(tree, "x.tar", data, len(data) // 1004)
    result = scan(tree)
    assert f"{tree}/x.tar.001!a" in members(result)
    assert {reason for reason, _ in gaps(result)} <= {"limit_members", "missing_part"} and result.code != 0
    assert ("limit_members", f"{tree}/x.tar.001") in gaps(result)


def test_few_descriptors(tree, rules):
    """No deadlock, and nothing in silence."""
    for number in range(6):
        cut(tree / str(number), "x.tar", archives.tar({"a": CANARY, "b": bytes(60_000)}), 1024)
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-j2", tree, timeout=60,
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
    assert result.engine_deaths == []
    for number in range(6):
        lead = f"{tree}/{number}/x.tar.001"
        assert f"{lead}!a" in members(result) or lead in {where for _, where in gaps(result)}
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-j8", tree, timeout=60,
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500)))
    assert result.gaps == [] and len(members(result)) == 6


# --- what is missing -------------------------------------------------------------------------------


@pytest.mark.parametrize("make, lead, way", params())
def test_the_last_is_missing(tree, scan, make, lead, way):
    make(tree)
    # Of what zip writes the last part is the one that leads.
    names = sorted(name for name in os.listdir(tree) if name != lead)
    os.unlink(tree / names[-1])
    result = scan(tree)
    assert {reason for reason, _ in gaps(result)} == {"missing_part"}, gaps(result)
    assert any(names[-1] in gap["detail"] for gap in result.gaps), [gap["detail"] for gap in result.gaps]


@pytest.mark.parametrize("make, lead, way", params())
def test_one_between_is_missing(tree, scan, make, lead, way):
    make(tree)
    names = sorted(name for name in os.listdir(tree) if name != lead)
    gone = names[1]
    os.unlink(tree / gone)
    result = scan(tree)
    assert {reason for reason, _ in gaps(result)} == {"missing_part"}, gaps(result)
    assert ("missing_part", f"{tree}/{lead}") in gaps(result)
    (whole,) = [g for g in result.gaps if "cannot be had: " in g["detail"]]
    assert whole["detail"].endswith(f"cannot be had: {gone}")


@pytest.mark.parametrize("make, lead, way", params("7z", "zip in pieces", "zip in parts", "tar", "tar.xz", "volumes",
                                                   "old volumes", "volumes of 5"))
def test_the_one_that_leads_is_missing(tree, scan, make, lead, way):
    make(tree)
    os.unlink(tree / lead)
    first = sorted(os.listdir(tree))[0]
    result = scan(tree)
    told = [g for g in result.gaps if lead in g["detail"] and g["reason"] == "missing_part"]
    assert [g["locator"] for g in told] == [f"{tree}/{first}"]
    # Volumes are opened by themselves, too, and begin in the middle of something.
    assert {reason for reason, _ in gaps(result)} - {"damaged"} == {"missing_part"}, gaps(result)


@needs_zip
def test_members_in_other_parts_are_read(tree, scan):
    """A part of a zip costs what lies in it, and no more."""
    by_zip(tree, "x.zip", "64k")
    names = sorted(os.listdir(tree))
    for gone in names[:-1]:
        data = (tree / gone).read_bytes()
        os.unlink(tree / gone)
        result = scan(tree)
        assert {reason for reason, _ in gaps(result)} == {"missing_part"}
        found = {locator.partition("!")[2] for locator in members(result)}
        named = " ".join(g["locator"] + g["detail"] for g in result.gaps)
        assert all(name in found or name in named for name in HITS), (gone, found, named)
        (tree / gone).write_bytes(data)
    assert members(scan(tree)) == shown(tree / "x.zip", "")


@needs_7z
def test_alone(tree, scan):
    by_7z(tree / "set", "x.7z", "7z")
    shutil.move(tree / "set" / "x.7z.001", tree / "x.7z.001")
    shutil.rmtree(tree / "set")
    assert gaps(scan(tree)) == {("missing_part", f"{tree}/x.7z.001")}


def test_left_out_by_name(tree, scan):
    names = cut(tree, "x.tar", packed("tar"), 51_200)
    result = scan("--exclude", "*.003", tree)
    assert result.end["excluded"]["glob"] == 1 if "excluded" in result.end else True
    (whole,) = [g for g in result.gaps if "cannot be had: " in g["detail"]]
    assert whole["detail"].endswith("x.tar.003 (left out)") and len(names) > 4


@pytest.mark.parametrize("what", ["symlink", "directory", "fifo"])
def test_what_is_no_file_is_no_part(tree, place, scan, what):
    cut(tree, "x.tar", packed("tar"), 51_200)
    shutil.move(tree / "x.tar.003", place / "elsewhere")
    if what == "symlink":
        (tree / "x.tar.003").symlink_to(place / "elsewhere")
    elif what == "directory":
        (tree / "x.tar.003").mkdir()
    else:
        os.mkfifo(tree / "x.tar.003")
    (whole,) = [g for g in scan(tree).gaps if "cannot be had: " in g["detail"]]
    assert whole["reason"] == "missing_part" and whole["detail"].endswith("x.tar.003")


def test_a_part_that_may_not_be_read(tree, rules, worldly):
    tree.chmod(0o755)
    for name in cut(tree, "x.tar", packed("tar"), 51_200):
        (tree / name).chmod(0o644)
    (tree / "x.tar.003").chmod(0)
    rules.chmod(0o644)
    if os.geteuid() != 0:
        pytest.skip("only root can become another")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, user=sweep.NOBODY, **worldly)
    assert ("unreadable", f"{tree}/x.tar.003") in gaps(result)
    (whole,) = [g for g in result.gaps if "cannot be had: " in g["detail"]]
    assert whole["detail"].endswith("x.tar.003 (cannot be opened)")


def test_wrong_sizes(tree, scan):
    """A part that was cut off or has grown damages what it holds, and that is told."""
    for name, change in (("short", lambda data: data[:-700]), ("long", lambda data: data + bytes(700)),
                         ("empty", lambda data: b"")):
        cut(tree / name, "x.tar", packed("tar"), 51_200)
        path = tree / name / "x.tar.003"
        path.write_bytes(change(path.read_bytes()))
        result = scan(tree / name)
        assert result.gaps != [] and all(g["locator"].startswith(f"{tree / name}/x.tar.001") for g in result.gaps), name


# --- names -----------------------------------------------------------------------------------------


def test_names_that_are_not_utf8(tree, scan):
    data = packed("tar")
    for number, at in enumerate(range(0, len(data), 51_200)):
        if number != 2:
            write(tree, b"\xff\n!.tar.%03d" % (number + 1), data[at:at + 51_200])
    result = scan(tree)
    assert f"{tree}/%FF%0A%21.tar.001!n2" in members(result) or members(result) == set()
    (whole,) = [g for g in result.gaps if "cannot be had: " in g["detail"]]
    assert whole["detail"].endswith(r"\xff\x0a!.tar.003")


def test_capitals(tree, scan):
    data = archives.tar(FILES)
    cut(tree, "X.TAR", data, 51_200)
    for number, data in enumerate(archives.rar_volumes(FILES, 100_000)):
        write(tree, f"Y.R{number - 1:02d}" if number else "Y.RAR", data)
    result = scan(tree)
    assert members(result) == shown(tree / "X.TAR.001", "") | shown(tree / "Y.RAR", "") and result.gaps == []


def test_the_order_of_the_directory_does_not_matter(place, scan):
    data = packed("tar.gz")
    names = cut(place / "first", "x.tar.gz", data, 20_000)
    told = []
    for order in (names, names[::-1], seed.sample(names, len(names))):
        folder = place / "tree"
        for name in order:
            write(folder, name, (place / "first" / name).read_bytes())
        told.append((members(scan(folder)), scan(folder).gaps))
        shutil.rmtree(folder)
    assert told[0] == told[1] == told[2] and told[0][1] == []


def test_hard_links(tree, scan):
    """The same files under other names are another set."""
    names = cut(tree / "a", "x.tar", packed("tar"), 51_200)
    (tree / "b").mkdir()
    (tree / "c").mkdir()
    for name in names:
        os.link(tree / "a" / name, tree / "b" / name.replace("x", "y"))
    os.link(tree / "a" / "x.tar.001", tree / "c" / "other")
    result = scan(tree)
    assert shown(tree / "a" / "x.tar.001", "") | shown(tree / "b" / "y.tar.001", "") <= members(result)
    assert {where.partition("!")[0] for _, where in gaps(result)} == {f"{tree}/c/other"}


# --- what is no set --------------------------------------------------------------------------------


def test_whole_archives_under_such_names(tree, scan):
    """Rotated by a program that numbers them: each is opened by itself."""
    for number in range(1, 4):
        write(tree, f"log.{number:03d}", archives.zip_({f"f{number}": CANARY, "pad": bytes(100 - number)}))
        write(tree, f"day.zip.{number:03d}", archives.zip_({f"f{number}": CANARY}))
    result = scan(tree)
    assert members(result) == {f"{tree}/{name}.{n:03d}!f{n}" for name in ("log", "day.zip") for n in range(1, 4)}
    assert result.gaps == [] and not [f for f in result.findings if f["kind"] == "integrity"]


def test_nothing_hides_behind_a_name(tree, scan):
    """What stands in the place of the one that leads is no container, or whole: the others are opened."""
    inside = shutil_pack("tar.gz", {"evil": CANARY})
    whole = archives.zip_({"a": b"nothing"})
    for folder, lead in (("text", b"a text\n"), ("empty", b""), ("whole", whole)):
        for first, second in (("x.7z.001", "x.7z.002"), ("x.zip", "x.z01"), ("x.rar", "x.r00"),
                              ("x.part1.rar", "x.part2.rar"), ("y.aa", "y.ab"), ("y.001", "y.002")):
            write(tree / folder / first, first, lead)
            write(tree / folder / first, second, inside)
    result = scan(tree)
    assert len(members(result)) == 18, sorted(members(result))
    assert result.gaps == []


@pytest.mark.parametrize("name, make", [("cab", archives.cab), ("rar", archives.rar), ("rar", archives.rar5)])
def test_what_is_whole_is_no_part(tree, scan, name, make):
    write(tree, f"x.{name}.001", make({"a": b"nothing"}))
    write(tree, f"x.{name}.002", shutil_pack("tar.gz", {"evil": CANARY}))
    assert [locator.endswith("!evil") for locator in members(scan(tree))] == [True]
    data = make({"n": CANARY + seed.randbytes(20_000)})
    cut(tree / "cut", f"x.{name}", data, 8_000)
    result = scan(tree / "cut")
    assert members(result) == {f"{tree}/cut/x.{name}.001!n"} and result.gaps == []


def test_what_follows_a_whole_stream_is_read_with_it(tree, scan):
    write(tree, "x.tar.gz.001", shutil_pack("tar.gz", {"a": b"nothing"}))
    write(tree, "x.tar.gz.002", shutil_pack("tar.gz", {"evil": CANARY}))
    result = scan(tree)
    assert [locator.endswith("!evil") for locator in members(result)] == [True] and result.gaps == []


def test_what_is_too_far_away_is_opened_by_itself(tree, scan):
    for name, content in (("001", b"nothing"), ("034", CANARY), ("035", CANARY)):
        write(tree / "far", f"x.tar.gz.{name}", shutil_pack("tar.gz", {"a" + name: content}))
    result = scan(tree)
    assert {locator.rpartition("!")[2] for locator in members(result)} == {"a034", "a035"} and result.gaps == []
    write(tree / "near", "x.tar.gz.001", shutil_pack("tar.gz", {"a": b"nothing"}))
    write(tree / "near", "x.tar.gz.033", shutil_pack("tar.gz", {"a": CANARY}))
    assert gaps(scan(tree / "near")) != set()


def test_other_names_are_left_alone(tree, scan):
    for name in ("x.tar.gz", "a.so.002", "b.z01", "c.r00", "d.002", "configure.ac", "e.py", "x.1.zip"):
        write(tree, name, b"words")
    assert scan(tree).gaps == [g for g in scan(tree).gaps if g["detail"].startswith("b.zip")]


def test_sizes_together(tree, scan):
    cut(tree, "x.tar", packed("tar"), 51_200)
    result = scan("--max-file-size", "200K", tree)
    assert gaps(result) == {("limit_size", f"{tree}/x.tar.001")} and members(result) == set()


def test_without_archives(tree, scan):
    names = cut(tree, "x.tar", packed("tar"), 51_200)
    os.unlink(tree / names[1])
    result = scan("--no-archives", tree)
    assert result.gaps == [] and members(result) == set()


# --- targets ---------------------------------------------------------------------------------------


def test_a_target_gathers_what_lies_beside_it(tree, scan):
    names = cut(tree, "x.tar", packed("tar"), 51_200)
    lead = tree / "x.tar.001"
    assert members(scan(lead)) == shown(lead, "")
    assert members(scan(tree / names[3])) == shown(tree / names[3], "")
    assert members(scan(*(tree / name for name in names))) == shown(lead, "")
    assert members(scan(tree / names[4], tree / names[2])) == shown(tree / names[2], "")
    assert members(scan(tree, tree / names[2])) >= shown(lead, "")
    (tree.parent / "link").symlink_to(lead)
    assert members(scan(tree.parent / "link")) == shown(lead, "")
    assert members(scan("x.tar.001", cwd=tree)) == shown(lead, "")


# --- members ---------------------------------------------------------------------------------------


def as_tar(folder, order=sorted, twice=()):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in [*order(os.listdir(folder)), *twice]:
            tar.add(folder / name, f"in/{name}")
    return out.getvalue()


def as_zip(folder, order=sorted):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in order(os.listdir(folder)):
            zipped.write(folder / name, f"in/{name}")
    return out.getvalue()


@pytest.mark.parametrize("make, lead, way", params(*(name for name in SETS if name not in ("no word before", "letters alone"))))
def test_members_of_one_archive(tree, place, scan, make, lead, way):
    import gzip
    make(place / "set")
    backwards = lambda names: sorted(names, reverse=True)
    write(tree, "a.tar", as_tar(place / "set"))
    write(tree, "b.tar", as_tar(place / "set", backwards))
    write(tree, "c.zip", as_zip(place / "set", backwards))
    write(tree, "d.tar.gz", gzip.compress(as_tar(place / "set")))
    result = scan(tree)
    wanted = set()
    for outer in ("a.tar", "b.tar", "c.zip", "d.tar.gz!d.tar"):
        wanted |= shown(f"{tree}/{outer}!in/{lead}", way)
    assert result.gaps == [], result.gaps
    assert {locator for locator in members(result) if locator.count("!") > 1 + ("d.tar.gz" in locator)} == wanted
    count = len(os.listdir(place / "set"))
    for finding in result.findings:
        if finding["locator"] in wanted:
            assert [hop["parts"] for hop in finding["chain"] if "parts" in hop] == [count]


def test_parts_without_a_word_before_come_in_order(tree, place, scan):
    cut(place / "set", "backup", packed("zip"), 100_000)
    write(tree, "a.tar", as_tar(place / "set"))
    assert shown(f"{tree}/a.tar!in/backup.001", "") <= members(scan(tree))


def test_members_that_are_missing(tree, place, scan):
    cut(place / "set", "x.tar", packed("tar"), 51_200)
    for gone, told in (("x.tar.003", "x.tar.003"), ("x.tar.001", "x.tar.001")):
        data = (place / "set" / gone).read_bytes()
        os.unlink(place / "set" / gone)
        write(tree, f"without-{gone}.zip", as_zip(place / "set"))
        (place / "set" / gone).write_bytes(data)
        result = scan(tree / f"without-{gone}.zip")
        assert {g["reason"] for g in result.gaps} == {"missing_part"}
        assert any(told in g["detail"] and g["locator"].count("!") == 1 for g in result.gaps)


def test_a_member_twice(tree, place, scan):
    """The first of each name is joined, the other is opened by itself."""
    names = cut(place / "set", "x.tar", packed("tar"), 51_200)
    write(tree, "a.tar", as_tar(place / "set", twice=names[:2]))
    result = scan(tree)
    assert shown(f"{tree}/a.tar!in/x.tar.001", "") <= members(result)


def test_sets_in_sets(tree, place, scan):
    cut(place / "inner", "x.tar", packed("tar"), 51_200)
    cut(tree, "y.tar", as_tar(place / "inner"), 77_777)
    result = scan(tree)
    assert shown(f"{tree}/y.tar.001!in/x.tar.001", "") <= members(result) and result.gaps == []
    assert [[hop.get("parts", 0) > 1 for hop in f["chain"]] for f in result.findings
            if f["locator"].endswith("!n2")] == [[False, True, True]]


def test_parts_that_do_not_fit_into_memory(tree, place, scan):
    files = dict(FILES, large=seed.randbytes(1 << 20) * 150)
    data = archives.tar(files)
    cut(place / "set", "x.tar", data, 40 << 20)
    write(tree, "a.tar", as_tar(place / "set"))
    result = scan("--memory", "64M", "-j1", tree)
    assert shown(f"{tree}/a.tar!in/x.tar.001", "") <= members(result) and result.gaps == []
    result = scan("--memory", "64M", "-j1", "--spill", "50M", tree)
    assert "limit_spill" in {reason for reason, _ in gaps(result)}


# --- the engine dies -------------------------------------------------------------------------------


def test_a_member_of_a_set_that_kills(tree, rules):
    files = {"a": CANARY, "bad": b"SWEEPER-FAULT:segv\n", "b": b"b " + CANARY, "pad": bytes(50_000)}
    cut(tree, "x.tar", archives.tar(files), 10_240)
    if not os.path.exists(sweep.FAULTY):
        pytest.skip("no program with faults")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-j2", tree, binary=sweep.FAULTY)
    assert members(result) == {f"{tree}/x.tar.001!a", f"{tree}/x.tar.001!b"}
    assert gaps(result) == {("crash", f"{tree}/x.tar.001!bad")}
