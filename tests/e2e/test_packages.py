# SPDX-License-Identifier: Apache-2.0
"""A container that is a package says so: in the chain of what is found in it, to rules, and
to indicators."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import archives
import packages
import pytest
import sweep
from conftest import CANARY

PAYLOAD = b"text around " + CANARY + b"\n"


def sweep_one(scan, tree, name, content, *more, rule="Canary"):
    path = tree / name
    path.write_bytes(content)
    result = scan(*more, path)
    assert not result.gaps, result.gaps
    return [f for f in result.findings if f["rule"]["name"] == rule and len(f["chain"]) > 1]


def parcels(finding):
    """[(kind of the hop, form, ecosystem, name, version, known by)]"""
    order = ("form", "ecosystem", "name", "version", "known_by")
    return [(hop["kind"], *(hop["package"][key] for key in order)) for hop in finding["chain"] if "package" in hop]


CASES = {
    "wheel": ("My.Pkg-1.2-py3-none-any.whl", packages.wheel("My.Pkg", "1.2", "a.py", PAYLOAD),
              ("zip", "wheel", "pypi", "My.Pkg", "1.2", "content")),
    "wheel without a name": ("0a1b2c.body", packages.wheel("pkg", "1.2", "a.py", PAYLOAD),
                             ("zip", "wheel", "pypi", "pkg", "1.2", "content")),
    "egg": ("pkg-1.2-py3.egg", packages.egg("pkg", "1.2", "a.py", PAYLOAD), ("zip", "egg", "pypi", "pkg", "1.2", "name")),
    "sdist": ("pkg-1.2.tar.gz", packages.sdist("pkg", "1.2", "a.py", PAYLOAD), ("tar", "sdist", "pypi", "pkg", "1.2", "content")),
    "sdist, named late": ("pkg-1.2.tar.gz", packages.sdist("pkg", "1.2", "a.py", PAYLOAD, late=True),
                          ("tar", "sdist", "pypi", "pkg", "1.2", "name")),
    "npm": ("x.tgz", packages.npm("@s/pkg", "1.2.0", "a.js", PAYLOAD), ("tar", "npm", "npm", "@s/pkg", "1.2.0", "content")),
    "npm, named late": ("pkg-1.2.0.tgz", packages.npm("pkg", "1.2.0", "a.js", PAYLOAD, late=True),
                        ("tar", "npm", "npm", "pkg", "1.2.0", "name")),
    "npm, another folder": ("ms-0.7.34.tgz", packages.npm("@types/ms", "0.7.34", "a.js", PAYLOAD, top="ms"),
                            ("tar", "npm", "npm", "@types/ms", "0.7.34", "content")),
    "vsix": ("x.vsix", packages.vsix("owner", "tool", "1.2.0", "a.js", PAYLOAD),
             ("zip", "vsix", "openvsx", "owner.tool", "1.2.0", "content")),
    "conda 1": ("pkg-1.2-py_0.tar.bz2", packages.conda_1("pkg", "1.2", "lib/a.py", PAYLOAD),
                ("tar", "conda", "conda", "pkg", "1.2", "content")),
    "conda 2": ("any.conda", packages.conda_2("pkg", "1.2", "lib/a.py", PAYLOAD),
                ("zip", "conda", "conda", "pkg", "1.2", "content")),
    "gem": ("x.gem", packages.gem("pkg", "1.2", "lib/a.rb", PAYLOAD), ("tar", "gem", "gem", "pkg", "1.2", "content")),
    "deb": ("x", packages.deb("pkg", "1:1.2-3", "usr/a", PAYLOAD), ("ar", "deb", "deb", "pkg", "1:1.2-3", "content")),
    "deb, not compressed": ("x", packages.deb("pkg", "1.2", "usr/a", PAYLOAD, pack=bytes, ending=""),
                            ("ar", "deb", "deb", "pkg", "1.2", "content")),
    "rpm": ("x", packages.rpm("pkg", "1.2", "3.el9", "usr/a", PAYLOAD, [(1003, packages.INT32, 4)]),
            ("rpm", "rpm", "rpm", "pkg", "4:1.2-3.el9", "content")),
    "jar": ("tool-1.2.jar", packages.jar("org.a", "tool", "1.2", "A.class", PAYLOAD, [("org.b", "inner", "9")]),
            ("zip", "jar", "maven", "tool", "1.2", "name")),
    "yarn": ("@s-pkg-npm-1.2.0-0123456789-10c0.zip", packages.yarn_zip("@s/pkg", "1.2.0", "a.js", PAYLOAD),
             ("zip", "npm", "npm", "@s/pkg", "1.2.0", "content")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_chain_names_the_package(name, scan, tree):
    if name == "conda 2" and shutil.which("zstd") is None:
        pytest.skip("no zstd")
    file, content, wanted = CASES[name]
    found = sweep_one(scan, tree, file, content)
    assert found and [parcels(f) for f in found] == [[wanted]] * len(found)


def test_what_comes_later_is_known_better(scan, tree):
    with zipfile.ZipFile(tree / "tool-1.2.jar", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("META-INF/maven/org.b/inner/pom.properties", "groupId=org.b\nartifactId=inner\nversion=9\n")
        out.writestr("first", PAYLOAD)
        out.writestr("META-INF/maven/org.a/tool/pom.properties", "groupId=org.a\nartifactId=tool\nversion=1.2\n")
        out.writestr("second", PAYLOAD)
    found = [f for f in scan(tree).findings if len(f["chain"]) > 1]
    assert [parcels(f)[0][3:] for f in sorted(found, key=lambda f: f["locator"])] == [
        ("tool", "1.2", "name"), ("org.a:tool", "1.2", "content")]


def test_packages_inside_packages_each_have_a_name(scan, tree):
    wheel = packages.wheel("inner", "2.0", "a.py", PAYLOAD)
    found = sweep_one(scan, tree, "x.deb", packages.deb("outer", "1.0", "opt/inner-2.0-py3-none-any.whl", wheel))
    assert [(row[1], row[3]) for row in parcels(found[0])] == [("deb", "outer"), ("wheel", "inner")]


@pytest.mark.parametrize("file, content", [
    ("plain.zip", archives.zip_({"a.txt": PAYLOAD})),
    ("function.zip", archives.zip_({"a-1.0.dist-info/METADATA": packages.metadata("a", "1.0"),
                                    "b-1.0.dist-info/METADATA": packages.metadata("b", "1.0"), "a.py": PAYLOAD})),
    ("lambda.zip", archives.zip_({"node_modules/a/package.json": b'{"name": "a", "version": "1.0.0"}', "a.js": PAYLOAD})),
    ("layer.tar", packages.tar({"app/package.json": b'{"name": "a", "version": "1.0.0"}', "app/a.js": PAYLOAD})),
    ("site.tar", packages.tar({"a.egg-info/PKG-INFO": packages.metadata("a", "1.0"), "a.py": PAYLOAD})),
    ("x.whl", archives.zip_({"a.py": PAYLOAD})),
    ("bad.tgz", packages.npm("name with blanks", "1.0.0", "a.js", PAYLOAD)),
    ("bad2.tgz", packages.npm("x" * 300, "1.0.0", "a.js", PAYLOAD)),
])
def test_what_is_no_package_has_no_name(file, content, scan, tree):
    found = sweep_one(scan, tree, file, content)
    assert len(found) == 1 and parcels(found[0]) == []


# --- scripts --------------------------------------------------------------------------------------


def test_maintainer_scripts_of_a_deb_are_members(scan, tree):
    found = sweep_one(scan, tree, "x.deb", packages.deb("pkg", "1.2", "usr/a", b"x", {"postinst": b"#!/bin/sh\n" + PAYLOAD}))
    assert [f["chain"][-1]["name"] for f in found] == ["./postinst"] and parcels(found[0])[0][1] == "deb"


def test_scripts_of_an_rpm_are_members(scan, tree):
    one = [(1024, "%post"), (1023, "%pre"), (1025, "%preun"), (1026, "%postun"), (1151, "%pretrans"),
           (1152, "%posttrans"), (1079, "%verifyscript"), (5104, "%preuntrans"), (5105, "%postuntrans")]
    several = [(1065, "%trigger"), (5066, "%filetrigger"), (5076, "%transfiletrigger")]
    tags = [(tag, packages.STRING, PAYLOAD) for tag, _ in one]
    tags += [(tag, packages.STRINGS, [b"nothing", PAYLOAD]) for tag, _ in several]
    found = sweep_one(scan, tree, "x.rpm", packages.rpm("pkg", "1.2", "3", "usr/a", b"x", tags))
    assert sorted(f["chain"][-1]["name"] for f in found) == sorted(
        [name for _, name in one] + [name + "-1" for _, name in several])
    assert {parcels(f)[0][4] for f in found} == {"1.2-3"}


def test_a_program_without_a_script_is_seen(scan, tree):
    tags = [(1086, packages.STRINGS, [b"/bin/sh", b"-c", CANARY])]
    found = sweep_one(scan, tree, "x.rpm", packages.rpm("pkg", "1.2", "3", "usr/a", b"x", tags))
    assert [f["chain"][-1]["name"] for f in found] == ["%header"]


def test_scripts_are_seen_when_the_payload_is_not(scan, tree):
    whole = packages.rpm("pkg", "1.2", "3", "usr/a", b"x", [(1024, packages.STRING, PAYLOAD)])
    (tree / "x.rpm").write_bytes(whole[:whole.index(b"\x1f\x8b") + 4] + bytes(64))
    result = scan(tree)
    assert [f["chain"][-1].get("name") for f in result.findings if len(f["chain"]) > 1] == ["%post"] and result.gaps


def test_an_rpm_of_many_scripts_has_a_gap(scan, tree):
    tags = [(1065, packages.STRINGS, [b"x"] * 5000)]
    (tree / "x.rpm").write_bytes(packages.rpm("pkg", "1.2", "3", "usr/a", PAYLOAD, tags))
    result = scan(tree)
    assert [gap["reason"] for gap in result.gaps] == ["limit_members"]
    assert any(f["locator"].endswith("!./usr/a") for f in result.findings)


def test_install_scripts_of_npm_are_in_a_member(scan, tree):
    found = sweep_one(scan, tree, "x.tgz", packages.npm("pkg", "1.2.0", "a.js", b"x", scripts={"postinstall": CANARY.decode()}))
    assert [f["chain"][-1]["name"] for f in found] == ["package/package.json"]
    assert parcels(found[0])[0][3:] == ("pkg", "1.2.0", "content")


# --- rules ------------------------------------------------------------------------------------------

VARIABLES = """
rule Named { condition: package_name == "pkg" and package_version == "1.2" }
rule Parent { condition: unpack_parent == "tar" }
rule Chain { condition: unpack_chain == "ar!xz!tar" }
rule Nothing { condition: package_name == "" and package_version == "" and unpack_parent == "" and unpack_chain == "" }
rule WithText { strings: $a = "sweeper-canary-7731" condition: $a and package_name == "pkg" }
"""


@pytest.mark.parametrize("prefilter", [True, False])
def test_rules_may_ask_what_an_object_lies_in(prefilter, tree, place):
    (place / "v.yar").write_text(VARIABLES)
    (tree / "a.deb").write_bytes(packages.deb("pkg", "1.2", "usr/a", PAYLOAD))
    (tree / "b.txt").write_bytes(PAYLOAD)  # and the values of the object before are gone
    options = ["--no-builtin-rules", "--rules", place / "v.yar", "--threads", "1"]
    if not prefilter:  # a string that no filter can look for
        (place / "w.yar").write_text("rule Wide { strings: $a = /[a-z]./ condition: $a and filesize < 0 }")
        options += ["--rules", place / "w.yar"]
    result = sweep.scan(*options, tree)
    found = {}
    for f in result.findings:
        found.setdefault(f["rule"]["name"], set()).add(f["locator"].split("/")[-1] if "!" not in f["locator"]
                                                       else f["locator"].split("!", 1)[1])
    members = {"control.tar.xz!control.tar!./control", "data.tar.xz!data.tar!./usr/a"}
    assert found["Chain"] == members and found["Parent"] == members
    assert found["Named"] == members | {"data.tar.xz"}
    assert found["WithText"] == {"data.tar.xz!data.tar!./usr/a"}
    assert found["Nothing"] == {"a.deb", "b.txt"}


# --- indicators ----------------------------------------------------------------------------------------


def indicators(place, *rows):
    entries = [{"id": f"SWI-TEST-{i:03}", "type": "package", "title": "bad", "stage": "0", "severity": "high",
                "confidence": "high", "source": ["T"], "ecosystem": ecosystem, "name": name, "versions": [version]}
               for i, (ecosystem, name, version) in enumerate(rows)]
    path = place / "i.json"
    path.write_text(json.dumps({"schema": "1.0", "family": "test", "sources": {"T": "the tests"}, "entries": entries}))
    return path


@pytest.mark.parametrize("file, content, bad, member", [
    ("0a.body", packages.wheel("bad-pkg", "1.2", "a.py", b"x"), ("pypi", "bad_pkg", "1.2.0"), "bad_pkg-1.2.dist-info/METADATA"),
    ("0a", packages.sdist("bad", "1.2", "a.py", b"x"), ("pypi", "bad", "1.2"), "bad-1.2/PKG-INFO"),
    ("0a", packages.npm("bad", "1.2.0", "a.js", b"x"), ("npm", "bad", "1.2.0"), "package/package.json"),
    ("0a", packages.vsix("o", "bad", "1.2.0", "a.js", b"x"), ("openvsx", "o.bad", "1.2.0"), "extension/package.json"),
    ("0a", packages.deb("bad", "0.69.4", "a", b"x"), ("binary", "bad", "0.69.4"), "./control"),
    ("0a", packages.rpm("bad", "0.69.4", "1", "a", b"x"), ("binary", "bad", "0.69.4"), "%header"),
    ("0a", packages.yarn_zip("bad", "1.2.0", "a.js", b"x"), ("npm", "bad", "1.2.0"), "node_modules/bad/package.json"),
])
def test_the_package_itself_is_looked_up(file, content, bad, member, tree, place):
    (tree / file).write_bytes(content)
    result = sweep.scan("--no-builtin-rules", "--indicators", indicators(place, bad), tree)
    found = [f for f in result.findings if f["kind"] == "package"]
    assert [f["chain"][-1]["name"] for f in found] == [member]
    if "yarn" not in member and "node_modules" not in member:
        assert "(cached)" in found[0]["matches"][0]["data"] and parcels(found[0])[0][3]


# --- real tools ------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb")
@pytest.mark.parametrize("packer", ["gzip", "xz", "zstd", "none"])
def test_a_deb_of_dpkg(packer, scan, tree, place):
    root = place / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text("Package: pkg\nVersion: 1.2\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n")
    (root / "DEBIAN/postinst").write_bytes(b"#!/bin/sh\n# " + PAYLOAD)
    (root / "DEBIAN/postinst").chmod(0o755)
    done = subprocess.run(["dpkg-deb", "-Z", packer, "--root-owner-group", "-b", root, place / "a.deb"], capture_output=True)
    if done.returncode != 0:
        pytest.skip(done.stderr.decode())
    found = sweep_one(scan, tree, "x", (place / "a.deb").read_bytes())
    inside = [f for f in found if f["chain"][-1]["name"] == "./postinst"]  # and the tar as it is, with "none"
    assert [parcels(f) for f in inside] == [[("ar", "deb", "deb", "pkg", "1.2", "content")]]


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="no rpmbuild")
def test_an_rpm_of_rpmbuild(scan, tree, place):
    (place / "a.spec").write_text(
        "Name: pkg\nVersion: 1.2\nRelease: 3\nSummary: x\nLicense: none\nBuildArch: noarch\n%description\nx\n"
        f"%post\n# {CANARY.decode()}\n%triggerin -- bash\n# {CANARY.decode()}\n%files\n")
    subprocess.run(["rpmbuild", "-bb", "--define", f"_topdir {place}/r", place / "a.spec"], check=True, capture_output=True)
    made, = (place / "r").rglob("*.rpm")
    found = sweep_one(scan, tree, "x", made.read_bytes())
    assert {(f["chain"][-1]["name"], parcels(f)[0][3:]) for f in found} == {
        ("%post", ("pkg", "1.2-3", "content")), ("%trigger-0", ("pkg", "1.2-3", "content"))}


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
@pytest.mark.slow
def test_a_tarball_of_npm(scan, tree, place):
    (place / "p").mkdir()
    (place / "p/package.json").write_text('{"name": "@s/pkg", "version": "1.2.0"}')
    (place / "p/a.js").write_bytes(PAYLOAD)
    subprocess.run(["npm", "pack", "--offline", "--silent"], cwd=place / "p", check=True, capture_output=True,
                   env={**os.environ, "npm_config_cache": str(place / "c")})
    made, = (place / "p").glob("*.tgz")
    found = sweep_one(scan, tree, made.name, made.read_bytes())
    assert [row[1] for f in found for row in parcels(f)] == ["npm"]


@pytest.mark.slow
def test_a_wheel_and_sdist_of_setuptools(scan, tree, place):
    root = place / "p"
    root.mkdir()
    (root / "setup.py").write_text('from setuptools import setup\nsetup(name="pkg", version="1.2", py_modules=["a"])\n')
    (root / "a.py").write_bytes(b"# " + PAYLOAD)
    for verb, form in (("sdist", "sdist"), ("bdist_egg", "egg"), ("bdist_wheel", "wheel")):
        done = subprocess.run([sys.executable, "setup.py", "-q", verb], cwd=root, capture_output=True)
        if done.returncode != 0:
            continue
        made = max((root / "dist").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        found = sweep_one(scan, tree, made.name, made.read_bytes())
        assert found and {row[1:5] for f in found for row in parcels(f)} == {(form, "pypi", "pkg", "1.2")}
