# SPDX-License-Identifier: Apache-2.0
"""Images from wherever they are: the same image says the same, --platform fetches no more
than it names, `docker sweep` and SARIF have all of it."""

import gzip
import json
import os
import pathlib
import subprocess

import pytest
import registry_kit
import sarif_check
import sweep
from registry_kit import INDEX, MARK, Image, OddServer, RealRegistry, layer, registry_of
from sweep import EXIT_CLEAN, EXIT_FINDINGS, EXIT_GAPS

SKOPEO = pytest.mark.skipif(not registry_kit.have("docker-registry", "skopeo"),
                            reason="docker-registry or skopeo is not installed")
PODMAN = pytest.mark.skipif(not registry_kit.have("podman", "skopeo") or os.geteuid() != 0,
                            reason="podman or skopeo is not installed, or this is not root")
PLAIN = {"no_proxy": "*", "NO_PROXY": "*", "DOCKER_CONFIG": "/nonexistent"}


@pytest.fixture(scope="module")
def rule(tmp_path_factory):
    path = tmp_path_factory.mktemp("rule") / "mark.yar"
    path.write_text(registry_kit.RULE)
    return path


@pytest.fixture
def look(rule):
    def run(*args, env=None, **keywords):
        return sweep.scan("--no-builtin-rules", "-r", rule, "-o", "jsonl", *args,
                          env={**PLAIN, **(env or {})}, **keywords)

    return run


def layered():
    """Three layers: something is removed, something replaced, something stays; and a layer
    that is there twice."""
    image = Image()
    again = layer({"opt/again": MARK + b" again"})
    image.manifest([
        layer({"app/gone": MARK + b" gone", "app/old": MARK + b" old", "app/stays": MARK}),
        again,
        layer({"app/.wh.gone": b"", "app/old": b"harmless", "app/new": MARK + b" new"}),
        again,
    ])
    return image


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """One image as an OCI layout, and as archives made of it."""
    folder = tmp_path_factory.mktemp("forms")
    layout = layered().layout(folder / "layout")
    for form in ("docker-archive", "oci-archive"):
        subprocess.run(["skopeo", "copy", "-q", "--insecure-policy", f"oci:{layout}:1",
                        f"{form}:{folder}/{form}.tar:app:1"], check=True)
    return folder


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    real = RealRegistry(tmp_path_factory.mktemp("registry") / "open")
    yield real
    real.end()


def told(result):
    """{id: (path in the layer, what is said of the layer)} of what lies in layers. A tar that
    is not packed has the mark itself, too; it is left aside."""
    return told_of(result.findings)


def told_of(findings):
    rows = {}
    for finding in findings:
        (at,) = [i for i, hop in enumerate(finding["chain"]) if "layer" in hop] or [None]
        inside = [hop["name"] for hop in finding["chain"][at + 1:] if hop["kind"] == "tar"] \
            if at is not None else []
        if not inside:
            continue
        row = finding["chain"][at]["layer"]
        path = inside[0]
        taken = {name: (row[name]["index"], row[name]["history"])
                 for name in ("removed_by", "replaced_by") if name in row}
        assert finding["id"] not in rows
        rows[finding["id"]] = (path, row["index"], row["layers"], row["diff_id"], row["history"],
                               row["visible"], row["image_count"], taken)
    return rows


def references(result):
    return {tuple(f["chain"][0]["image"]["references"]) for f in result.findings
            if "image" in f["chain"][0]}


@SKOPEO
def test_every_form_of_the_same_image_gives_the_same_findings(look, forms, registry):
    registry.push(forms / "layout", "team/app:2")
    target = f"{registry.host}/team/app"
    results = {
        "layout": look(forms / "layout"),
        "oci-archive": look(forms / "oci-archive.tar"),
        "docker-archive": look(forms / "docker-archive.tar"),
        "registry": look("--insecure-registry", f"registry:{target}:2"),
    }
    for name in ("oci-archive", "docker-archive"):
        with open(forms / f"{name}.tar", "rb") as file:
            results[f"- of {name}"] = look("-", stdin=file)
        with subprocess.Popen(["cat", forms / f"{name}.tar"], stdout=subprocess.PIPE) as source:
            results[f"- through a pipe, of {name}"] = look("-", stdin=source.stdout)
    expected = told(results["layout"])
    assert {row[0]: row[5] for row in expected.values()} == {
        "app/gone": False, "app/old": False, "app/stays": True, "opt/again": True, "app/new": True}
    for name, result in results.items():
        assert told(result) == expected, name
        assert result.gaps == [] and result.code == EXIT_FINDINGS, name
    assert references(results["registry"]) == {(f"{target}:2",)}
    assert references(results["layout"]) == {("1",)}
    assert {f["chain"][0]["image"]["form"] for f in results["registry"].findings} == {"registry"}
    digest = results["registry"].of("root")[0]["image"]["id"]
    by_digest = look("--insecure-registry", f"registry:{target}@{digest}")
    assert told(by_digest) == expected
    assert references(by_digest) == {(f"{target}@{digest}",)}
    both = look("--insecure-registry", f"registry:{target}:2", f"registry:{target}@{digest}")
    assert told(both) == expected
    assert references(both) == {(f"{target}:2", f"{target}@{digest}")}


@PODMAN
def test_podman_gives_the_same_findings(look, forms):
    expected = told(look(forms / "layout"))
    try:
        with registry_kit.podman_service(forms / "docker-archive.tar") as path:
            result = look("podman:app:1", env={"CONTAINER_HOST": f"unix://{path}"})
    except registry_kit.NoPodman as why:
        pytest.skip(str(why))
    assert told(result) == expected and result.gaps == []
    (names,) = references(result)
    assert names == ("docker.io/library/app:1",)


@PODMAN
def test_docker_sweep(rule, look, forms, tmp_path):
    """The plugin, and behind it podman instead of Docker: they speak the same."""
    plugin = tmp_path / "docker-sweep"
    plugin.symlink_to(pathlib.Path(sweep.SWEEPER).resolve())
    try:
        with registry_kit.podman_service(forms / "docker-archive.tar") as path:
            done = subprocess.run(
                [plugin, "sweep", "app:1", "--no-builtin-rules", "-r", rule, "-o", "jsonl",
                 "-o", f"sarif={tmp_path}/out.sarif"], capture_output=True,
                stdin=subprocess.DEVNULL, timeout=120,
                env=sweep.environment({**PLAIN, "DOCKER_HOST": f"unix://{path}"}))
    except registry_kit.NoPodman as why:
        pytest.skip(str(why))
    assert done.returncode == EXIT_FINDINGS, done
    records = [json.loads(line) for line in done.stdout.splitlines()]
    findings = [record for record in records if record["type"] == "finding"]
    assert told_of(findings) == told(look(forms / "layout"))
    assert {f["object"]["path"] for f in findings} == {"docker:app:1"}
    assert b"sweeper: FAIL" in done.stderr.splitlines()[-1]
    run = sarif_check.check(tmp_path / "out.sarif")
    assert len(run["results"]) == len(findings)


@SKOPEO
def test_sarif_of_an_image_from_a_registry(look, registry, tmp_path):
    """The same layer in two packings is two blobs: findings of the same id, each a result."""
    image = Image()
    first = layer({"srv/bad": MARK, "srv/worse": MARK + b"!"})
    second = gzip.compress(gzip.decompress(first), compresslevel=1, mtime=7)
    assert first != second
    rows = []
    for name, one in (("amd64", first), ("arm64", second)):
        rows.append({**image.manifest([one], name),
                     "platform": {"os": "linux", "architecture": name}})
    image.index(rows)
    registry.push(image.layout(tmp_path / "layout"), "twice:1")
    out = tmp_path / "out.sarif"
    result = look("-o", f"sarif={out}", "--insecure-registry", f"registry:{registry.host}/twice:1")
    assert len(result.findings) == 4 and len({f["id"] for f in result.findings}) == 2, result
    run = sarif_check.check(out)
    assert sorted(row["partialFingerprints"]["findingId/v1"] for row in run["results"]) == sorted(
        f["id"] for f in result.findings)
    # One alert for the same file of the same layer, wherever that is kept.
    places = [row["properties"]["locator"] for row in run["results"]]
    assert len(set(places)) == 4


# --- platforms ---

def platforms(names, shared=True):
    """An index of one image for each platform; "": none is said by the index."""
    image = Image()
    common = [layer({"common": MARK})] if shared else []
    rows = []
    for name in names:
        row = image.manifest([*common, layer({f"only/{name}": MARK + name.encode()})], name)
        rows.append({**row, "platform": {"os": "linux", "architecture": name}})
    image.index(rows)
    return image


def asked(server):
    return sorted({path.rsplit("/", 1)[1] for path in server.paths() if "/blobs/" in path})


def fetch(look, image, *args):
    with OddServer(registry_of(image)) as server:
        result = look("--insecure-registry", *args, f"registry:{server.host}/app:1")
        result.blobs = asked(server)
        result.paths = server.paths()
    return result


def files(result):
    return sorted(f["chain"][-1]["name"] for f in result.findings)


def test_only_the_platform_that_is_asked_for_is_fetched(look):
    image = platforms(["amd64", "arm64", "s390x"])
    every = fetch(look, image)
    assert files(every) == ["common", "only/amd64", "only/arm64", "only/s390x"]
    assert len(every.blobs) == 7 and every.gaps == []
    one = fetch(look, image, "--platform", "linux/arm64")
    assert files(one) == ["common", "only/arm64"] and one.gaps == [] and len(one.blobs) == 3
    assert {f["id"] for f in one.findings} <= {f["id"] for f in every.findings}
    two = fetch(look, image, "--platform", "linux/arm64", "--platform", "linux/s390x")
    assert files(two) == ["common", "only/arm64", "only/s390x"] and len(two.blobs) == 5
    with OddServer(registry_of(image)) as server:
        result = look("--insecure-registry", "--platform", "linux/amd64", "--platform", "linux/arm64",
                      f"registry:{server.host}/app:1")
        assert {row["platform"] for f in result.findings if files_of(f) == "common"
                for hop in f["chain"] if "layer" in hop for row in hop["layer"]["images"]} == {
            "linux/amd64", "linux/arm64"}


def files_of(finding):
    return finding["chain"][-1]["name"]


def test_no_platform_that_is_asked_for_is_a_gap(look, tmp_path):
    image = platforms(["amd64", "arm64"])
    result = fetch(look, image, "--platform", "windows/amd64")
    assert result.blobs == [] and result.findings == [] and result.code == EXIT_GAPS
    (gap,) = result.gaps
    assert gap["reason"] == "missing_part" and "--platform" in gap["detail"]
    assert gap["object"]["path"].endswith("/" + image.top[7:])
    # Where all of it is there already it is the same.
    local = look("--platform", "windows/amd64", image.layout(tmp_path / "layout"))
    assert [g["reason"] for g in local.gaps] == ["missing_part"] and local.findings == []


def test_attestations_are_no_answer(look):
    """They are of no platform: they come along, and do not stand for the image."""
    image = platforms(["amd64"], shared=False)
    rows = json.loads(image.documents[image.top])["manifests"]
    told_of = image.manifest([layer({"attestation": MARK + b"a"})], "unknown")
    rows.append({**told_of, "platform": {"os": "unknown", "architecture": "unknown"}})
    image.index(rows)
    for name, found, gaps in (("linux/amd64", ["attestation", "only/amd64"], []),
                              ("linux/arm64", ["attestation"], ["missing_part"])):
        result = fetch(look, image, "--platform", name)
        assert files(result) == found, name
        assert [g["reason"] for g in result.gaps] == gaps, name


def test_an_image_without_an_index_is_asked_for_its_platform(look):
    image = Image()
    image.manifest([layer({"only": MARK})], "arm64")
    other = fetch(look, image, "--platform", "linux/amd64")
    # The configuration, and no layer.
    assert len(other.blobs) == 1 and other.findings == []
    assert [g["reason"] for g in other.gaps] == ["missing_part"] and other.code == EXIT_GAPS
    same = fetch(look, image, "--platform", "linux/arm64")
    assert files(same) == ["only"] and same.gaps == [] and len(same.blobs) == 2


def test_platforms_in_nested_indexes(look):
    image = platforms(["amd64", "arm64"])
    inner = registry_kit.descriptor(image.documents[image.top], INDEX)
    # What an index says of an index counts for none of its images.
    image.index([{**inner, "platform": {"os": "windows", "architecture": "amd64"}}])
    result = fetch(look, image, "--platform", "linux/arm64")
    assert files(result) == ["common", "only/arm64"] and result.gaps == []


@pytest.mark.parametrize("hide", ["twice", "case", "duplicate"])
def test_nothing_hides_behind_another_platform(look, hide):
    """Who pulls for linux/amd64 gets this image, whatever else is said of it."""
    image = Image()
    row = image.manifest([layer({"bad": MARK})], "amd64")
    linux = {"os": "linux", "architecture": "amd64"}
    windows = {"os": "windows", "architecture": "amd64"}
    if hide == "twice":
        image.index([{**row, "platform": windows}, {**row, "platform": linux}])
    elif hide == "case":
        image.index([{**row, "platform": windows, "Platform": linux}])
    else:
        text = json.dumps({"schemaVersion": 2, "manifests": [{**row, "platform": windows}]})
        text = text.replace('"platform"', f'"platform": {json.dumps(linux)}, "platform"')
        image.document(text.encode(), INDEX)
    result = fetch(look, image, "--platform", "linux/amd64")
    assert files(result) == ["bad"] or result.code == EXIT_GAPS, result
    assert result.code != EXIT_CLEAN
    if hide == "twice":
        assert files(result) == ["bad"] and result.gaps == []
