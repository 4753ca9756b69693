# SPDX-License-Identifier: Apache-2.0
"""What is made of the option table for people and shells: the manual page, and
completions, which are run in the shells that are there."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import sweep

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEPER = pathlib.Path(sweep.SWEEPER).resolve()

# The words before the cursor (the last one is being typed), what must be offered
# and what must not.
CASES = [
    ("", {"scan", "rules", "selftest", "help", "version"}, {"list", "--help"}),
    ("s", {"scan", "selftest"}, {"rules"}),
    ("rules ", {"list", "check", "test", "pack", "verify"}, {"scan"}),
    ("help ", {"scan", "rules", "man", "completion"}, set()),
    ("help rules ", {"list", "check", "test", "pack", "verify"}, {"scan"}),
    ("help completion ", {"bash", "zsh", "fish"}, {"man"}),
    ("scan --o", {"--output", "--one-file-system"}, {"--out", "--json"}),
    ("scan --types --max", {"--max-file-size", "--max-time", "--max-matches"}, {"--memory"}),
    ("rules list --", {"--rules", "--json", "--help"}, {"--output", "--sample"}),
    ("rules pack --", {"--out", "--sign", "--builtin-rules"}, {"--no-builtin-rules"}),
    ("scan -o ", {"jsonl", "json", "text"}, {"plain.txt"}),
    ("scan --output js", {"jsonl", "json"}, {"text"}),
    ("scan --fail-on ", {"critical", "high", "medium", "low", "info", "never"}, {"plain.txt"}),
    ("scan --hash n", {"needed"}, {"all"}),
    ("scan --rules p", {"plain.txt"}, {"other"}),
    ("scan -r p", {"plain.txt"}, {"other"}),
    ("scan --threads 2 p", {"plain.txt"}, {"other"}),
    ("scan ", {"plain.txt", "folder"}, {"scan"}),
    ("rules verify pl", {"plain.txt"}, {"folder"}),
    ("rules list p", set(), {"plain.txt"}),
    ("selftest --", {"--verbose", "--json", "--no-archives"}, {"--rules", "--output"}),
    ("selftest p", set(), {"plain.txt"}),
    ("report --", {"--timeline", "--verify", "--help"}, {"--output", "--rules"}),
    ("report pl", {"plain.txt"}, {"other"}),
    ("report --timeline pl", {"plain.txt"}, {"other"}),
    ("rules check --sample ", {"folder"}, {"plain.txt"}),
]

BASH = r"""
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_sweeper sweeper "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

# zsh completes only where somebody types: a second one behind a terminal, whose
# compadd tells what it is given.
ZSH = r"""
zmodload zsh/zpty
zpty z "$ZSH_PROGRAM" -f -i
zpty -w z 'PROMPT= RPROMPT=; stty -echo 2>/dev/null; fpath=('"$1"' $fpath)'
zpty -w z 'autoload -U compinit && compinit -D -u; unsetopt zle_bracketed_paste 2>/dev/null'
zpty -w z 'zstyle ":completion:*" list-prompt ""; bindkey "^I" complete-word'
zpty -w z 'compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits; builtin compadd -A hits "$@"; local hit
    for hit in $hits; do print -r -- "HIT<$hit>"; done; builtin compadd "$@" }'
zpty -w z 'finish() { print -r -- "END<>"; exit }; zle -N finish; bindkey "^X" finish'
zpty -w z "cd ${(q)PWD}; print READY"
zpty -m z got '*READY*READY*' 2>/dev/null || zpty -r z got '*READY*'
zpty -w -n z "$2"$'\t'$'\x18'
while zpty -r z line; do print -r -- "$line"; [[ $line != *'END<>'* ]] || break; done
zpty -d z
"""


def completion(shell, tmp_path):
    name = {"bash": "sweeper", "zsh": "_sweeper", "fish": "sweeper.fish"}[shell]
    folder = tmp_path / "completion"
    folder.mkdir()
    text = subprocess.run([SWEEPER, "help", "completion", shell], check=True, capture_output=True)
    (folder / name).write_bytes(text.stdout)
    return folder / name


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "here"
    (path / "folder").mkdir(parents=True)
    (path / "plain.txt").write_text("")
    (path / "other").write_text("")
    return path


def offered(text):
    return {line.strip().rstrip("/") for line in text.splitlines() if line.strip()}


def in_bash(script, words, folder):
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", script, "sweeper", *words.split(" ")],
                          cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return offered(done.stdout)


def in_fish(script, words, folder):
    command = f"source {script}; complete -C 'sweeper {words}'"
    done = subprocess.run(["fish", "--no-config", "-c", command], cwd=folder, capture_output=True,
                          text=True, check=True, env=os.environ | {"HOME": str(folder.parent)})
    assert done.stderr == ""
    return offered(re.sub(r"\t.*", "", done.stdout))


def in_zsh(script, words, folder):
    done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", script.parent, f"sweeper {words}"],
                          cwd=folder, capture_output=True, text=True, timeout=60,
                          env=os.environ | {"ZSH_PROGRAM": shutil.which("zsh"), "TERM": "dumb"})
    assert "END<>" in done.stdout, done.stdout + done.stderr
    return {hit.rstrip("/") for hit in re.findall(r"HIT<(.*?)>", done.stdout)}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_what_fits(shell, tmp_path, folder):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = completion(shell, tmp_path)
    ask = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}[shell]
    for words, wanted, unwanted in CASES:
        got = ask(script, words, folder)
        assert wanted <= got, f"{words!r}: {sorted(wanted - got)} missing in {sorted(got)}"
        assert not unwanted & got, f"{words!r}: {sorted(unwanted & got)} is too much"


def test_bash_takes_the_equals_sign_apart(tmp_path, folder):
    script = completion("bash", tmp_path)

    def ask(*words):
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", script, "sweeper", *words],
                              cwd=folder, capture_output=True, text=True, check=True)
        return offered(done.stdout)

    assert ask("scan", "--output", "=", "js") == {"json", "jsonl"}
    assert ask("scan", "--hash", "=") == {"needed", "all"}
    assert ask("scan", "-o", "json", "=", "pl") == {"plain.txt"}
    assert ask("scan", "-o", "json", "=") == {"plain.txt", "other", "folder"}
    assert ask("scan", "--", "--o") == set()
    assert ask("scan", "--", "pl") == {"plain.txt"}


def test_every_option_is_in_every_completion(tmp_path):
    page = subprocess.run([SWEEPER, "help", "scan"], check=True, capture_output=True, text=True)
    options = re.findall(r"^  (?:-\w, |    )--([a-z-]+)", page.stdout, re.MULTILINE)
    assert len(options) > 25
    for shell, form in (("bash", "--{} "), ("zsh", "--{}"), ("fish", "-l {} ")):
        text = subprocess.run([SWEEPER, "help", "completion", shell], check=True,
                              capture_output=True, text=True).stdout
        missing = [name for name in options if form.format(name) not in text.replace("'", " ")]
        assert missing == []


def test_wrong_shells_are_usage_errors():
    for words, message in ((["ksh"], 'no completion for "ksh"'), ([], "needs a SHELL"),
                           (["bash", "zsh"], "takes one SHELL")):
        done = subprocess.run([SWEEPER, "help", "completion", *words], capture_output=True, text=True)
        assert done.returncode == 64 and message in done.stderr
    done = subprocess.run([SWEEPER, "help", "man", "x"], capture_output=True, text=True)
    assert done.returncode == 64


def man_page():
    return subprocess.run([SWEEPER, "help", "man"], check=True, capture_output=True).stdout


def test_the_manual_page_is_current():
    assert (ROOT / "docs/sweeper.1").read_bytes() == man_page(), "run: ninja man-doc"


def test_the_manual_page_is_whole(tmp_path):
    text = man_page().decode("ascii")
    for verb in ("scan", "rules check", "rules pack"):
        help_text = subprocess.run([SWEEPER, "help", *verb.split()], check=True, capture_output=True,
                                   text=True).stdout
        for name in re.findall(r"^  (?:-\w, |    )--([a-z-]+)", help_text, re.MULTILINE):
            assert "\\fB\\-\\-" + name.replace("-", "\\-") + "\\fR" in text
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "RECORDS", "GAPS", "EXIT STATUS", "FILES",
                    "ENVIRONMENT", "EXAMPLES"):
        assert f".SH {section}\n" in text
    for code in (0, 1, 2, 3, 64, 65, 130):
        assert f"\n\\fB{code}\\fR\n" in text
    reasons = re.findall(r'X\(\w+, "(\w+)"', (ROOT / "include/sweeper/gap.h").read_text())
    assert len(reasons) > 5
    for reason in reasons:
        assert f"\n\\fB{reason}\\fR\n" in text
    # Every line is a request that man(7) has, or text that begins with none.
    known = {"TH", "SH", "TP", "PP", "BR", "B", "I", "br", "RS", "RE", "EX", "EE", '\\"'}
    for line in text.splitlines():
        assert line and not line.startswith("'")
        if line.startswith("."):
            assert line[1:].split(" ")[0] in known, line


@pytest.mark.parametrize("command", [
    ["man", "--warnings", "-l", "-E", "UTF-8"],
    ["groff", "-ww", "-man", "-Tutf8", "-z"],
    ["mandoc", "-Tlint", "-Wwarning"],
])
def test_no_formatter_complains(command, tmp_path):
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    page = tmp_path / "sweeper.1"
    page.write_bytes(man_page())
    done = subprocess.run([*command, page], capture_output=True, text=True,
                          env=os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    if command[0] == "mandoc":
        assert done.stdout == ""


def test_install_brings_page_and_completions(tmp_path):
    build = SWEEPER.parent
    if not (build / "cmake_install.cmake").exists():
        pytest.skip("not a build folder")
    done = subprocess.run(["cmake", "--install", build, "--prefix", tmp_path], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert os.readlink(tmp_path / "libexec/docker/cli-plugins/docker-sweep") == (
        "../../../bin/sweeper")
    assert names == {"bin/sweeper", "libexec/docker/cli-plugins/docker-sweep",
                     "share/man/man1/sweeper.1",
                     "share/bash-completion/completions/sweeper",
                     "share/zsh/site-functions/_sweeper",
                     "share/fish/vendor_completions.d/sweeper.fish"}
    for shell, path in (("bash", "bash-completion/completions/sweeper"),
                        ("zsh", "zsh/site-functions/_sweeper"),
                        ("fish", "fish/vendor_completions.d/sweeper.fish")):
        text = subprocess.run([SWEEPER, "help", "completion", shell], check=True,
                              capture_output=True).stdout
        assert (tmp_path / "share" / path).read_bytes() == text
