# SPDX-License-Identifier: Apache-2.0
"""Sweeping archives finds exactly what unpacking them by other programs and running
yara(1) over the result finds. Here: packages made of this machine's own files. Real
ones, more than a hundred: tests/tools/archive_equality.py."""

import bz2
import gzip
import io
import lzma
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import corpus
import pytest
import sweep

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

import archive_equality  # noqa: E402
import reference_unpack  # noqa: E402

COUNT = 15 if sweep.LEAN else 40  # of each kind


def contents(place):
    """Programs, scripts and texts of the machine, and forged pieces that few of them have."""
    corpus.forge(place / "forged")
    paths = [path for top in ("/usr/bin", "/usr/lib/python3.11", "/usr/share/doc") for path in
             sorted(pathlib.Path(top).glob("*/copyright" if top.endswith("doc") else "*"))[:COUNT]]
    paths = [path for path in [*sorted((place / "forged").iterdir()), *paths]
             if path.is_file() and not path.is_symlink() and path.stat().st_size < 60000]
    return [(f"pkg/{path.parent.name}/{path.name}", path.read_bytes()) for path in paths]


def wheel(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def deb(members, place, packer):
    """As dpkg-deb builds it, with a wheel among its files."""
    top = place / "deb"
    shutil.rmtree(top, ignore_errors=True)
    (top / "DEBIAN").mkdir(parents=True, mode=0o755)
    (top / "DEBIAN/control").write_text("Package: forged\nVersion: 1\nArchitecture: all\nMaintainer: nobody\n"
                                        "Description: GET File Permission denied\n")
    for name, data in [*members, ("wheel/forged-1-py3-none-any.whl", wheel(members[:20]))]:
        path = top / "usr/share/forged" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    out = place / f"forged-{packer}.deb"
    subprocess.run(["dpkg-deb", f"-Z{packer}", "--root-owner-group", "-b", top, out], check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes()


@pytest.mark.skipif(shutil.which("yara") is None, reason="no yara")
def test_the_same_as_unpacking_first(tree, place):
    members = contents(place)
    made = {"forged-1-py3-none-any.whl": wheel(members), "forged-1.tgz": gzip.compress(tar(members), 1),
            "forged-1.tar.bz2": bz2.compress(tar(members[:60]), 1), "forged-1.tar.xz": lzma.compress(tar(members), preset=0),
            "nested.zip": wheel([("a.tgz", gzip.compress(tar(members[:50]), 1)), ("b.whl", wheel(members[:50]))])}
    if shutil.which("dpkg-deb"):
        made.update({f"forged-{packer}.deb": deb(members, place, packer) for packer in ("gzip", "xz")})
    for name, data in made.items():
        (tree / name).write_bytes(data)
    ours = archive_equality.by_sweeper(sweep.SWEEPER, archive_equality.RULES, tree, "-j", "2")
    theirs = archive_equality.by_yara(archive_equality.RULES, sorted(tree.iterdir()))
    assert sorted(theirs.found - ours.found)[:10] == []
    # Of what is damaged or cut off they may read less; a gap tells.
    assert [item for item in sorted(ours.found - theirs.found) if not archive_equality.is_told(ours.gaps, *item[1:])] == []
    assert len(theirs.found) > len(made) * 50 and len({rule for rule, _, _ in theirs.found}) > 20
    deep = {len(hops) for _, _, hops in theirs.found}
    assert {1, 2, 3} <= deep and (4 in deep or not shutil.which("dpkg-deb"))
    assert ours.members >= theirs.members > len(members) * 3


def test_the_reference_sees_what_it_should(tree):
    """Else equality would say little."""
    path = tree / "x.tgz"
    inner = wheel([("one", b"1"), ("two", gzip.compress(b"2"))])
    path.write_bytes(gzip.compress(tar([("in.whl", inner), ("three", b"3")])))
    found = {hops: content for hops, content in reference_unpack.objects(path)}
    content = reference_unpack.CONTENT
    assert found[(content, b"in.whl", b"two", content)] == b"2" and found[(content, b"three")] == b"3"
    assert found[(content, b"in.whl", b"one")] == b"1" and len(found) == 6
