# SPDX-License-Identifier: Apache-2.0
"""What is inside base64 and hexadecimal runs of a text is looked at as the text is: in
every form, at every alignment, and within limits that are told."""

import base64
import gzip
import hashlib
import os
import py_compile
import subprocess
import zlib

import pytest
import sweep
from conftest import CANARY

LINE = b'value = "%s";\n'
FILLER = b"# some lines of text that stand before what is looked for, 0123456789\n"
RUN_MIN = 64
LAYERS_MAX = 4096


def b64(data):
    return base64.b64encode(data)


def in_text(run, before=b""):
    """A script that holds the run, and where in it the run stands."""
    text = before + LINE % run
    return text, text.index(run)


def locators(result, path):
    """What was found where below `path`: {(rule, hops)}."""
    prefix = os.fspath(path)
    assert all(f["locator"].startswith(prefix) for f in result.findings)
    return {(f["rule"]["name"], f["locator"][len(prefix):]) for f in result.findings}


def one(tree, content, name="run.sh"):
    path = tree / name
    path.write_bytes(content)
    return path


# --- forms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_base64_in_base64_at_each_alignment(tree, scan, depth, shift):
    """shift: bytes before the canary in each layer, so that its encoding differs."""
    inner = b"y" * shift + CANARY + b" " + FILLER
    offsets = []
    for _ in range(depth):
        outer = b"x" * shift + LINE % b64(inner)
        offsets.insert(0, outer.index(b64(inner)))
        inner = outer
    path = one(tree, inner)
    hops = "".join(f"!base64@{offset}" for offset in offsets)
    result = scan(tree)
    assert locators(result, path) == {("Canary", hops)}
    assert result.gaps == []
    (finding,) = result.findings
    assert [hop["kind"] for hop in finding["chain"]] == ["file"] + ["decoded"] * depth
    assert [hop["offset"] for hop in finding["chain"][1:]] == offsets
    assert finding["object"]["path"] == os.fspath(path)


@pytest.mark.parametrize("junk", [b"", b"A", b"Zx", b"q7B"])
def test_characters_before_a_run_do_not_hide_it(tree, scan, junk):
    """They shift it: the alignment that makes sense is taken."""
    content = CANARY + b" and a line of text that goes on for a while\n" + FILLER
    path = one(tree, b"p=" + junk + b64(content) + b";\n")
    assert ("Canary", "!base64@2") in locators(scan(tree), path)


CONTENT = FILLER + CANARY + b"\n" + FILLER
ENCODINGS = {
    "base64": b64(CONTENT),
    "hex": CONTENT.hex().encode(),
    "hex, capital": CONTENT.hex().upper().encode(),
    "base64+gzip": b64(gzip.compress(CONTENT)),
    "base64+zlib": b64(zlib.compress(CONTENT)),
    "hex+gzip": gzip.compress(CONTENT).hex().encode(),
    "hex+zlib": zlib.compress(CONTENT).hex().encode(),
    "base64, no padding": b64(CONTENT[:-1]).rstrip(b"="),
    "base64, for addresses": base64.urlsafe_b64encode(CONTENT + bytes(range(200, 256)) * 2),
}


@pytest.mark.parametrize("form", ENCODINGS)
def test_each_form_is_named(tree, scan, form):
    run = ENCODINGS[form]
    text, offset = in_text(run, FILLER)
    path = one(tree, text)
    result = scan(tree)
    encoding = form.partition(",")[0]
    assert locators(result, path) == {("Canary", f"!{encoding}@{offset}")}
    (finding,) = result.findings
    hop = finding["chain"][1]
    assert hop == {"kind": "decoded", "name": f"{encoding}@{offset}", "encoding": encoding,
                   "offset": offset, "length": len(run.rstrip(b"="))}


def test_the_object_is_what_was_decoded(tree, scan):
    text, _ = in_text(b64(gzip.compress(CONTENT)))
    one(tree, text)
    (finding,) = scan(tree).findings
    assert finding["object"]["size"] == len(CONTENT)
    assert finding["object"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    (match,) = finding["matches"]
    assert match["offset"] == CONTENT.index(CANARY)


def pieces(run, width):
    return [run[i:i + width] for i in range(0, len(run), width)]


LONG = b64(CONTENT * 3)
WRAPPED = {
    "lines of 76": b"\n".join(pieces(LONG, 76)),
    "lines of 64, CRLF": b"\r\n".join(pieces(LONG, 64)),
    "indented": b"\n        ".join(pieces(LONG, 70)),
    "Python literals": b'"\n    "'.join(pieces(LONG, 80)),
    "JavaScript, joined": b'" +\n  "'.join(pieces(LONG, 80)),
    "a list": b'",\n    "'.join(pieces(LONG, 80)),
    "written line ends": b"\\n".join(pieces(LONG, 76)),
    "joined lines of a shell": b"\\\n".join(pieces(LONG, 76)),
}


@pytest.mark.parametrize("form", WRAPPED)
def test_wrapped_runs_are_one_run(tree, scan, form):
    text, offset = in_text(WRAPPED[form])
    path = one(tree, text)
    result = scan(tree)
    assert locators(result, path) == {("Canary", f"!base64@{offset}")}
    (finding,) = result.findings
    assert finding["object"]["size"] == len(CONTENT) * 3


@pytest.mark.parametrize("size", [RUN_MIN - 1, RUN_MIN, RUN_MIN + 1])
def test_a_run_has_so_many_characters(tree, scan, size):
    run = b64(CANARY + b"0123456789 and more than enough of it, really")[:size]
    assert len(run) == size and CANARY in base64.b64decode(run[:size // 4 * 4])
    path = one(tree, LINE % run)
    wanted = {("Canary", "!base64@9")} if size >= RUN_MIN else set()
    assert locators(scan(tree), path) == wanted


@pytest.mark.parametrize("at", [64 * 1024, 128 * 1024, 256 * 1024, 1024 * 1024])
def test_no_edge_of_reading_hides_a_run(tree, scan, at):
    """Runs that begin shortly before, at and behind sizes that files are read in."""
    run = b64(CONTENT)
    wanted = set()
    for back in (0, 1, 2, 63, 64, 65, 100, len(run) - 1, len(run)):
        path = one(tree, b"\n" * (at - back - 2) + b"p=" + run + b";\n", f"{back}.sh")
        wanted.add((os.fspath(path), f"!base64@{at - back}"))
    found = {(f["object"]["path"], f["locator"][len(f["object"]["path"]):])
             for f in scan(tree).findings}
    assert found == wanted


def test_raw_and_decoded_are_two_findings(tree, scan):
    text, offset = in_text(b64(CONTENT), CANARY + b"\n")
    path = one(tree, text)
    result = scan(tree)
    assert locators(result, path) == {("Canary", ""), ("Canary", f"!base64@{offset}")}
    assert len({f["id"] for f in result.findings}) == 2


def test_the_same_whatever_the_threads_and_the_prefilter(tree, scan):
    for number in range(40):
        data = FILLER * (number % 7) + CANARY + b"%d" % number + FILLER
        text, _ = in_text(b64(LINE % b64(data)), FILLER * number)
        one(tree, text, f"{number}.py")

    def ids(*options):
        return {f["id"] for f in scan(*options, tree).findings}

    first = ids("-j", "1")
    assert len(first) == 40
    assert first == ids("-j", "4") == ids("--no-prefilter")


# --- what is left alone -----------------------------------------------------------------------


def test_no_decode(tree, scan):
    text, _ = in_text(b64(CONTENT))
    one(tree, text)
    one(tree, CANARY, "raw.sh")
    result = scan("--no-decode", tree)
    assert result.found_paths() == {os.fsencode(tree / "raw.sh")}
    assert "--no-decode" in result.start["options"]


def test_what_nothing_runs_is_not_looked_into(tree, scan):
    """Sources that are compiled, pages, tables; and what is no text."""
    text, _ = in_text(b64(CONTENT))
    for name in ("a.c", "a.h", "a.html", "a.md", "a.csv", "a.pem", "a.svg"):
        one(tree, text, name)
    one(tree, b"\0" + text, "a.bin")
    wanted = {os.fsencode(one(tree, text, name))
              for name in ("a", "a.sh", "a.py", "a.js", "a.json", "a.yaml", "a.service", "a.txt",
                           "a.pth", "a.tf", "Dockerfile")}
    assert scan(tree).found_paths() == wanted


def test_bytecode_is_looked_into(tree, scan):
    """The texts of the source are there as they were, behind their length: at any
    alignment. Under another name, and with another beginning, it is no bytecode."""
    source = tree / "module.py"
    wanted = set()
    for size in range(200, 230):
        run = b64((CONTENT + b"." * 300)[:size]).decode()
        source.write_text(f"NAME = 1\nTEXT = {run!r}\n")
        path = tree / f"{size}.pyc"
        py_compile.compile(os.fspath(source), os.fspath(path), doraise=True)
        wanted.add(os.fsencode(path))
    source.unlink()
    one(tree, path.read_bytes(), "module.bin")
    one(tree, b"\0" * 16 + path.read_bytes()[16:], "other.pyc")
    assert scan(tree).found_paths() == wanted


def test_long_names_and_rulers_are_no_runs(tree, scan):
    """Nothing decodes out of them, and none is an error."""
    one(tree, b"/usr/lib/x86-64-linux-gnu/" * 8 + b"\n" + b"=" * 200 + b"\n" + b"A" * 200 + b"\n"
        + b"0" * 200 + b"\n" + b"abcdefghijklmnopqrstuvwxyz" * 4 + b"\n")
    result = scan(tree)
    assert result.findings == [] and result.gaps == []


# --- limits -----------------------------------------------------------------------------------


def test_three_layers_and_no_more(tree, scan):
    run = CANARY + b" " + FILLER
    for _ in range(4):
        run = LINE % b64(run)
    path = one(tree, run)
    result = scan(tree)
    assert result.findings == []
    assert result.gap_reasons() == {os.fsencode(path): "limit_depth"}


BOMBS = {
    # More than 1000:1.
    "ratio": CANARY + bytes(200 * 1024 * 1024),
    # About 200:1, and more than 64 MiB.
    "size": CANARY + (os.urandom(256) + bytes(65536)) * 1100,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_a_gap(tree, scan, bomb):
    """Its beginning was looked at; that there was more is said."""
    run = b64(gzip.compress(BOMBS[bomb], 9))
    text, offset = in_text(run)
    path = one(tree, text)
    one(tree, CANARY, "z.sh")
    result = scan(tree)
    (gap,) = result.gaps
    assert gap["reason"] == "limit_bytes" and gap["detail"]
    assert gap["locator"] == f"{path}!base64+gzip@{offset}"
    assert [hop["kind"] for hop in gap["chain"]] == ["file", "decoded"]
    assert locators(result, tree) == {("Canary", f"/run.sh!base64+gzip@{offset}"),
                                      ("Canary", "/z.sh")}
    assert result.engine_deaths == []


def test_a_damaged_stream_gives_what_it_has(tree, scan):
    packed = gzip.compress(CANARY + os.urandom(4000))
    text, offset = in_text(b64(packed[: len(packed) // 2]))
    path = one(tree, text)
    assert ("Canary", f"!base64+gzip@{offset}") in locators(scan(tree), path)


def test_a_stream_hides_nothing_behind_it(tree, scan):
    packed = gzip.compress(FILLER)
    text, offset = in_text(b64(packed + CANARY + FILLER))
    path = one(tree, text)
    assert ("Canary", f"!base64@{offset}") in locators(scan(tree), path)


@pytest.mark.parametrize("form", ['Buffer.from("%s", "hex")', "bytes.fromhex('%s')\nexec(x)\n",
                                  "x = 0x%s\n"])
def test_digits_whatever_stands_around_them(tree, scan, form):
    path = one(tree, (form % (CANARY + FILLER).hex()).encode())
    assert {name for name, _ in locators(scan(tree), path)} == {"Canary"}


def test_what_only_looks_packed_is_looked_at_as_it_is(tree, scan):
    text, offset = in_text(b64(b"\x1f\x8b\x08 no stream at all: " + CANARY + FILLER))
    path = one(tree, text)
    assert ("Canary", f"!base64@{offset}") in locators(scan(tree), path)


def test_five_thousand_runs_are_a_gap(tree, scan):
    """4,096 are looked into, and the rest is told once."""

    def run(number):
        name = CANARY if number in (LAYERS_MAX, LAYERS_MAX + 1) else b"nothing-to-be-seen"
        return LINE % b64(b"%s in run number %05d of many, all alike" % (name, number))

    path = one(tree, b"".join(run(number) for number in range(1, 5001)))
    result = scan(tree)
    (gap,) = result.gaps
    assert gap["reason"] == "limit_members" and gap["locator"] == os.fspath(path)
    (finding,) = result.findings
    assert finding["chain"][1]["offset"] == 9 + (LAYERS_MAX - 1) * len(run(1))
    assert result.code == sweep.EXIT_FINDINGS


def test_a_hard_link_has_the_layers_too(tree, scan):
    text, offset = in_text(b64(CONTENT))
    path = one(tree, text)
    os.link(path, tree / "other.sh")
    result = scan(tree)
    assert {f["locator"] for f in result.findings} == {
        f"{tree}/{name}!base64@{offset}" for name in ("run.sh", "other.sh")}


# --- UTF-16 -----------------------------------------------------------------------------------

UTF16 = {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
MARK = {"utf-16le": b"\xff\xfe", "utf-16be": b"\xfe\xff"}
TEXT16_MAX = 32 * 1024 * 1024


def wide(data, encoding, mark=False):
    return (MARK[encoding] if mark else b"") + data.decode().encode(UTF16[encoding])


@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("encoding", UTF16)
def test_utf16_is_a_layer(tree, scan, encoding, mark):
    """As Windows writes it, and as iconv(1) makes it. Whatever the name is."""
    for name in ("run.ps1", "run", "notes.md", "table.csv"):
        one(tree, wide(CONTENT, encoding, mark), name)
    result = scan(tree)
    assert result.gaps == []
    assert locators(result, tree) == {("Canary", f"/{name}!{encoding}@0")
                                      for name in ("run.ps1", "run", "notes.md", "table.csv")}
    for finding in result.findings:
        size = (tree / "run").stat().st_size
        assert finding["chain"][1] == {"kind": "decoded", "name": f"{encoding}@0", "offset": 0,
                                       "encoding": encoding, "length": size}
        # What was made of it, and where the match stands there.
        assert finding["object"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
        assert finding["object"]["size"] == len(CONTENT)
        assert finding["matches"][0]["offset"] == CONTENT.index(CANARY)


@pytest.mark.parametrize("made", ["UTF-16", "UTF-16LE", "UTF-16BE"])
def test_utf16_of_iconv(tree, scan, made):
    text = FILLER + "# \u00fcber \u20ac \U0001f980\n".encode() + CANARY
    done = subprocess.run(["iconv", "-f", "UTF-8", "-t", made], input=text, capture_output=True,
                          check=True)
    path = one(tree, done.stdout)
    encoding = "utf-16be" if made == "UTF-16BE" else "utf-16le"
    result = scan(tree)
    assert locators(result, path) == {("Canary", f"!{encoding}@0")}
    assert result.findings[0]["object"]["sha256"] == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("junk", [b"", b"A", b"Zx", b"q7B"])
@pytest.mark.parametrize("encoding", UTF16)
def test_utf16_in_base64(tree, scan, encoding, junk):
    """powershell -EncodedCommand, whatever stands in front of the run."""
    run = b64(wide(CONTENT, encoding))
    path = one(tree, b"powershell -enc '" + junk + run + b"'\n", "run.cmd")
    assert locators(scan(tree), path) == {("Canary", f"!base64@17!{encoding}@0")}


def test_base64_in_utf16(tree, scan):
    text, offset = in_text(b64(CONTENT), FILLER)
    path = one(tree, wide(text, "utf-16le", True))
    assert locators(scan(tree), path) == {("Canary", f"!utf-16le@0!base64@{offset}")}


def test_utf16_is_one_of_three_layers(tree, scan):
    three = wide(LINE % b64(LINE % b64(CONTENT)), "utf-16le")
    four = LINE % b64(LINE % b64(wide(LINE % b64(CONTENT), "utf-16le")))
    good = one(tree, three, "three.sh")
    deep = one(tree, four, "four.sh")
    deepest = one(tree, LINE % b64(LINE % b64(LINE % b64(wide(CONTENT, "utf-16le")))), "last.sh")
    result = scan(tree)
    assert result.found_paths() == {os.fsencode(good)}
    assert result.gap_reasons() == {os.fsencode(deep): "limit_depth",
                                    os.fsencode(deepest): "limit_depth"}


def test_wide_rules_see_the_file_and_others_its_layer(tree, place, scan):
    rule = place / "wide.yar"
    rule.write_text(f'rule Wide {{ strings: $a = "{CANARY.decode()}" wide condition: $a }}')
    path = one(tree, wide(CONTENT, "utf-16le"))
    assert locators(scan("--rules", rule, tree), path) == {("Wide", ""), ("Canary", "!utf-16le@0")}


@pytest.mark.parametrize("encoding", UTF16)
def test_ill_formed_utf16_is_no_error(tree, scan, encoding):
    """Halves of pairs in front, in the middle and at the end, and an odd length."""
    order = "little" if encoding == "utf-16le" else "big"

    def unit(value):
        return value.to_bytes(2, order)

    half, other = unit(0xD800), unit(0xDC00)
    bodies = {
        "lone": half + wide(CANARY + FILLER * 2, encoding) + other + other + half + half,
        "odd": wide(CANARY + b" and one byte", encoding) + b"\xd8",
        "cut": wide(CANARY + b" and half a pair", encoding) + half + b"\xdc",
        "long": (wide(FILLER * 2000, encoding) + half) * 5 + wide(CANARY, encoding) + half,
    }
    for name, body in bodies.items():
        one(tree, MARK[encoding] + body, name)
    result = scan(tree)
    assert result.gaps == [] and result.engine_deaths == []
    for finding in result.findings:
        name = os.path.basename(finding["object"]["path"])
        text = bodies[name].decode(UTF16[encoding], "replace").encode()
        assert finding["object"]["sha256"] == hashlib.sha256(text).hexdigest()
    assert result.found_paths() == {os.fsencode(tree / name) for name in bodies}


def test_what_is_no_utf16_is_left_alone(tree, scan):
    """A mark without text, programs, tables of small numbers, sound, and less than eight letters."""
    for name, content in {
        "empty": b"", "mark": b"\xff\xfe", "short": b"\xff\xfea\0b\0",
        "zeros": bytes(4096), "sound": b"\xff\xfe" + os.urandom(100000),
        "numbers": b"".join(n.to_bytes(2, "little") for n in range(20000)),
        "utf32": CONTENT.decode().encode("utf-32"),
        "program": b"MZ\x90\0" + bytes(1000) + wide(CONTENT, "utf-16le"),
    }.items():
        one(tree, content, name)
    result = scan(tree)
    assert result.findings == [] and result.gaps == [] and result.engine_deaths == []


@pytest.mark.parametrize("over", [-1, 0, 1, 2])
def test_a_long_text_is_cut_and_that_is_told(tree, scan, over):
    """32 MiB are looked at, the mark included."""
    def text(size, end):
        return (MARK["utf-16be"] + wide(b"all the same ", "utf-16be") * (size // 26 + 1))[
            :size - len(end)] + end

    path = one(tree, text(TEXT16_MAX + over, b"\0;"))
    end = one(tree, text(TEXT16_MAX, wide(CANARY, "utf-16be")), "end")
    result = scan(tree)
    if over > 0:
        (gap,) = result.gaps
        assert gap["reason"] == "limit_bytes" and gap["locator"] == f"{path}!utf-16be@0"
    else:
        assert result.gaps == []
    assert locators(result, end) == {("Canary", "!utf-16be@0")}


def test_no_decode_leaves_utf16_alone(tree, scan):
    one(tree, wide(CONTENT, "utf-16le", True))
    assert scan("--no-decode", tree).findings == []
    assert len(scan(tree).findings) == 1


# --- runs that padding stands in front of -----------------------------------------------------


@pytest.mark.parametrize("padding", [b"", bytes(48), bytes(600), b"\xff" * 96])
def test_padding_does_not_hide_what_follows(tree, scan, padding):
    path = one(tree, LINE % b64(padding + CONTENT))
    assert locators(scan(tree), path) == {("Canary", "!base64@9")}
