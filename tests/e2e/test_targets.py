# SPDX-License-Identifier: Apache-2.0
"""Targets that are no paths: standard input, container engines, registries."""

import base64
import fcntl
import json
import os
import pty
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pytest
import registry_kit
from registry_kit import MARK, Image, OddServer, RealRegistry, layer, registry_of, simple_image
from sweep import (EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, EXIT_GAPS, EXIT_INTERRUPTED, LEAN, NOBODY,
                   PATIENCE, SANITIZER, end, environment, scan, start, wait_for)

REAL = pytest.mark.skipif(not registry_kit.have("docker-registry", "skopeo", "htpasswd"),
                          reason="docker-registry, skopeo or apache2-utils is not installed")
PODMAN = pytest.mark.skipif(not registry_kit.have("podman", "skopeo") or os.geteuid() != 0,
                            reason="podman or skopeo is not installed, or this is not root")
# Nothing here may go through a proxy, nor see the credentials of whoever runs it.
PLAIN = {"no_proxy": "*", "NO_PROXY": "*", "DOCKER_CONFIG": "/nonexistent"}


@pytest.fixture(scope="module")
def rule(tmp_path_factory):
    path = tmp_path_factory.mktemp("rule") / "mark.yar"
    path.write_text(registry_kit.RULE)
    return path


@pytest.fixture
def sweep(rule):
    def run(*args, env=None, **keywords):
        return scan("--no-builtin-rules", "-r", rule, "-o", "jsonl", *args,
                    env={**PLAIN, **(env or {})}, **keywords)

    return run


def piped(data):
    """The reading end of a pipe from which `data` comes."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE).stdout


def objects_of(result):
    """{(rule, digest of the object)}: what is found whatever the form of an image."""
    return {(f["rule"]["name"], f["object"]["sha256"]) for f in result.findings}


def gaps_of(result):
    """[(what stands after the last slash of the path, reason)], sorted."""
    return sorted((g["object"]["path"].rsplit("/", 1)[1], g["reason"]) for g in result.gaps)


def root_of(result):
    (root,) = result.of("root")
    return root


# --- standard input ---


def test_a_stream_is_one_object(sweep):
    result = sweep("-", stdin=piped(b"#!/bin/sh\n" + MARK + b"\n"))
    assert result.code == EXIT_FINDINGS, result
    assert result.found() == {("mark", b"-")}
    root = root_of(result)
    assert (root["target"], root["path"], root["kind"]) == ("-", "-", "stdin")
    assert result.end["objects"]["scanned"] == 1


def test_a_stream_is_opened_like_a_file(sweep, tmp_path):
    plain = layer({"a/b": MARK})
    result = sweep("-", stdin=piped(plain))
    assert [f["locator"] for f in result.findings] == ["-!content!a/b"]
    (tmp_path / "x.tar.gz").write_bytes(plain)
    other = sweep(tmp_path / "x.tar.gz")
    assert objects_of(result) == objects_of(other) != set()


def test_a_large_stream_through_a_slow_pipe(sweep):
    size = (1 << 20) if LEAN else (40 << 20)
    script = f"head -c {size} /dev/zero; sleep 0.3; printf %s {MARK.decode()}"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as source:
        result = sweep("-", stdin=source.stdout)
    assert [f["matches"][0]["offset"] for f in result.findings] == [size]


def test_an_empty_stream_is_clean(sweep):
    result = sweep("-", stdin=subprocess.DEVNULL)
    assert (result.code, result.end["objects"]["scanned"]) == (EXIT_CLEAN, 1)


def test_standard_input_twice_is_read_once(sweep):
    result = sweep("-", "-", stdin=piped(MARK))
    assert len(result.findings) == 1 and len(result.of("root")) == 2


@pytest.mark.parametrize("option, reason", [("--spill", "limit_spill"),
                                            ("--max-file-size", "limit_size")])
def test_what_arrived_before_the_limit_is_scanned(sweep, option, reason):
    for size, kept in ((1 << 20, True), ((1 << 20) + 1, False)):
        data = MARK + b"\0" * (size - len(MARK))
        result = sweep("-", option, "1M", stdin=piped(data))
        assert len(result.findings) == 1, result
        assert [g["reason"] for g in result.gaps] == ([] if kept else [reason])
        assert result.end["bytes"] == 1 << 20


def test_a_redirected_file_is_not_copied(sweep, tmp_path):
    (tmp_path / "big").write_bytes(MARK + b"\0" * 100000)
    with open(tmp_path / "big", "rb") as file:
        result = sweep("-", "--spill", "1K", stdin=file)
    assert (len(result.findings), result.gaps) == (1, []), result
    assert result.findings[0]["object"]["inode"] == (tmp_path / "big").stat().st_ino
    with open(tmp_path / "big", "rb") as file:
        file.seek(len(MARK))  # the rest is what was redirected
        result = sweep("-", stdin=file)
    assert result.code == EXIT_CLEAN and result.end["bytes"] == 100000


def test_a_terminal_and_a_closed_input_are_refused(sweep):
    ours, theirs = pty.openpty()
    result = sweep("-", stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert result.code == EXIT_FAILED and "standard input is a terminal" in result.stderr
    with open(os.devnull, "wb") as closed:
        result = sweep("-", stdin=closed)
    assert result.code == EXIT_FAILED and "standard input cannot be read" in result.stderr


def waiting_in(pipe):
    """How many bytes of a pipe nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@pytest.mark.threads
def test_a_silent_stream_can_be_interrupted(rule):
    reading, writing = os.pipe()
    command = ["scan", "--no-builtin-rules", "-r", rule, "-o", "jsonl", "-"]
    process = subprocess.Popen([os.environ.get("SWEEPER", "build/dev/sweeper"), *map(str, command)],
                               stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment())
    os.write(writing, MARK)
    wait_for(lambda: waiting_in(reading) == 0, 20, "reader")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30 * PATIENCE)
    os.close(reading)
    os.close(writing)
    assert process.returncode == EXIT_INTERRUPTED, err
    assert json.loads(out.splitlines()[-1])["type"] == "sweep_end" and b"stuck" not in err


def test_a_path_of_such_a_name_can_be_named(sweep, tmp_path):
    for name in ("docker:x", "-", "registry:localhost"):
        (tmp_path / name).write_bytes(MARK)
        result = sweep("./" + name, cwd=tmp_path)
        assert result.found() == {("mark", os.fsencode(tmp_path / name))}


@pytest.mark.threads
def test_targets_of_every_kind_together(sweep, tmp_path):
    (tmp_path / "file").write_bytes(MARK + b"1")
    image = simple_image()
    with OddServer(registry_of(image)) as server:
        result = sweep("-j", "1", "-", tmp_path, "--insecure-registry",
                       f"registry:{server.host}/app:1", stdin=piped(MARK + b"2"))
    assert [r["kind"] for r in result.of("root")] == ["stdin", "directory", "registry"]
    assert len(result.findings) == 3 and result.gaps == [], result


# --- a container engine's socket ---


def engine_of(image_tar, special=None):
    def answer(handler):
        if special and special(handler):
            return
        if handler.path == "/images/app:1/json":
            handler.reply(json.dumps({"Id": "sha256:" + "a" * 64, "RepoTags": ["app:1"],
                                      "RepoDigests": ["app@sha256:" + "b" * 64, 7]}).encode())
        elif handler.path == "/images/app:1/get":
            handler.reply(image_tar)
        else:
            handler.reply(b'{"message":"No such image"}', 404)

    return answer


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """What `docker save` would give: made by skopeo."""
    if not registry_kit.have("skopeo"):
        pytest.skip("skopeo is not installed")
    folder = tmp_path_factory.mktemp("saved")
    layout = simple_image().layout(folder / "layout")
    subprocess.run(["skopeo", "copy", "-q", "--insecure-policy", f"oci:{layout}:1",
                    f"docker-archive:{folder}/image.tar:app:1"], check=True)
    return (folder / "image.tar").read_bytes()


def test_an_engine_gives_its_image(sweep, saved, tmp_path):
    for kind, variable in (("docker", "DOCKER_HOST"), ("podman", "CONTAINER_HOST")):
        path = tmp_path / kind
        with OddServer(engine_of(saved), path=path):
            result = sweep(f"{kind}:app:1", env={variable: f"unix://{path}"})
        assert result.code == EXIT_FINDINGS and result.gaps == [], result
        assert {f["object"]["path"] for f in result.findings} == {f"{kind}:app:1"}
        root = root_of(result)
        assert root["kind"] == kind and root["path"] == f"{kind}:app:1"
        assert root["image"] == {"id": "sha256:" + "a" * 64,
                                 "names": ["app:1", "app@sha256:" + "b" * 64]}


def test_podman_is_looked_for_where_it_listens(sweep, saved, tmp_path):
    (tmp_path / "podman").mkdir()
    with OddServer(engine_of(saved), path=tmp_path / "podman/podman.sock"):
        result = sweep("podman:app:1", env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert result.code == EXIT_FINDINGS, result


def test_errors_of_an_engine_are_one_sentence(sweep, saved, tmp_path):
    path = tmp_path / "socket"
    there = {"DOCKER_HOST": f"unix://{path}"}

    def fails(text, *args, **keywords):
        result = sweep(*args, **keywords)
        assert result.code == EXIT_FAILED and text in result.stderr, result
        assert result.of("root") == [] and result.stderr.count("docker:") <= 1

    fails(f"Docker does not listen on {path}: No such file or directory", "docker:app:1", env=there)
    with OddServer(engine_of(saved), path=path):
        fails("Docker has no such image", "docker:other", env=there)
        if os.geteuid() == 0:
            tmp_path.chmod(0o755)
            path.chmod(0o600)
            os.chmod(tmp_path.parent, 0o755)
            reachable = Path(tempfile.mkdtemp())
            try:
                reachable.chmod(0o755)
                with OddServer(engine_of(saved), path=reachable / "s"):
                    os.chmod(reachable / "s", 0o600)
                    done = scan("docker:app:1", user=NOBODY,
                                env={**PLAIN, "DOCKER_HOST": f"unix://{reachable}/s"})
                    assert done.code == EXIT_FAILED and "may not be used" in done.stderr, done
            finally:
                shutil.rmtree(reachable)
    fails("Docker does not listen on", "docker:app:1", env=there)
    fails("only unix:///PATH can be used", "docker:app:1", env={"DOCKER_HOST": "tcp://127.0.0.1:1"})
    with OddServer(lambda handler: handler.reply(b"[1]"), path=tmp_path / "odd"):
        fails("no image's description", "docker:x", env={"DOCKER_HOST": f"unix://{tmp_path}/odd"})
    with OddServer(lambda handler: handler.reply(b" " * (5 << 20)), path=tmp_path / "much"):
        fails("more than", "docker:x", env={"DOCKER_HOST": f"unix://{tmp_path}/much"})


def test_an_export_that_breaks_off_is_scanned_as_far_as_it_came(sweep, saved, tmp_path):
    def breaks(handler):
        if not handler.path.endswith("/get"):
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(saved)))
        handler.end_headers()
        handler.wfile.write(saved[:-2000])
        handler.close_connection = True
        return True

    def late(handler):
        if handler.path.endswith("/get"):
            handler.stall()
            return True
        return False

    with OddServer(engine_of(saved, breaks), path=tmp_path / "a"):
        result = sweep("docker:app:1", env={"DOCKER_HOST": f"unix://{tmp_path}/a"})
    assert result.code == EXIT_FINDINGS and "io_error" in {g["reason"] for g in result.gaps}
    with OddServer(engine_of(saved, late), path=tmp_path / "b"):
        result = sweep("docker:app:1", "--fetch-timeout", "1",
                       env={"DOCKER_HOST": f"unix://{tmp_path}/b"})
    assert result.code == EXIT_GAPS and [g["reason"] for g in result.gaps] == ["timeout"]
    assert result.seconds < 30 * PATIENCE


@PODMAN
def test_a_real_podman(sweep, saved, tmp_path):
    (tmp_path / "image.tar").write_bytes(saved)
    try:
        with registry_kit.podman_service(tmp_path / "image.tar") as path:
            env = {"CONTAINER_HOST": f"unix://{path}"}
            result = sweep("podman:app:1", env=env)
            missing = sweep("podman:nothing", env=env)
    except registry_kit.NoPodman as why:
        pytest.skip(str(why))
    assert result.code == EXIT_FINDINGS and result.gaps == [], result
    image = root_of(result)["image"]
    assert "docker.io/library/app:1" in image["names"] and len(image["id"]) >= 64
    assert objects_of(result) == objects_of(sweep("-", stdin=piped(saved)))
    assert missing.code == EXIT_FAILED and "podman has no such image" in missing.stderr


# --- a real registry ---


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    real = RealRegistry(tmp_path_factory.mktemp("registry") / "open")
    yield real
    real.end()


@pytest.fixture(scope="module")
def closed_registry(tmp_path_factory):
    real = RealRegistry(tmp_path_factory.mktemp("registry") / "closed", {"ann": "sec:ret"})
    yield real
    real.end()


def two_platforms():
    image = Image()
    shared = layer({"usr/bad": MARK})
    rows = []
    for name in ("amd64", "arm64"):
        row = image.manifest([shared, layer({"name": name.encode() + MARK})], name)
        rows.append({**row, "platform": {"os": "linux", "architecture": name}})
    image.index(rows)
    return image


@REAL
def test_a_registry_gives_every_platform_once(sweep, registry, tmp_path):
    image = two_platforms()
    layout = image.layout(tmp_path / "layout")
    registry.push(layout, "team/app:2")
    result = sweep("--insecure-registry", f"registry:{registry.host}/team/app:2")
    assert result.code == EXIT_FINDINGS and result.gaps == [], result
    root = root_of(result)
    assert root["path"] == f"registry:{registry.host}/team/app@{image.top}"
    assert root["image"] == {"id": image.top, "names": [f"{registry.host}/team/app:2"]}
    assert objects_of(result) == objects_of(sweep(layout)) and len(result.findings) == 3
    names = {f["object"]["path"] for f in result.findings}
    assert all(name.startswith(root["path"] + "/blobs/sha256/") for name in names)
    # an index, two manifests, two configurations, three layers: each is asked for once
    assert result.end["objects"]["scanned"] == 8
    asked = [path for path, status in registry.requests() if status == 200 and "/team/app/" in path
             and "team/app/manifests/2" not in path and "sweeper" not in path]
    blobs = [path for path in asked if "/blobs/" in path]
    assert len(blobs) == len(set(blobs))


@REAL
def test_a_registry_by_digest_and_by_layers_of_one_manifest(sweep, registry, tmp_path):
    image = simple_image()
    registry.push(image.layout(tmp_path / "layout"), "app:1")
    first = sweep("--insecure-registry", f"registry:{registry.host}/app@{image.top}")
    second = sweep("--insecure-registry", f"registry:{registry.host}/app:1")
    assert first.code == EXIT_FINDINGS and first.gaps == [], first
    assert {f["id"] for f in first.findings} == {f["id"] for f in second.findings} != set()
    none = sweep("--insecure-registry", f"registry:{registry.host}/app:none")
    assert none.code == EXIT_FAILED and f"{registry.host} has no such image" in none.stderr
    plain = sweep(f"registry:{registry.host}/app:1")
    assert plain.code == EXIT_FAILED, plain


def config_of(folder, thing):
    folder.mkdir()
    (folder / "config.json").write_text(thing if isinstance(thing, str) else json.dumps(thing))
    return {"DOCKER_CONFIG": str(folder)}


@REAL
def test_credentials_come_from_the_configuration(sweep, closed_registry, tmp_path):
    image = simple_image()
    host = closed_registry.host
    closed_registry.push(image.layout(tmp_path / "layout"), "app:1", "ann:sec:ret")
    target = ["--insecure-registry", f"registry:{host}/app:1"]
    nobody = sweep(*target)
    assert nobody.code == EXIT_FAILED and "wants credentials" in nobody.stderr, nobody
    auth = base64.b64encode(b"ann:sec:ret").decode()
    for number, key in enumerate((host, f"https://{host}/v2/")):
        env = config_of(tmp_path / f"c{number}", {"auths": {key: {"auth": auth}}})
        assert sweep(*target, env=env).code == EXIT_FINDINGS
    wrong = config_of(tmp_path / "wrong", {"auths": {host: {"auth": "YW5uOng="}}})
    refused = sweep(*target, env=wrong)
    assert refused.code == EXIT_FAILED and "401" in refused.stderr, refused
    damaged = config_of(tmp_path / "damaged", "{")
    refused = sweep(*target, env=damaged)
    assert refused.code == EXIT_FAILED and "no credentials are taken from it" in refused.stderr


@REAL
def test_credential_helpers_run_only_when_allowed(sweep, closed_registry, tmp_path):
    host = closed_registry.host
    closed_registry.push(simple_image().layout(tmp_path / "layout"), "app:1", "ann:sec:ret")
    target = ["--insecure-registry", f"registry:{host}/app:1"]
    programs = tmp_path / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-test"
    helper.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/log\ncat >> {tmp_path}/log\n"
                      "echo '{\"Username\": \"ann\", \"Secret\": \"sec:ret\"}'\n")
    helper.chmod(0o755)
    env = {**config_of(tmp_path / "config", {"credHelpers": {host: "test"}}),
           "PATH": f"{programs}:{os.environ['PATH']}"}
    without = sweep(*target, env=env)
    assert without.code == EXIT_FAILED and "--credential-helpers" in without.stderr
    assert not (tmp_path / "log").exists()
    result = sweep("--credential-helpers", *target, env=env)
    assert result.code == EXIT_FINDINGS, result
    assert (tmp_path / "log").read_text() == f"get\n{host}"
    for name in ("../bin/docker-credential-test", "test;touch x", "-x", ".", "gone"):
        odd = {**env, **config_of(tmp_path / str(len(name)), {"credsStore": name})}
        assert sweep("--credential-helpers", *target, env=odd).code == EXIT_FAILED
    assert (tmp_path / "log").read_text() == f"get\n{host}"


# --- TLS ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder / "key", "-out", folder / "cert"], check=True, capture_output=True)
    return folder


def test_certificates_are_verified(sweep, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    with OddServer(registry_of(simple_image()), context=context) as server:
        target = f"registry:{server.host}/app:1"
        refused = sweep(target)
        assert refused.code == EXIT_FAILED and "certificate" in refused.stderr.lower(), refused
        trusted = sweep(target, env={"SSL_CERT_FILE": str(certificate / "cert")})
        assert trusted.code == EXIT_FINDINGS and trusted.gaps == [], trusted
        assert sweep("--insecure-registry", target).code == EXIT_FINDINGS


# --- registries that misbehave ---


def odd(sweep, image, special, *args, env=None, tag="1", timeout=20):
    """timeout: of seconds in which nothing comes; 1 where that is what is tried."""
    with OddServer(registry_of(image, special)) as server:
        result = sweep("--insecure-registry", "--fetch-timeout", str(timeout), *args,
                       f"registry:{server.host}/app:{tag}", env=env)
        result.server = server
    assert result.seconds < 60 * PATIENCE, result
    return result


def bad_layer(image):
    """The digest of the layer with the mark."""
    return json.loads(image.documents[image.top])["layers"][0]["digest"]


def at_blob(image, act):
    wanted = bad_layer(image)

    def special(handler, kind, what):
        if kind != "blobs" or what != wanted:
            return False
        act(handler, image.blobs[wanted])
        return True

    return special


def partial(handler, data, promised, close=True):
    handler.send_response(200)
    handler.send_header("Content-Length", str(promised))
    handler.end_headers()
    handler.wfile.write(data)
    handler.wfile.flush()
    handler.close_connection = close


def test_a_registry_that_is_silent_ends_the_sweep(sweep):
    for quiet in ("greeting",) if LEAN else ("greeting", "manifests"):
        def special(handler, kind, _what):
            if kind == quiet:
                handler.stall()
            return kind == quiet

        result = odd(sweep, simple_image(), special, timeout=1)
        assert result.code == EXIT_FAILED and "did not answer" in result.stderr, result


@pytest.mark.parametrize("act, reason", [
    # Those that are tried again take seconds of waiting.
    pytest.param(lambda handler, data: handler.stall(), "timeout", marks=pytest.mark.plain),
    (lambda handler, data: handler.reply(b"", 404), "missing_part"),
    (lambda handler, data: handler.reply(b"", 403), "unreadable"),
    pytest.param(lambda handler, data: handler.reply(b"", 503), "io_error", marks=pytest.mark.plain),
    (lambda handler, data: handler.reply(b"", 302, Location=handler.path), "damaged"),
    (lambda handler, data: handler.reply(b"", 302, Location="file:///etc/passwd"), "damaged"),
    (lambda handler, data: handler.reply(b"", 302), "damaged"),
    (lambda handler, data: handler.reply(b"", 401, WWW_Authenticate="Basic realm=x"), "unreadable"),
    (lambda handler, data: handler.reply(b"", 401, WWW_Authenticate="Bearer realm=\"ftp://x\""),
     "unreadable"),
    (lambda handler, data: handler.reply(b"", X_Much="x" * 60000, X_More="x" * 60000), "damaged"),
    (lambda handler, data: partial(handler, data[:9], len(data)), "io_error"),
])
def test_one_blob_that_cannot_be_had_is_one_gap(sweep, act, reason):
    image = simple_image()
    result = odd(sweep, image, at_blob(image, act), timeout=1 if reason == "timeout" else 20)
    assert (bad_layer(image)[7:], reason) in gaps_of(result), result
    assert {g["object"]["path"].rsplit("/", 1)[1] for g in result.gaps} == {bad_layer(image)[7:]}
    assert result.code == EXIT_GAPS
    assert result.end["objects"]["scanned"] >= 3  # the manifest, the other layer, the config


def test_too_much_is_cut_where_it_should_end(sweep):
    image = simple_image()
    act = lambda handler, data: handler.reply(data + b"x" * 100000)  # noqa: E731
    result = odd(sweep, image, at_blob(image, act))
    assert gaps_of(result) == [(bad_layer(image)[7:], "damaged")] and len(result.findings) == 1


def test_too_little_is_told_and_scanned(sweep):
    image = Image()
    image.manifest([layer({"a": MARK, "b": os.urandom(50000)})])
    act = lambda handler, data: handler.reply(data[:-4000])  # noqa: E731
    result = odd(sweep, image, at_blob(image, act))
    assert (bad_layer(image)[7:], "truncated") in gaps_of(result) and len(result.findings) == 1


def test_a_wrong_digest_does_not_hide_the_content(sweep):
    image = simple_image()
    wanted = bad_layer(image)
    other = layer({"srv/bad": MARK + b"!"})
    rows = json.loads(image.documents[image.top])
    rows["layers"][0]["size"] = len(other)
    image.document(rows, registry_kit.MANIFEST)
    act = lambda handler, data: handler.reply(other)  # noqa: E731
    result = odd(sweep, image, at_blob(image, act))
    assert all(wanted[7:] in f["locator"] for f in result.findings), result
    # The diff id is another as well: the same thing, told once.
    assert sorted(f["rule"]["name"] for f in result.findings) == ["image_blob_digest", "mark"]
    assert result.gaps == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_connection_is_taken_up_again(sweep, ranges):
    image = Image()
    image.manifest([layer({"a": os.urandom(400000), "b": MARK})])
    asked = []

    def act(handler, data):
        start_at = 0
        value = handler.headers.get("Range")
        asked.append(value)
        if ranges and value:
            start_at = int(value[len("bytes="):-1])
        if len(asked) < 3:
            handler.send_response(206 if start_at else 200)
            if start_at:
                handler.send_header("Content-Range", f"bytes {start_at}-{len(data) - 1}/{len(data)}")
            handler.send_header("Content-Length", str(len(data) - start_at))
            handler.end_headers()
            handler.wfile.write(data[start_at:start_at + 150000])
            handler.close_connection = True
        elif start_at:
            handler.reply(data[start_at:], 206,
                          Content_Range=f"bytes {start_at}-{len(data) - 1}/{len(data)}")
        else:
            handler.reply(data)

    result = odd(sweep, image, at_blob(image, act))
    assert result.gaps == [] and len(result.findings) == 1, result
    assert len(asked) == 3 and asked[0] is None and asked[1].startswith("bytes=")


def test_pieces_of_two_things_are_fetched_again(sweep):
    """A range that does not fit what came before: the digest tells."""
    image = Image()
    image.manifest([layer({"a": os.urandom(400000), "b": MARK})])
    asked = []

    def act(handler, data):
        asked.append(handler.headers.get("Range"))
        if len(asked) == 1:
            partial(handler, data[:200000], len(data))
        elif asked[-1]:
            handler.reply(b"?" * (len(data) - 200000), 206,
                          Content_Range=f"bytes 200000-{len(data) - 1}/{len(data)}")
        else:
            handler.reply(data)

    result = odd(sweep, image, at_blob(image, act))
    assert result.gaps == [] and len(result.findings) == 1, result
    assert asked == [None, "bytes=200000-", None]


def test_a_busy_registry_is_asked_again(sweep):
    image = simple_image()
    tries = []

    def act(handler, data):
        tries.append(time.monotonic())
        if len(tries) == 1:
            handler.reply(b"", 429, Retry_After="1")
        elif len(tries) == 2:
            handler.reply(b"", 503)
        else:
            handler.reply(data)

    result = odd(sweep, image, at_blob(image, act))
    assert result.gaps == [] and len(result.findings) == 1 and len(tries) == 3
    assert tries[1] - tries[0] >= 1 and tries[2] - tries[1] >= 0.9


def test_a_registry_that_never_lets_in_is_not_asked_for_ever(sweep):
    counts = []

    def special(handler, kind, _what):
        if kind == "greeting":
            return False
        if handler.path.startswith("/token"):
            handler.reply(b'{"token": "again"}')
            return True
        counts.append(1)
        host = handler.headers["Host"]
        handler.reply(b"", 401, WWW_Authenticate=f'Bearer realm="http://{host}/token",service="s"')
        return True

    result = odd(sweep, simple_image(), special)
    assert result.code == EXIT_FAILED and "401" in result.stderr and len(counts) == 3, result


def test_tokens_are_asked_for_with_the_credentials(sweep, tmp_path):
    image = simple_image()

    def special(handler, kind, _what):
        if handler.path.startswith("/token"):
            handler.reply(b'{"access_token": "tok-1"}')
            return True
        if kind in ("manifests", "blobs") and handler.headers.get("Authorization") != "Bearer tok-1":
            host = handler.headers["Host"]
            handler.reply(b"", 401, WWW_Authenticate=(
                f'Basic realm="x", Bearer realm="http://{host}/token",service="a b",'
                'scope="repository:other:push"'))
            return True
        return False

    with OddServer(registry_of(image, special)) as server:
        auth = base64.b64encode(b"ann:pw").decode()
        env = config_of(tmp_path / "c", {"auths": {server.host: {"auth": auth}}})
        result = sweep("--insecure-registry", f"registry:{server.host}/app:1", env=env)
        assert result.code == EXIT_FINDINGS and result.gaps == [], result
        (asked,) = [(path, h) for path, h in server.seen if path.startswith("/token")]
    assert asked[0] == "/token?service=a%20b&scope=repository%3Aapp%3Apull"
    assert asked[1]["Authorization"] == f"Basic {auth}"


def test_a_refresh_token_is_posted(sweep, tmp_path):
    image = simple_image()
    posted = []

    def special(handler, kind, _what):
        if handler.path.startswith("/token"):
            posted.append((handler.command, handler.form))
            handler.reply(b'{"access_token": "tok-2"}')
            return True
        if kind == "manifests" and handler.headers.get("Authorization") != "Bearer tok-2":
            host = handler.headers["Host"]
            handler.reply(b"", 401, WWW_Authenticate=f'Bearer realm="http://{host}/token"')
            return True
        return False

    with OddServer(registry_of(image, special)) as server:
        env = config_of(tmp_path / "c", {"auths": {server.host: {"identitytoken": "se/cret"}}})
        result = sweep("--insecure-registry", f"registry:{server.host}/app:1", env=env)
    assert result.code == EXIT_FINDINGS, result
    assert posted == [("POST", b"service=&scope=repository%3Aapp%3Apull&grant_type=refresh_token"
                               b"&client_id=sweeper&refresh_token=se%2Fcret")]


def test_credentials_are_never_shown_to_others(sweep, tmp_path):
    image = simple_image()
    auth = base64.b64encode(b"ann:pw").decode()
    shown = []

    def elsewhere(handler):
        shown.append((handler.path, handler.headers.get("Authorization")))
        if handler.path.startswith("/token"):
            handler.reply(b"", 403)
        else:
            handler.reply(image.blobs[bad_layer(image)])

    with OddServer(elsewhere) as other:
        # Another name for the same machine is another host.
        def foreign_realm(handler, kind, _what):
            if kind == "manifests":
                handler.reply(b"", 401, WWW_Authenticate=(
                    f'Bearer realm="http://localhost:{other.port}/token",service="s"'))
                return True
            return False

        def redirect(handler, kind, what):
            if kind != "greeting" and handler.headers.get("Authorization") is None:
                handler.reply(b"", 401, WWW_Authenticate="Basic realm=x")
                return True
            if kind == "blobs" and what == bad_layer(image):
                handler.reply(b"", 307, Location=f"http://localhost:{other.port}/cdn")
                return True
            return False

        for number, special in enumerate((foreign_realm, redirect)):
            with OddServer(registry_of(image, special)) as server:
                env = config_of(tmp_path / str(number), {"auths": {server.host: {"auth": auth}}})
                result = sweep("--insecure-registry", f"registry:{server.host}/app:1", env=env)
                if number == 0:
                    assert result.code == EXIT_FAILED and "not shown the credentials" in result.stderr
                else:
                    assert result.code == EXIT_FINDINGS and result.gaps == [], result
    assert [path.split("?")[0] for path, _ in shown] == ["/token", "/cdn"]
    assert [authorization for _, authorization in shown] == [None, None]


def test_a_huge_manifest_is_scanned_and_not_followed(sweep):
    size = (8 << 20) if LEAN else (200 << 20)

    def special(handler, kind, _what):
        if kind != "manifests":
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(size + len(MARK)))
        handler.end_headers()
        for _ in range(size >> 20):
            handler.wfile.write(b" " * (1 << 20))
        handler.wfile.write(MARK)
        return True

    result = odd(sweep, Image(), special)
    assert result.code == EXIT_FINDINGS, result
    # the list of referrers by tag is as large, and as little followed
    assert {g["reason"] for g in result.gaps} == {"limit_size"}
    assert result.findings[0]["matches"][0]["offset"] == size


def test_documents_that_lead_on_for_ever_end(sweep):
    """Every digest is answered with an index that names the next."""
    def special(handler, kind, what):
        if kind != "manifests" or what.startswith("sha256-"):
            return False
        number = int(what[7:], 16) if what.startswith("sha256:") else 0
        row = {"mediaType": registry_kit.INDEX, "digest": f"sha256:{number + 1:064x}"}
        handler.reply(json.dumps({"manifests": [row]}).encode())
        return True

    result = odd(sweep, Image(), special)
    assert [g["reason"] for g in result.gaps] == ["limit_depth"], result
    # None of them is what it was asked for as.
    assert {f["rule"]["name"] for f in result.findings} == {"image_blob_digest"}
    assert len(result.server.paths()) < 15


def test_a_wide_index_is_bounded(sweep):
    image = Image()
    rows = [{"mediaType": registry_kit.LAYER, "digest": f"sha256:{i:064x}", "size": 1,
             "urls": ["https://example.org/x"]} for i in range(10001)]
    image.document({"layers": rows}, registry_kit.MANIFEST)
    result = odd(sweep, image, None)
    counts = result.end["gaps"]
    assert counts == {"limit_members": 1, "missing_part": 9999}, counts  # and the manifest itself


@pytest.mark.parametrize("document, reason", [
    (b"not json", "damaged"), (b"[]", "damaged"), (b'{"manifests": [{"digest": "sha256:zz"}]}', "damaged"),
    (b'{"layers": [{"digest": "../../etc/passwd", "size": 1}]}', "damaged"),
    (b'{"config": {"digest": "md5:00", "size": 1}}', "damaged"),
    (b"{" * 3000, "damaged"), (b'{"layers": [7]}', "damaged")])
def test_documents_that_are_none(sweep, document, reason):
    image = Image()
    image.document(document, registry_kit.MANIFEST)
    result = odd(sweep, image, None)
    assert gaps_of(result) == [(image.top[7:], reason)], result
    assert result.end["objects"]["scanned"] == 1


def test_foreign_layers_are_gaps(sweep):
    image = Image()
    foreign = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 9,
               "digest": "sha256:" + "c" * 64, "urls": ["https://example.org/x"]}
    image.manifest([layer({"a": MARK}), foreign])
    result = odd(sweep, image, None)
    assert gaps_of(result) == [("c" * 64, "missing_part")] and len(result.findings) == 1
    assert not any("c" * 64 in path for path in result.server.paths())


def test_spool_space_is_shared_by_all_blobs(sweep):
    image = Image()
    image.manifest([layer({f"{i}": os.urandom(300000)}) for i in range(5)])
    result = odd(sweep, image, None, "--spill", "1M")
    reasons = {g["reason"] for g in result.gaps}
    assert "limit_spill" in reasons and result.end["bytes"] <= 1 << 20, result


def test_what_one_target_took_the_next_has_not(sweep):
    """The first document of the second was there before the first target took everything."""
    image = Image()
    image.manifest([layer({"a": os.urandom(300000)}), layer({"b": MARK})])
    with OddServer(registry_of(image)) as server:
        result = sweep("--insecure-registry", "--spill", "1M", "-", f"registry:{server.host}/app:1",
                       stdin=piped(os.urandom((1 << 20) - 100)))
    reasons = [g["reason"] for g in result.gaps]
    assert reasons and set(reasons) == {"limit_spill"} and result.findings == [], result


def test_referrers_are_fetched_too(sweep):
    image = simple_image()
    signature = Image()
    signed = signature.manifest([layer({"signature": MARK + b"2"})])
    image.blobs.update(signature.blobs)
    image.documents.update(signature.documents)
    listing = json.dumps({"schemaVersion": 2, "manifests": [signed]}).encode()

    def by_api(handler, _kind, _what):
        if "/referrers/" in handler.path:
            handler.reply(listing)
            return True
        return False

    def by_tag(handler, _kind, what):
        if what == "sha256-" + image.top[7:]:
            handler.reply(listing)
            return True
        return False

    for special in (by_api, by_tag):
        result = odd(sweep, image, special)
        assert len(result.findings) == 2 and result.gaps == [], result


def stall_blobs(handler, kind, _what):
    if kind == "blobs":
        handler.stall()
    return kind == "blobs"


def blob_is_asked_for(server):
    return any("/blobs/" in path for path in server.paths())


@pytest.mark.threads
def test_a_fetch_can_be_interrupted(rule):
    image = simple_image()
    for quiet, stalled in ((stall_blobs, blob_is_asked_for),
                           (lambda handler, kind, what: handler.stall() or True, OddServer.paths)):
        with OddServer(registry_of(image, quiet)) as server:
            process = start(["scan", "--no-builtin-rules", "-r", rule, "-o", "jsonl",
                             "--insecure-registry", f"registry:{server.host}/app:1"], env=PLAIN)
            wait_for(lambda: stalled(server), 20, "request")
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            result = end(process, timeout=30)
            assert result.code == EXIT_INTERRUPTED, result
            assert time.monotonic() - begin < 8 * PATIENCE


def fetchers_of(process):
    """Processes that `process` started to fetch."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == process.pid and (folder / "cmdline").read_bytes().startswith(b"sweeper-fetch"):
                found.append(folder)
        except OSError:
            continue
    return found


def is_over(folder):
    """Of a process: it is gone, or nobody has asked yet how it ended."""
    try:
        return (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(os.geteuid() != 0, reason="what another process may do is shown to root only")
def test_the_fetcher_is_behind_a_door(rule):
    with OddServer(registry_of(simple_image(), stall_blobs)) as server:
        # The engine of a build with sanitizers has no door that would do.
        require = [] if SANITIZER else ["--sandbox=require"]
        process = start(["scan", "--no-builtin-rules", "-r", rule, "-o", "jsonl", *require,
                         "--insecure-registry", f"registry:{server.host}/app:1"], env=PLAIN)
        wait_for(lambda: blob_is_asked_for(server), 20, "request")
        (fetcher,) = fetchers_of(process)
        status = dict(line.split(":\t", 1) for line in (fetcher / "status").read_text().splitlines())
        limits = (fetcher / "limits").read_text()
        mapped = (fetcher / "maps").read_text()
        supervisor = Path(f"/proc/{process.pid}/maps").read_text()
        process.kill()
        end(process, records=False)
        wait_for(lambda: is_over(fetcher), 20, "end of the fetcher")
    assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2"
    assert "Max core file size        0" in limits
    assert "libcurl" in mapped and "libcurl" not in supervisor


def test_names_are_resolved_behind_the_door(sweep):
    with OddServer(registry_of(simple_image())) as server:
        result = sweep("--insecure-registry", f"registry:localhost:{server.port}/app:1")
        assert result.code == EXIT_FINDINGS, result
    result = sweep("--fetch-timeout", "5", "registry:registry.invalid/app:1")
    assert result.code == EXIT_FAILED and "resolve" in result.stderr.lower(), result


@pytest.mark.threads
def test_a_fetcher_that_dies_is_one_gap(rule):
    with OddServer(registry_of(simple_image(), stall_blobs)) as server:
        process = start(["scan", "--no-builtin-rules", "-r", rule, "-o", "jsonl",
                         "--insecure-registry", f"registry:{server.host}/app:1"], env=PLAIN)
        wait_for(lambda: blob_is_asked_for(server), 20, "request")
        for fetcher in fetchers_of(process):
            os.kill(int(fetcher.name), signal.SIGKILL)
        result = end(process)
    assert result.code == EXIT_GAPS and [g["reason"] for g in result.gaps] == ["crash"], result
    assert result.end["objects"]["scanned"] == 1
