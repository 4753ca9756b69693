# SPDX-License-Identifier: Apache-2.0
"""Exactly libyara's answer: for more than 60 rules with every feature of the
language over thousands of files, each (rule, file, string, offset, length) is
the one that the yara command gives."""

import collections
import itertools
import os
import pathlib
import re
import shutil
import subprocess

import corpus
import pytest
import sweep

HERE = pathlib.Path(__file__).parent / "equality"
FILTERABLE = [HERE / f"{name}.yar" for name in ("text", "hex", "regex", "conditions", "global",
                                                "modules")]
ATOMLESS = HERE / "atomless.yar"
EVERYTHING = [*FILTERABLE, ATOMLESS]
COUNT = 500 if sweep.LEAN else 3200

# yara(1) prints how much of a match libyara keeps, not how long it is.
DATA_MAX = 512

RULE_LINE = re.compile(r"^(\w+):(\w+) (/.*)$")
MATCH_LINE = re.compile(r"^0x([0-9a-f]+):(\d+):(\$\w*): ")

Answer = collections.namedtuple("Answer", "rules matches")


def read_yara(text):
    """What `yara -e -s -L` printed: {(namespace, rule, path)}, and
    {(namespace, rule, path, pattern, offset, length)}."""
    rules, matches, current = set(), set(), None
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        match = MATCH_LINE.match(line)
        if match:
            matches.add((*current, match[3], int(match[1], 16), int(match[2])))
            continue
        rule = RULE_LINE.match(line)
        assert rule, f"a line of yara that nobody understands: {line!r}"
        current = rule.groups()
        rules.add(current)
    return Answer(rules, matches)


def yara(files, target, *options):
    done = subprocess.run(
        ["yara", "-w", "-N", "-e", "-s", "-L", *options,
         *(f"{path.stem}:{path}" for path in files), target], capture_output=True, timeout=900)
    assert done.returncode == 0 and done.stderr == b"", done.stderr.decode()
    return read_yara(done.stdout)


def read_sweep(result):
    rules, matches = set(), set()
    for finding in result.findings:
        key = (finding["rule"]["namespace"], finding["rule"]["name"], finding["object"]["path"])
        assert key not in rules, f"twice: {key}"
        rules.add(key)
        mine = {(*key, m["pattern"], m["offset"], min(m["length"], DATA_MAX))
                for m in finding["matches"]}
        assert len(finding["matches"]) == finding["match_count"], (
            f"not all matches are told: {key} {finding['match_count']}")
        matches |= mine
    return Answer(rules, matches)


def swept(files, target, *options):
    rules = itertools.chain.from_iterable(("--rules", path) for path in files)
    result = sweep.scan("--no-builtin-rules", *rules, "--no-decode", "--no-archives", "--max-matches", "1000000",
                        "--fail-on", "never", *options, target, timeout=600)
    assert result.gaps == [], result.gaps[:5]
    assert result.start["ruleset"]["disabled"] == []
    return read_sweep(result), result


def difference(wanted, got):
    """A short list of what differs, for the message."""
    lines = []
    for name, one, other in (("missing", wanted, got), ("too much", got, wanted)):
        for kind in ("rules", "matches"):
            extra = sorted(getattr(one, kind) - getattr(other, kind))
            if extra:
                lines.append(f"{name} {kind}: {len(extra)}, such as {extra[:8]}")
    return "\n".join(lines)


def assert_same(wanted, got):
    if wanted != got:
        pytest.fail(difference(wanted, got), pytrace=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    path = tmp_path_factory.mktemp("equality") / "corpus"
    number = corpus.build(path, count=COUNT)
    assert number >= (300 if sweep.LEAN else 3000), "too few files on this machine"
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def answer(files):
    """The answer of yara(1), once for all tests."""
    return yara(EVERYTHING, files, "-r", "-p", str(sweep.CPUS))


def only(answer, files):
    names = {path.stem for path in files}
    return Answer({key for key in answer.rules if key[0] in names},
                  {key for key in answer.matches if key[0] in names})


def rule_names(paths):
    text = "\n".join(path.read_text() for path in paths)
    return set(re.findall(r"^(?:global )?rule (\w+)", text, re.MULTILINE))


def test_the_rules_say_something(answer):
    """Every rule but one matches somewhere and none matches everywhere: only then
    does equality mean much."""
    names = rule_names([*EVERYTHING, HERE / "shared/parts.yar"])
    assert len(names) >= 60
    assert {rule for _, rule, _ in answer.rules} == names - {"text_not_there"}


@pytest.mark.parametrize("options", [
    ["--no-prefilter"], pytest.param(["-j", "2"], marks=pytest.mark.long),
    pytest.param(["-j", "1"], marks=pytest.mark.long),
    pytest.param(["-j", "8"], marks=pytest.mark.long)], ids=" ".join)
def test_everything_equals_yara(files, answer, options):
    """One string here has no atom: libyara sees every byte, asked to or not."""
    got, result = swept(EVERYTHING, files, *options)
    assert result.start["prefilter"]["on"] is False
    assert_same(answer, got)


@pytest.mark.parametrize("threads", [pytest.param("1", marks=pytest.mark.slow), "2",
                                     pytest.param("8", marks=pytest.mark.slow)])
def test_with_a_working_prefilter_equals_yara(files, answer, threads):
    got, result = swept(FILTERABLE, files, "-j", threads)
    assert result.start["prefilter"]["on"] is True, result.start["prefilter"]
    assert_same(only(answer, FILTERABLE), got)


def test_a_string_without_atoms_is_named(files):
    result = sweep.scan("--no-builtin-rules", "--rules", ATOMLESS, files / "forged/zz.bin")
    prefilter = result.start["prefilter"]
    assert prefilter["on"] is False
    assert "atomless_none" in {entry["rule"] for entry in prefilter["unfilterable"]}


@pytest.mark.parametrize("name", ["text", "hex", "regex", "conditions", "global", "modules",
                                  "atomless"])
def test_each_file_of_rules_alone(files, answer, name):
    """Fewer rules, more objects that are skipped."""
    path = [HERE / f"{name}.yar"]
    got, _ = swept(path, files)
    assert_same(only(answer, path), got)


def single_rules(path):
    """The rules of a file whose rules stand for themselves: {name: text}."""
    text = re.sub(r"^//.*\n", "", path.read_text(), flags=re.MULTILINE)
    parts = re.split(r"^(?=rule )", text, flags=re.MULTILINE)
    return {re.match(r"rule (\w+)", part)[1]: part for part in parts if part.startswith("rule")}


@pytest.mark.long
@pytest.mark.parametrize("name", ["text", "hex", "regex"])
def test_each_rule_alone(files, answer, name, place):
    """One rule at a time nearly everything is skipped: whatever the prefilter gets
    wrong shows here. All failures are told at once."""
    failures = []
    for rule, text in single_rules(HERE / f"{name}.yar").items():
        path = place / f"{name}.yar"
        path.write_text(text)
        got, result = swept([path], files)
        wanted = Answer({key for key in answer.rules if key[:2] == (name, rule)},
                        {key for key in answer.matches if key[:2] == (name, rule)})
        if got != wanted:
            failures.append(f"{rule} (prefilter {result.start['prefilter']}):\n"
                            + difference(wanted, got))
    assert not failures, "\n".join(failures)


# --- what yara(1) must be asked one file at a time ---------------------------------------------


@pytest.fixture(scope="module")
def programs(files, tmp_path_factory):
    """Things with an entry point, and some without, in turn."""
    target = tmp_path_factory.mktemp("programs")
    chosen = {True: [], False: []}
    for path in sorted(files.rglob("*")):
        if path.is_file():
            head = path.read_bytes()[:4]
            chosen[head == b"\x7fELF" or head[:2] == b"MZ"].append(path)
    count = 20 if sweep.LEAN else 75
    for group, paths in chosen.items():
        for number, path in enumerate(paths[:count]):
            shutil.copy(path, target / f"{number:03}-{int(group)}-{path.name}")
    return target


@pytest.mark.parametrize("options", [[], ["--no-prefilter"], ["-j", "1"], ["-j", "8"]])
def test_entrypoint_equals_one_yara_process_a_file(programs, options):
    """yara(1) never resets its entry point between files: each file gets a process."""
    rules = [HERE / "entrypoint.yar"]
    wanted = Answer(set(), set())
    for path in sorted(programs.iterdir()):
        one = yara(rules, path)
        wanted.rules.update(one.rules)
        wanted.matches.update(one.matches)
    assert {rule for _, rule, _ in wanted.rules} >= {"entry_known", "entry_string", "entry_pe",
                                                     "entry_unknown", "entry_near"}
    got, _ = swept(rules, programs, *options)
    assert_same(wanted, got)


def test_entrypoint_together_with_all_the_others(programs, answer):
    """Its presence changes nothing for other rules, nor theirs for it."""
    rules = [HERE / "entrypoint.yar"]
    alone, _ = swept(rules, programs)
    together, _ = swept([*EVERYTHING, *rules], programs)
    assert_same(alone, only(together, rules))


# --- external variables, against an oracle of our own ------------------------------------------

OWNER = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()


def externals_tree(tree):
    contents = {
        "lib/site-packages/collect.py": b"needle",
        "lib/site-packages/setup.py": b"nothing",
        "lib/site-packages/Setup.py": b"nothing",
        "lib/site-packages/setup.exe": corpus.tiny_pe(),
        "usr/bin/TOOL.EXE": corpus.tiny_pe(),
        "usr/bin/tool": b"\x7fELF\x02\x01\x01\x00" + bytes(60),
        "usr/bin/bin": b"plain\n",
        "usr/README": b"needle",
        "usr/readme.md": b"text",
        "data/a.txt": b"a needle",
        "data/b.txt": b"a needle",
        "data/c.TXT": b"a needle",
        "data/archive.tar.gz": b"\x1f\x8b\x08" + bytes(20),
        "data/archive.zip": b"PK\x03\x04\x14\x00" + bytes(40),
        "data/.hidden": b"x",
        "data/.hidden.txt": b"needle",
        "data/trailing.": b"x",
        "data/two..dots.py": b"x",
        "data/name with space.py": b"x",
        "data/collect.py/collect.py": b"x",
        "data/empty": b"",
    }
    modes = {"usr/bin/tool": 0o4755, "data/a.txt": 0o640, "data/b.txt": 0o666, "usr/bin/bin": 0o755}
    for name, content in contents.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(modes.get(name, 0o644))
    return [tree / name for name in contents]


def values(path):
    """What the variables must be, worked out here a second time."""
    directory, name = os.path.split(os.fspath(path))
    head = path.read_bytes()[:4]
    filetype = ("ELF" if head == b"\x7fELF" else "EXE" if head[:2] == b"MZ" else
                "ZIP" if head == b"PK\x03\x04" else
                "GZIP" if head[:3] == b"\x1f\x8b\x08" else "")
    return {
        "filename": name,
        "filepath": directory,
        "extension": os.path.splitext(name)[1].lower(),
        "filetype": filetype,
        "owner": OWNER,
        "mode": path.stat().st_mode & 0o7777,
    }


@pytest.mark.parametrize("options", [[], ["--no-prefilter"], ["-j", "8"]])
def test_externals_equal_yara_with_constants(tree, place, options):
    """One yara process a file, told the values as constants."""
    rules = place / "externals.yar"
    rules.write_text((HERE / "externals.yar").read_text().replace("OWNER", OWNER))
    wanted = Answer(set(), set())
    for path in externals_tree(tree):
        defines = [["-d", f"{name}={value}"] for name, value in values(path).items()]
        one = yara([rules], path, *itertools.chain.from_iterable(defines))
        wanted.rules.update(one.rules)
        wanted.matches.update(one.matches)
    assert {rule for _, rule, _ in wanted.rules} == rule_names([rules])
    got, _ = swept([rules], tree, *options)
    assert_same(wanted, got)


def test_hard_links_are_judged_by_each_name(tree, place):
    """The content is the same, the name is not: rules that ask for it see both."""
    rules = place / "names.yar"
    rules.write_text('rule ByName { condition: filename == "b" }')
    (tree / "a").write_bytes(b"content")
    os.link(tree / "a", tree / "b")
    os.link(tree / "a", tree / "c")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree)
    assert result.found_paths() == {os.fsencode(tree / "b")}


def test_mime_equals_the_module_magic(files):
    got, result = swept([HERE / "mime.yar"], files / "real/00")
    found = collections.Counter(rule for _, rule, _ in got.rules)
    assert found["mime_differs"] == 0, [key for key in got.rules if key[1] == "mime_differs"][:5]
    # The module has no answer for an empty file.
    empty = sum(path.stat().st_size == 0 for path in (files / "real/00").iterdir())
    assert found["mime_agrees"] == result.end["objects"]["scanned"] - empty


# --- rules that trip libraries ----------------------------------------------------------------


def test_a_rule_that_libyara_cannot_evaluate_is_disabled_by_name(tree, place):
    """`#a in (lo..hi)` with lo not 0 is an internal error of libyara 4.2, and then no
    rule at all would be judged."""
    rules = place / "trap.yar"
    rules.write_text('rule Trap { strings: $a = "ab" condition: #a in (3..9) > 0 }\n'
                     'rule Fine { strings: $a = "ab" condition: $a }')
    (tree / "file").write_bytes(b"ab ab ab ab")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree)
    disabled = result.start["ruleset"]["disabled"]
    found = {finding["rule"]["name"] for finding in result.findings}
    assert "Fine" in found
    if disabled:
        assert [(d["namespace"], d["rule"]) for d in disabled] == [("trap", "Trap")]
        assert "Trap" in result.stderr
    else:
        assert found == {"Fine", "Trap"}, "newer libraries can do it"


def test_the_same_meta_twice_and_odd_bytes_in_meta(tree, place):
    """Public rules repeat `reference`; a meta text may hold any bytes."""
    rules = place / "meta.yar"
    rules.write_bytes(b'rule Meta { meta: reference = "one" reference = "two" reference = 3\n'
                      b'odd = "caf\xc3\xa9 \\x01\\xff \\"q\\"" empty = ""\n'
                      b'strings: $a = "needle" condition: $a }')
    (tree / "file").write_bytes(b"needle")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree)
    (finding,) = result.findings
    assert result.engine_deaths == [] and result.gaps == []
    assert "reference" in finding["rule"]["meta"]


def test_match_data_of_any_bytes(tree, place):
    rules = place / "bytes.yar"
    rules.write_text('rule Bytes { strings: $a = /needle[\\x00-\\xff]{300}/s condition: $a }')
    data = b"needle" + bytes(range(256)) * 2
    (tree / "file").write_bytes(data)
    (finding,) = sweep.scan("--no-builtin-rules", "--rules", rules, tree).findings
    (match,) = finding["matches"]
    assert (match["offset"], match["length"]) == (0, 306)
    import base64

    assert match["encoding"] == "base64"
    assert base64.b64decode(match["data"]) == data[:256]


def test_rules_with_the_same_name_in_two_files(tree, place):
    (tree / "file").write_bytes(b"needle")
    (place / "set/sub").mkdir(parents=True)
    for name in ("one.yar", "sub/one.yar", "two.yara"):
        (place / "set" / name).write_text('rule Same { strings: $a = "needle" condition: $a }')
    result = sweep.scan("--no-builtin-rules", "--rules", place / "set", tree)
    assert {f["rule"]["namespace"] for f in result.findings} == {"one", "sub/one", "two"}
    assert len({f["id"] for f in result.findings}) == 3


def test_a_slow_rule_becomes_a_timeout_and_not_a_hang(tree, place):
    """A condition that would take hours."""
    rules = place / "slow.yar"
    rules.write_text("rule Slow { condition: filesize > 100 and for all i in (0..2000000000) : "
                     "(for all j in (0..2000000000) : (i + j >= 0)) }\n"
                     'rule Fine { strings: $a = "needle" condition: $a }')
    (tree / "large").write_bytes(b"needle" * 100)
    (tree / "small").write_bytes(b"needle")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "--max-time", "1", tree, timeout=60)
    assert result.gap_reasons() == {os.fsencode(tree / "large"): "timeout"}
    assert os.fsencode(tree / "small") in result.found_paths()
