# SPDX-License-Identifier: Apache-2.0
"""The gate: the verdict that a log shows, the plugin of docker, and the recipes in
packaging/ci, each command line of which the program must take."""

import io
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tarfile

import pytest
import sweep
from conftest import CANARY

RECIPES = sweep.ROOT / "packaging/ci"


# --- the verdict ---

@pytest.mark.parametrize("content, options, code, line", [
    (b"clean", (), 0, "sweeper: PASS nothing found; 0 gaps (exit 0)"),
    (CANARY, (), 1, "sweeper: FAIL 1 high; 0 gaps (exit 1)"),
    (CANARY + b"sweeper-lowbird-7731", ("--fail-on", "critical"), 0,
     "sweeper: PASS 1 high, 1 low; 0 gaps (exit 0)"),
    (b"." * 2000, ("--max-file-size", "1K"), 3,
     "sweeper: INCOMPLETE nothing found; 1 gap (exit 3)"),
    (b"." * 2000, ("--max-file-size", "1K", "--allow-gaps"), 0,
     "sweeper: PASS nothing found; 1 gap (exit 0)"),
])
@pytest.mark.parametrize("output", ["jsonl", "text", "sarif"])
def test_the_last_line_is_the_verdict(tree, scan, output, content, options, code, line):
    (tree / "a").write_bytes(content)
    result = scan("-o", output, *options, tree, records=False)
    assert result.code == code
    assert result.stderr.splitlines()[-1] == line


def test_suppressed_findings_are_in_the_verdict(tree, place, scan):
    (tree / "a").write_bytes(CANARY)
    known = place / "known.json"
    known.write_text(json.dumps({"schema": "1.0", "suppressions": [
        {"id": "e1", "rule": "Canary", "reason": "ours", "until": "2999-12-31"}]}))
    result = scan("--suppress", known, tree)
    assert result.stderr.splitlines()[-1] == (
        "sweeper: PASS nothing found; 0 gaps; 1 suppressed (exit 0)")


# --- docker sweep ---

@pytest.fixture
def plugin(place):
    path = place / "docker-sweep"
    path.symlink_to(pathlib.Path(sweep.SWEEPER).resolve())
    return path


def call(command, **env):
    return subprocess.run(list(map(os.fspath, command)), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=sweep.environment(env), timeout=60)


def test_docker_is_told_what_it_is(plugin):
    done = call([plugin, "docker-cli-plugin-metadata"])
    assert done.returncode == 0 and done.stderr == ""
    answer = json.loads(done.stdout)
    assert answer["SchemaVersion"] == "0.1.0" and answer["Vendor"] and answer["ShortDescription"]
    assert answer["Version"] == call([sweep.SWEEPER, "version"]).stdout.split()[1]
    # Only under that name.
    assert call([sweep.SWEEPER, "docker-cli-plugin-metadata"]).returncode == 64


@pytest.mark.parametrize("before", [
    (), ("--debug",), ("-D",), ("--log-level", "debug"), ("-l=debug",), ("--context", "default"), ("-Dldebug",), ("-Dl", "debug"), ("-D=true",),
])
def test_an_image_becomes_the_target(plugin, place, before):
    """There is no engine behind this socket: the target's name is what counts here."""
    done = call([plugin, *before, "sweep", "registry:2", "--fail-on", "high", "-o", "text"],
                DOCKER_HOST=f"unix://{place}/none.sock")
    assert done.returncode in (2, 3), done.stderr
    assert "docker:registry:2" in done.stdout + done.stderr


@pytest.mark.parametrize("words, says", [
    ((), "docker sweep IMAGE"),
    (("scan", "x"), "docker sweep IMAGE"),
    (("sweep",), "TARGET"),
    (("sweep", "--no-such", "x"), "--no-such"),
    (("sweep", "-"), "-"),
    (("--context", "far", "sweep", "x"), "--context"),
    (("-cfar", "sweep", "x"), "--context"),
    (("--tlsverify", "sweep", "x"), "--tlsverify"),
    (("--tlscert=x", "sweep", "x"), "--tlscert"),
    (("--host",), "docker sweep IMAGE"), (("-Dx", "sweep", "x"), "docker sweep IMAGE"),
    (("-Dcfar", "sweep", "x"), "--context"), (("sweep", "../x"), "no name of an image"),
    (("sweep", "a b"), "no name of an image"), (("sweep", "/etc"), "no name of an image"),
])
def test_wrong_use_of_the_plugin(plugin, words, says):
    done = call([plugin, *words])
    assert done.returncode == 64, done
    assert says in done.stderr and done.stdout == ""


def test_help_of_the_plugin(plugin):
    done = call([plugin, "sweep", "--help"])
    assert done.returncode == 0 and "--fail-on" in done.stdout


def test_docker_itself_finds_and_runs_it(plugin, place):
    docker = shutil.which("docker")
    if docker is None or "Docker version" not in call([docker, "--version"]).stdout:
        pytest.skip("no docker command here")
    folder = place / "config/cli-plugins"
    folder.mkdir(parents=True)
    plugin.rename(folder / "docker-sweep")
    env = {"DOCKER_CONFIG": os.fspath(place / "config"),
           "DOCKER_HOST": f"unix://{place}/none.sock"}
    assert "sweep" in call([docker, "--help"], **env).stdout
    assert "--fail-on" in call([docker, "sweep", "--help"], **env).stdout
    done = call([docker, "sweep", "app:1", "--strict"], **env)
    assert done.returncode in (2, 3) and "docker:app:1" in done.stdout + done.stderr


# --- recipes ---

def scan_lines(path):
    """The command lines that run sweeper, as a shell would split them."""
    lines = []
    for line in path.read_text().splitlines():
        found = re.search(r"(?<![\w-])sweeper scan (.*)", line)
        if found and not re.match(r"\s*(#|//)", line):
            lines.append(shlex.split(found.group(1).rstrip("'")))
    return lines


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"])
def test_what_recipes_run_is_accepted(name, place):
    lines = scan_lines(RECIPES / name)
    assert lines
    with tarfile.open(place / "image.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("empty"), io.BytesIO())
    for words in lines:
        result = sweep.scan(*words, cwd=place, records=False)
        assert result.code == 0, result
    assert (place / "sweeper.sarif").exists()


def yaml_of(name):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((RECIPES / name).read_text())


def test_the_github_workflow_is_pinned_and_modest():
    workflow = yaml_of("github-actions.yml")
    assert workflow["permissions"] == {}
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert rights == {"sweep": {"contents": "read", "security-events": "write"},
                      "push": {"packages": "write"}}
    assert workflow["jobs"]["push"]["needs"] == "sweep"
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step
            # What others choose (branch names, titles) never becomes part of a script.
            assert "${{" not in step.get("run", "")
    steps = [step.get("name") for step in workflow["jobs"]["sweep"]["steps"]]
    assert steps.index("Sweep the image") < steps.index("Alerts")
    assert not any("docker push" in step.get("run", "")
                   for step in workflow["jobs"]["sweep"]["steps"])


def test_the_gitlab_jobs_stand_in_order():
    jobs = yaml_of("gitlab-ci.yml")
    assert jobs["stages"] == ["build", "sweep", "push"]
    assert jobs["push-image"]["needs"] == ["build-image", "sweep-image"]
    assert "allow_failure" not in jobs["sweep-image"]
    for name in ("build-image", "sweep-image"):
        assert not any("docker push" in line or "docker login" in line
                       for line in jobs[name]["script"])


def test_the_jenkins_stages_stand_in_order():
    text = (RECIPES / "Jenkinsfile").read_text()
    stages = re.findall(r"stage\('(\w+)'\)", text)
    assert stages == ["Build", "Sweep", "Push"]
    assert text.count("{") == text.count("}") and text.count("'''") % 2 == 0
    assert text.index("sweeper scan") < text.index("docker login") < text.index("docker push")


def test_scripts_are_clean():
    assert subprocess.run(["sh", "-n", RECIPES / "docker-push"]).returncode == 0
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck here")
    done = call(["shellcheck", RECIPES / "docker-push"])
    assert done.returncode == 0, done.stdout


# --- the wrapper ---

FAKE_DOCKER = r"""#!/bin/sh
# Keeps one image in $STORE: image.tar and id. Writes what it was asked to $STORE/log.
echo "$*" >>"$STORE/log"
case "$1 $2" in
"image inspect") [ "$5" = app:1 ] && cat "$STORE/id" ;;
"save -o") [ "$4" = app:1 ] && cp "$STORE/image.tar" "$3" && { [ ! -e "$STORE/moves" ] || echo two >"$STORE/id"; } ;;
push*) ;;
*) exit 99 ;;
esac
"""


@pytest.fixture
def docker(place, rules):
    """docker(content, *args, options): runs the wrapper on an image with one file."""
    store = place / "store"
    tools = place / "tools"
    spool = place / "spool"
    for folder in (store, tools, spool):
        folder.mkdir()
    (tools / "docker").write_text(FAKE_DOCKER)
    (tools / "docker").chmod(0o755)
    (store / "id").write_text("one\n")

    def run(content, *args, options="", moves=False):
        (store / "log").write_text("")
        with tarfile.open(store / "image.tar", "w") as archive:
            info = tarfile.TarInfo("layer/file")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if moves:
            (store / "moves").touch()
        done = call([RECIPES / "docker-push", *args], STORE=os.fspath(store),
                    PATH=f"{tools}:{os.environ['PATH']}", SWEEPER=sweep.SWEEPER,
                    TMPDIR=os.fspath(spool),
                    SWEEPER_OPTIONS=f"--no-builtin-rules --rules {rules} {options}")
        assert list(spool.iterdir()) == [], "left behind"
        done.log = (store / "log").read_text().splitlines()
        return done

    return run


def pushes(done):
    return [line for line in done.log if line.startswith("push")]


def test_a_clean_image_is_pushed(docker):
    done = docker(b"clean", "--quiet", "app:1")
    assert done.returncode == 0, done.stderr
    assert pushes(done) == ["push --quiet app:1"]
    assert done.log[-1] == "push --quiet app:1", "pushed before it was swept"
    assert "sweeper: PASS" in done.stderr


@pytest.mark.parametrize("content, options, code", [
    (CANARY, "", 1),
    (b"." * 5000, "--max-file-size 1K", 3),
    (b"clean", "--no-such-option", 64),
    (b"clean", "--rules /does/not/exist", 65),
])
def test_nothing_else_is_pushed(docker, content, options, code):
    done = docker(content, "app:1", options=options)
    assert pushes(done) == []
    assert done.returncode == code or (code == 65 and done.returncode == 2), done
    assert "app:1 is not pushed" in done.stderr


def test_findings_below_the_threshold_are_pushed(docker):
    done = docker(CANARY, "app:1", options="--fail-on critical")
    assert done.returncode == 0 and pushes(done) == ["push app:1"]


def test_an_image_that_moves_is_not_pushed(docker):
    done = docker(b"clean", "app:1", moves=True)
    assert done.returncode == 1 and pushes(done) == []
    assert "has changed" in done.stderr


@pytest.mark.parametrize("args", [(), ("--quiet",), ("--all-tags", "app"), ("-a", "app")])
def test_wrong_use_of_the_wrapper(docker, args):
    done = docker(b"clean", *args)
    assert done.returncode == 64 and done.log == []


def test_an_image_that_is_not_there(docker):
    done = docker(b"clean", "other:1")
    assert done.returncode != 0 and pushes(done) == []
