#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which rule finds its artefact in which form: makes docs/recall.md.

    recall.py SWEEPER [CASES] > docs/recall.md

The first hit of each case file is built from its recipe and written in every
form below, under the path that the case names. One sweep then says which of
them the rule of the case finds, itself or inside a layer. Only strings are
built, nothing is run; the tree is deleted afterwards.
"""

import base64
import codecs
import gzip
import json
import pathlib
import py_compile
import re
import subprocess
import sys
import tempfile
import zlib


def build(parts):
    """The bytes of a recipe (docs/rule-cases.md)."""
    return b"".join(part.encode() if isinstance(part, str) else one(part) for part in parts)


def one(part):
    (kind, value), = ((k, v) for k, v in part.items() if k not in ("count", "width"))
    if kind == "bytes":
        return bytes.fromhex(value)
    inner = build(value)
    if kind == "base64":
        return base64.b64encode(inner)
    if kind == "hex":
        return inner.hex().encode()
    if kind == "gzip":
        return gzip.compress(inner, mtime=0)
    if kind == "zlib":
        return zlib.compress(inner)
    if kind == "utf16le":
        return inner.decode().encode("utf-16-le")
    if kind == "repeat":
        return inner * part["count"]
    if kind == "crlf":
        return inner.replace(b"\n", b"\r\n")
    if kind == "lines":
        width = part.get("width", 76)
        return b"\n".join(inner[at:at + width] for at in range(0, len(inner), width)) + b"\n"
    raise ValueError(kind)


MARK16 = codecs.BOM_UTF16_LE


def crlf(data):
    if data.startswith(MARK16):
        return MARK16 + crlf(data[2:].decode("utf-16-le").encode()).decode().encode("utf-16-le")
    return data.replace(b"\n", b"\r\n")


def nested(data, times, junk):
    for _ in range(times):
        data = base64.b64encode(b"#" * junk + data)
    return b'x = decode("' + data + b'")\n'


def as_text(data):
    """None for what is no text."""
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def text16(data, code="utf-16-le", mark=b""):
    text = as_text(data)
    return None if text is None else mark + text.encode(code)


def base64_of_text16(data):
    wide = text16(data)
    return None if wide is None else nested(wide, 1, 0)


def minified(data):
    text = as_text(data)
    if text is None:
        return None
    lines = [line.strip() for line in text.splitlines()]
    return re.sub(r"[ \t]+", " ", "\n".join(line for line in lines if line)).encode()


def compiled(data):
    """A .pyc that carries the text as a constant."""
    text = as_text(data)
    if text is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        source = pathlib.Path(place) / "m.py"
        source.write_text(f"TEXT = {text!r}\n")
        return pathlib.Path(py_compile.compile(str(source), str(source) + "c")).read_bytes()


FORMS = {
    "raw": lambda data: data,
    "CRLF": crlf,
    "UTF-16": text16,
    "UTF-16BE, mark": lambda data: text16(data, "utf-16-be", codecs.BOM_UTF16_BE),
    "minified": minified,
    "base64": lambda data: nested(data, 1, 0),
    "base64 +1": lambda data: nested(data, 1, 1),
    "base64 +2": lambda data: nested(data, 1, 2),
    "base64 x2": lambda data: nested(data, 2, 0),
    "x2 +1": lambda data: nested(data, 2, 1),
    "x3": lambda data: nested(data, 3, 0),
    "x3 +1": lambda data: nested(data, 3, 1),
    "x3 +2": lambda data: nested(data, 3, 2),
    "gzip in base64": lambda data: nested(gzip.compress(data, mtime=0), 1, 0),
    "UTF-16 in base64": base64_of_text16,
    "hex": lambda data: b'x = "' + data.hex().encode() + b'"\n',
    ".pyc": compiled,
    "base64 in .pyc": lambda data: compiled(nested(data, 1, 0)),
}


OWN_NAME = ("raw", "CRLF", "UTF-16", "UTF-16BE, mark", "minified")
SCRIPTS = (".js", ".cjs", ".mjs", ".py", ".pth", ".sh")


def path_of(form, case):
    """Forms that a script would carry are scripts; the others keep their name."""
    path = pathlib.PurePosixPath(case["path"])
    if form.endswith(".pyc"):
        return str(path.parent / (path.stem + ".pyc"))
    if form in OWN_NAME or path.suffix in SCRIPTS:
        return str(path)
    return str(path.parent / (path.stem + ".py"))


# Why a rule does not find some form of its artefact. What is not found and not
# here is an error, and the other way round.
SUFFIX = "asks for a name ending in `.pth` or `.js`, which Python or Node.js runs; bytecode has another"
MEMBER = "asks for the exact name of a file: what carries it in another form has another name"
SCRIPT = "asks for the first line of a script or a start-up file: a constant in bytecode stands behind others"
HEADER = "asks for the header of a program or a sound: with a byte in front of it, it is none"
REASONS = {
    "generic_pth_decode_and_run": SUFFIX,
    "generic_pth_starts_process": SUFFIX,
    "generic_shell_decoded_interpreter": SCRIPT,
    "generic_shell_fetch_run_delete": SCRIPT,
    "kics_april_addon": SUFFIX,
    "kics_openvsx_loader": SUFFIX,
    "litellm_pth_loader": SCRIPT,
    "litellm_record": MEMBER,
    "teampcp_sealed_member": MEMBER,
    "trivy_backdoor_binary": HEADER,
    "vect_linux_program": HEADER,
    "vect_login_notice": SCRIPT,
    "vect_windows_program": HEADER,
    "wiper_kamikaze_script": SCRIPT,
    "wiper_wav_carrier": HEADER,
}


def sweep(program, place):
    done = subprocess.run([program, "scan", "-o", "jsonl", place], capture_output=True)
    found = set()
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["type"] == "finding":
            number = record["object"]["path"][len(str(place)) + 1:].split("/")[0]
            found.add((number, record["rule"]["name"]))
    return found


def main():
    program = sys.argv[1]
    root = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else
                        pathlib.Path(__file__).resolve().parents[2] / "rules/cases")
    cells, rows = {}, []
    with tempfile.TemporaryDirectory() as place:
        for file in sorted(root.rglob("*.json")):
            case = json.loads(file.read_text())
            hit = case["hits"][0]
            data = build(hit["content"])
            rows.append((file.parent.name, case["rule"]))
            for form, make in FORMS.items():
                content = make(data)
                if content is None:
                    continue
                number = str(len(cells))
                target = pathlib.Path(place) / number / path_of(form, hit)
                target.parent.mkdir(parents=True)
                target.write_bytes(content)
                cells[number] = (case["rule"], form)
        found = sweep(program, place)
    seen = {cells[number] for number, rule in found if rule == cells[number][0]}
    made = set(cells.values())
    print("# Recall: which rule finds its artefact in which form\n")
    print("Generated by `tests/tools/recall.py`; do not edit. The first hit of each rule's case, which stands for")
    print(f"the artefact, in {len(FORMS)} forms. **+1** and **+2** shift each layer by that many bytes, so that every")
    print("alignment of base64 is met. yes: the rule of the row finds it, itself or in a layer; no: it does not")
    print("(another rule may), and below the table it says why; blank: what is no text has no such form. Forms")
    print("that a script carries lie in a script: under the artefact's own name when that is one, else as `.py`.\n")
    print("| family | rule | " + " | ".join(FORMS) + " |")
    print("|---|---|" + "---|" * len(FORMS))
    for family, rule in rows:
        marks = ("" if (rule, form) not in made else "yes" if (rule, form) in seen else "**no**"
                 for form in FORMS)
        print(f"| {family} | `{rule}` | " + " | ".join(marks) + " |")
    print(f"| | found of made | " + " | ".join(
        f"{sum((rule, form) in seen for _, rule in rows)}/{sum((rule, form) in made for _, rule in rows)}"
        for form in FORMS) + " |")

    missed = {rule: [form for form in FORMS if (rule, form) in made - seen] for _, rule in rows}
    missed = {rule: forms for rule, forms in missed.items() if forms}
    print("\n## What is not found, and why\n")
    print("| rule | forms | it |")
    print("|---|---|---|")
    for rule, forms in missed.items():
        print(f"| `{rule}` | {', '.join(forms)} | {REASONS.get(rule, '**?**')} |")
    if missed.keys() != REASONS.keys():
        sys.exit(f"no reason, or one too many: {sorted(missed.keys() ^ REASONS.keys())}")


if __name__ == "__main__":
    main()
