# SPDX-License-Identifier: Apache-2.0
"""--base: what an image has from its base, and what was added to it."""

import gzip
import hashlib
import json
import os
import shutil
import tarfile

import pytest

import images
import registry_kit
from images import Layout, canary, layer, needs
from registry_kit import Image, OddServer, registry_of

BASE = [layer([("etc/", None), ("etc/a", canary("base a"))]),
        layer([("etc/b", canary("base b"))])]
APP = [*BASE, layer([("app/", None), ("app/c", canary("app c")), ("etc/.wh.a", b"")])]


def split(result):
    """{path in its layer: inherited}"""
    rows = {}
    for finding in result.findings:
        for at, hop in enumerate(finding["chain"][:-1]):
            if "layer" in hop:
                rows[finding["chain"][-1]["name"]] = hop["layer"]["inherited"]
                assert hop["layer"]["images"][0]["inherited"] == hop["layer"]["inherited"]
    return rows


def layout(place, *tars, **more):
    path = place
    path.mkdir()
    return Layout(path).image(*tars, **more)


WANT = {"etc/a": True, "etc/b": True, "app/c": False}


def config_of(place):
    index = json.loads((place / "index.json").read_text())

    def blob(row):
        return place / "blobs/sha256" / row["digest"].removeprefix("sha256:")

    return blob(json.loads(blob(index["manifests"][0]).read_text())["config"])


def test_the_forms_of_a_base(place, scan):
    base = layout(place / "base", *BASE)
    app = layout(place / "app", *APP)
    shutil.copy(config_of(base), place / "any name")
    images.archive(base, place / "base.tar")
    images.archive(base, place / "base.tar.gz", "w:gz")
    for name in ("base", "any name", "base.tar", "base.tar.gz"):
        result = scan("--base", place / name, app)
        assert result.code == 1, str(result)
        assert result.gaps == [], str(result)
        assert split(result) == WANT, name
        assert result.end["bases"] == {"inherited": 2, "added": 1}
        assert {root["path"] for root in result.of("root")} == {str(app)}
        assert result.end["objects"]["scanned"] == len([p for p in app.rglob("*") if p.is_file()])
    # And of an archive as the target.
    target = images.archive(app, place / "app.tar", prefix="")
    assert split(scan("--base", place / "base", target)) == WANT
    plain = scan(app)
    assert "bases" not in plain.end
    assert all("inherited" not in hop.get("layer", {})
               for finding in plain.findings for hop in finding["chain"])
    assert {f["id"] for f in plain.findings} == {f["id"] for f in result.findings}


@needs("umoci", "skopeo")
def test_by_other_tools(place, scan):
    (place / "b").mkdir()
    (place / "a").mkdir()
    base = images.umoci_image(place / "b", BASE)
    app = images.umoci_image(place / "a", APP)
    images.skopeo(f"oci:{base}:app", f"docker-archive:{place}/base.tar:app:1")
    images.skopeo(f"oci:{app}:app", f"docker-archive:{place}/app.tar:app:1")
    for one in (base, place / "base.tar"):
        for target in (app, place / "app.tar"):
            result = scan("--base", one, target)
            assert split(result) == WANT
            assert result.gaps == []


def test_what_is_added_decides(place, scan):
    base, app = layout(place / "base", *BASE), layout(place / "app", *APP)
    quiet = layout(place / "quiet", *BASE, layer([("app/c", b"harmless\n")]))
    assert scan("--base", base, quiet).code == 1
    result = scan("--base", base, "--fail-on-added", quiet)
    assert result.code == 0, str(result)
    assert result.end["verdict"] == "findings"
    assert scan("--base", base, "--fail-on-added", app).code == 1
    assert scan("--fail-on-added", app).code == 64
    text = scan("--base", base, "-o", "text", app, records=False)
    assert b", inherited" in text.stdout and b", added" in text.stdout
    assert b"2 inherited, 1 added" in text.stdout


def test_other_images_inherit_nothing(place, scan):
    app = layout(place / "app", *APP)
    other = layout(place / "other", layer([("x", b"x")]), *BASE)
    longer = layout(place / "longer", *APP, layer([("y", b"y")]))
    upper = layout(place / "upper", BASE[1])
    for base in (other, longer, upper):
        assert split(scan("--base", base, app)) == dict.fromkeys(WANT, False)
    # Of several bases the one with the most layers.
    lower = layout(place / "lower", BASE[0])
    assert split(scan("--base", lower, app)) == {**WANT, "etc/b": False}
    both = layout(place / "both", *BASE)
    assert split(scan("--base", lower, "--base", both, "--base", both, app)) == WANT


def test_a_claim_is_not_enough(place, scan):
    """The configuration says that the layer is the base's, and it is not."""
    base = layout(place / "base", *BASE)
    (place / "app").mkdir()
    made = Layout(place / "app")
    false = layer([("etc/b", canary("not of the base"))])
    rows = [made.layer(BASE[0]), made.layer(false)]
    made.index([made.manifest(made.config(BASE), rows)])
    result = scan("--base", base, place / "app")
    assert split(result) == {"etc/a": True, "etc/b": False}
    assert "image_layer_diff_id" in {f["rule"]["name"] for f in result.findings}


def test_a_layer_of_two_images(place, scan):
    """What only one of them has from its base is not inherited."""
    base = layout(place / "base", *BASE)
    (place / "two").mkdir()
    made = Layout(place / "two")
    rows = [made.layer(one) for one in BASE]
    made.index([made.manifest(made.config(BASE), rows),
                made.manifest(made.config(BASE[1:]), rows[1:])])
    result = scan("--base", base, place / "two")
    layers = {f["chain"][-1]["name"]: hop["layer"] for f in result.findings
              for hop in f["chain"] if "layer" in hop}
    assert layers["etc/a"]["inherited"] is True
    assert layers["etc/b"]["inherited"] is False
    assert sorted(i["inherited"] for i in layers["etc/b"]["images"]) == [False, True]


@pytest.mark.parametrize("content", [b"", b"{}", b"not JSON", b"[1, 2]", b'{"rootfs": 3}'])
def test_no_image(place, scan, content):
    (place / "base").write_bytes(content)
    result = scan("--base", place / "base", layout(place / "app", *APP))
    assert result.code == 2
    assert "no configuration of an image" in result.stderr


def test_refused(place, scan):
    app = layout(place / "app", *APP)
    for name, text in (("registry:", "registry:"), ("registry:a/B", "registry:a/B"),
                       ("docker:", "docker:"), ("podman:../a", "is no name of an image"),
                       ("-", "standard input")):
        result = scan("--base", name, app)
        assert result.code == 64 and text in result.stderr, str(result)
    assert scan("--base", place / "absent", app).code == 2


# --- fetched ---

ALONE = {"no_proxy": "*", "NO_PROXY": "*", "DOCKER_CONFIG": "/nonexistent"}


def packed(*tars):
    """The same layers as blobs of a registry."""
    made = Image()
    made.manifest([gzip.compress(one, mtime=0) for one in tars])
    return made


def test_a_base_from_a_registry(place, scan):
    """Only its documents are asked for."""
    base, app = packed(*BASE), layout(place / "app", *APP)
    config = next(one for one, data in base.blobs.items() if data[:1] == b"{")
    with OddServer(registry_of(base)) as server:
        for name in (f"{server.host}/app:1", f"{server.host}/app@{base.top}"):
            del server.seen[:]
            result = scan("--insecure-registry", "--base", f"registry:{name}", app, env=ALONE)
            assert result.code == 1 and result.gaps == [], str(result)
            assert split(result) == WANT
            assert {root["path"] for root in result.of("root")} == {str(app)}
            asked = [path for path in server.paths() if path.startswith("/v2/app/")]
            assert asked == [f"/v2/app/manifests/{name.partition('app')[2][1:]}",
                             f"/v2/app/blobs/{config}"]
        # The target from there too, and two names of one base.
        both = scan("--insecure-registry", "--base", f"registry:{server.host}/app:1",
                    "--base", f"registry:{server.host}/app@{base.top}",
                    f"registry:{server.host}/app:1", env=ALONE)
        assert split(both) == {"etc/a": True, "etc/b": True}


def test_a_base_of_several_platforms(place, scan):
    made = Image()
    other = [layer([("etc/a", canary("arm a"))]), BASE[1]]
    made.index([{**made.manifest([gzip.compress(one, mtime=0) for one in tars], architecture=name),
                 "platform": {"os": "linux", "architecture": name}}
                for name, tars in (("amd64", BASE), ("arm64", other))])
    app = layout(place / "app", *APP)
    arm = layout(place / "arm", *other)
    with OddServer(registry_of(made)) as server:
        base = ("--insecure-registry", "--base", f"registry:{server.host}/app:1")
        assert split(scan(*base, app, env=ALONE)) == WANT
        assert split(scan(*base, arm, env=ALONE)) == {"etc/a": True, "etc/b": True}
        # A base of another platform is not fetched.
        only = scan(*base, "--platform", "linux/amd64", arm, env=ALONE)
        assert split(only) == {} or set(split(only).values()) == {False}, str(only)


def engine(tars, **more):
    """A socket that knows one image, and never exports it."""
    diffs = ["sha256:" + hashlib.sha256(one).hexdigest() for one in tars]

    def answer(handler):
        if handler.path == "/images/base:1/json":
            handler.reply(json.dumps({"Id": "sha256:" + "a" * 64, "Os": "linux",
                                      "Architecture": "amd64",
                                      "RootFS": {"Type": "layers", "Layers": diffs},
                                      **more}).encode())
        else:
            handler.reply(b"{}", 404 if handler.path.endswith("/json") else 500)

    return answer


@pytest.mark.parametrize(("kind", "variable"),
                         [("docker", "DOCKER_HOST"), ("podman", "CONTAINER_HOST")])
def test_a_base_from_an_engine(place, scan, kind, variable):
    """What the engine says of the image is enough."""
    app = layout(place / "app", *APP)
    env = {**ALONE, variable: f"unix://{place}/socket"}
    with OddServer(engine(BASE), path=place / "socket") as server:
        result = scan("--base", f"{kind}:base:1", app, env=env)
        assert result.code == 1 and result.gaps == [] and split(result) == WANT, str(result)
        assert server.paths() == ["/images/base:1/json"]
    for odd in ({"RootFS": None}, {"RootFS": {"Layers": "x"}}, {"RootFS": {"Layers": []}},
                {"RootFS": {"Layers": [7]}}, {"Os": 3, "RootFS": {}}):
        (place / "socket").unlink()
        with OddServer(engine(BASE, **odd), path=place / "socket"):
            result = scan("--base", f"{kind}:base:1", app, env=env)
        assert result.code == 2 and "no configuration of an image" in result.stderr, str(result)


def test_a_base_that_cannot_be_had(place, scan):
    """The same sentences, and the same exit code, as of a target."""
    app = layout(place / "app", *APP)
    env = {**ALONE, "DOCKER_HOST": f"unix://{place}/nobody"}
    with OddServer(registry_of(packed(*BASE))) as server:
        for name in (f"registry:{server.host}/app:2", f"registry:{server.host}/app@sha256:{'0' * 64}",
                     "registry:127.0.0.1:9/app", "docker:base:1"):
            base, target = (scan("--insecure-registry", *words, env=env)
                            for words in (("--base", name, app), (name,)))
            assert base.code == target.code == 2, str(base)
            assert base.stderr.splitlines()[0] == target.stderr.splitlines()[0]
            assert name in base.stderr.splitlines()[0]
            assert base.of("root") == [] and base.findings == []
    # What is missing later is a gap, and a base without a configuration is none.
    made = packed(*BASE)
    for name in [one for one, data in made.blobs.items() if data[:1] == b"{"]:
        del made.blobs[name]
    with OddServer(registry_of(made)) as server:
        result = scan("--insecure-registry", "--base", f"registry:{server.host}/app:1", app,
                      env=ALONE)
    assert result.code == 2 and [gap["reason"] for gap in result.gaps] == ["missing_part"]


@pytest.mark.skipif(not registry_kit.have("docker-registry", "skopeo"),
                    reason="docker-registry or skopeo is not installed")
def test_a_base_from_a_real_registry(place, scan):
    real = registry_kit.RealRegistry(place / "registry")
    try:
        packed(*BASE).layout(place / "pushed")
        real.push(place / "pushed", "team/base:3")
        before = len(real.requests())
        result = scan("--insecure-registry", "--base", f"registry:{real.host}/team/base:3",
                      layout(place / "app", *APP), env=ALONE)
        assert result.code == 1 and result.gaps == [] and split(result) == WANT, str(result)
        assert sum("/blobs/" in path for path, _ in real.requests()[before:]) == 1
    finally:
        real.end()


@pytest.mark.skipif(not registry_kit.have("podman", "skopeo") or os.geteuid() != 0,
                    reason="podman or skopeo is not installed, or this is not root")
def test_a_base_from_a_real_podman(place, scan):
    images.skopeo(f"oci:{packed(*BASE).layout(place / 'base')}:1",
                  f"docker-archive:{place}/base.tar:base:1")
    try:
        with registry_kit.podman_service(place / "base.tar") as path:
            result = scan("--base", "podman:base:1", layout(place / "app", *APP),
                          env={**ALONE, "CONTAINER_HOST": f"unix://{path}"})
    except registry_kit.NoPodman as why:
        pytest.skip(str(why))
    assert result.code == 1 and result.gaps == [] and split(result) == WANT, str(result)


def test_what_lies_in_a_base_is_no_base(place, scan):
    """A layer may hold files that are named like parts of images."""
    inner = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}).encode()
    name = hashlib.sha256(inner).hexdigest()
    tar = layer([(f"blobs/sha256/{name}", inner), ("config.json", inner)])
    base = layout(place / "base", tar)
    app = layout(place / "app", tar, layer([("z", canary("z"))]))
    with tarfile.open(place / "base.tar", "w") as file:
        file.add(base, ".")
    for one in (base, place / "base.tar"):
        assert split(scan("--base", one, app)) == {"z": False}
        assert scan("--base", one, app).gaps == []


def test_a_base_is_not_unpacked(place, scan):
    """A layer that is damaged, and one that is no archive at all, do not matter."""
    base = layout(place / "base", *BASE)
    for blob in (base / "blobs/sha256").iterdir():
        if blob.read_bytes()[:2] == b"\x1f\x8b":
            blob.write_bytes(blob.read_bytes()[:20])
    images.archive(base, place / "base.tar")
    app = layout(place / "app", *APP)
    for one in (base, place / "base.tar"):
        result = scan("--base", one, app)
        assert split(result) == WANT
        assert result.gaps == []
