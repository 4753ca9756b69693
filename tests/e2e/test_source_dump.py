# SPDX-License-Identifier: Apache-2.0
"""Sources against other programs: what a source hands out must be what went in.

The archives are made by the programs that people use, and read with the test
program source_dump (tests/tools)."""

import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

DUMP = os.environ.get("SOURCE_DUMP")
pytestmark = pytest.mark.skipif(not DUMP, reason="SOURCE_DUMP does not name the test program")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, **options)


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def dump(kind, path):
    result = subprocess.run([DUMP, kind, path], capture_output=True, check=False, timeout=60)
    return result.returncode, result.stdout.decode().splitlines()


@pytest.fixture(name="tree", scope="module")
def make_tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree") / "top"
    (tree / "a" / "b" / "c").mkdir(parents=True)
    (tree / "empty").mkdir()
    (tree / "zero").touch()
    for count in (1, 4095, 4096, 4097, 131072, 131073, 400000):
        (tree / "a" / f"text{count}").write_bytes(b"".join(b"line %d\n" % i for i in range(count))[:count])
        (tree / "a" / "b" / f"noise{count}").write_bytes(
            b"".join(hashlib.sha512(b"%d" % i).digest() for i in range(count // 64 + 1))[:count])
    for i in range(300):
        (tree / "a" / "b" / "c" / f"small{i:03}").write_text(f"number {i}\n")
    (tree / "link").symlink_to("../elsewhere")
    (tree / "ünï").write_text("a name of its own\n")
    with open(tree / "hole", "wb") as file:
        file.seek(3_000_000)
        file.write(b"behind a hole")
        file.truncate(7_000_000)
    (tree / "a" / "text1").chmod(0o4755)
    return tree


def lines_of(tree):
    """What source_dump prints for a tree in the order of its names."""
    lines = []

    def walk(folder, prefix):
        for name in sorted(os.listdir(folder), key=os.fsencode):
            path = folder / name
            facts = path.lstat()
            kind, size, digest, target = "d", 0, "-", ""
            if path.is_symlink():
                kind, target = "l", os.readlink(path)
            elif stat.S_ISREG(facts.st_mode):
                data = path.read_bytes()
                kind, size, digest = "f", len(data), hashlib.sha256(data).hexdigest()
            lines.append("\t".join([kind, f"{facts.st_mode & 0o7777:o}", f"{facts.st_uid}:{facts.st_gid}",
                                    str(int(facts.st_mtime)), str(size), digest, prefix + name, target]))
            if kind == "d":
                walk(path, prefix + name + "/")

    walk(tree, "")
    return lines


@pytest.mark.parametrize("block", ["4K", "128K", "1M"])
@pytest.mark.parametrize("method", ["gzip", "lzma", "lzo", "xz", "lz4", "zstd", "none"])
def test_squashfs_holds_what_went_in(tree, tmp_path, method, block):
    need("mksquashfs")
    image = tmp_path / "image"
    how = ["-noI", "-noD", "-noF", "-noId"] if method == "none" else ["-comp", method]
    run("mksquashfs", tree, image, "-b", block, "-quiet", "-no-progress", *how)
    assert dump("squashfs", image) == (0, lines_of(tree))
    assert "squashfs 128" in dump("bids", image)[1]


def test_squashfs_cut_short_gives_what_is_there(tree, tmp_path):
    need("mksquashfs")
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress")
    data = image.read_bytes()
    for size in (96, 1000, len(data) // 2, len(data) - 5000):
        image.write_bytes(data[:size])
        code, lines = dump("squashfs", image)
        assert code == 1
        assert any(line.startswith("!\t") and "\ttruncated\t" in line for line in lines)


class Stream:
    """A file that cannot be rewound."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


def python_zip(tree, out, method):
    with open(out, "wb") as file, zipfile.ZipFile(Stream(file) if method < 0 else file, "w",
                                                  zipfile.ZIP_DEFLATED if method < 0 else method) as archive:
        for path in sorted(tree.rglob("*")):
            if not path.is_symlink():
                archive.write(path, path.relative_to(tree))


HONEST = {
    "python-stored": lambda tree, out: python_zip(tree, out, zipfile.ZIP_STORED),
    "python": lambda tree, out: python_zip(tree, out, zipfile.ZIP_DEFLATED),
    "python-bzip2": lambda tree, out: python_zip(tree, out, zipfile.ZIP_BZIP2),
    "python-lzma": lambda tree, out: python_zip(tree, out, zipfile.ZIP_LZMA),
    "python-streamed": lambda tree, out: python_zip(tree, out, -1),
    "info-zip": lambda tree, out: run("zip", "-qr", out, ".", cwd=tree),
    "info-zip-streamed": lambda tree, out: run("sh", "-c", f"zip -qr - . > '{out}'", cwd=tree),
    "info-zip-password": lambda tree, out: run("zip", "-qr", "-P", "infected", out, ".", cwd=tree),
    "info-zip-pipe": lambda tree, out: run("sh", "-c", f"cat a/text400000 | zip -q '{out}' -", cwd=tree),
    "7z": lambda tree, out: run("7z", "a", "-tzip", "-bd", out, ".", cwd=tree),
    "7z-aes": lambda tree, out: run("7z", "a", "-tzip", "-bd", "-pinfected", "-mem=AES256", out, ".", cwd=tree),
    "bsdtar": lambda tree, out: run("bsdtar", "--format", "zip", "-cf", out, ".", cwd=tree),
    "bsdtar-streamed": lambda tree, out: run("sh", "-c", f"bsdtar --format zip -cf - . > '{out}'", cwd=tree),
    "bsdtar-zip64": lambda tree, out: run("bsdtar", "--format", "zip", "--options", "zip:zip64", "-cf", out, ".", cwd=tree),
    "jar": lambda tree, out: run("jar", "cf", out, "a", "zero", cwd=tree),
    "jar-streamed": lambda tree, out: run("sh", "-c", f"jar c a zero > '{out}'", cwd=tree),
}


@pytest.mark.parametrize("maker", HONEST)
def test_honest_zips_are_not_blamed(tree, tmp_path, maker):
    if not maker.startswith("python"):
        need({"info": "zip"}.get(maker.split("-")[0], maker.split("-")[0]))
    out = tmp_path / "archive.zip"
    HONEST[maker](tree, out)
    code, lines = dump("zip-check", out)
    assert (code, len(lines)) == (0, 1), lines
    assert "readings-differ" not in lines[0]
    with_stub = tmp_path / "stub.zip"
    with_stub.write_bytes(b"#!/bin/sh\nexit 0\n" + out.read_bytes())
    assert dump("zip-check", with_stub)[0] == 0


def installed_zips():
    """Wheels and jars that this machine has anyway."""
    found = []
    for folder in ("/usr/share/python-wheels", "/usr/share/java", "/usr/lib/python3", sys.prefix + "/lib"):
        found += [path for path in pathlib.Path(folder).rglob("*")
                  if path.suffix in (".whl", ".jar", ".egg") and path.is_file() and not path.is_symlink()]
    return sorted(set(found))[:300]


def test_zips_of_this_machine_are_not_blamed():
    for path in installed_zips():
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
        if len({name.lower() for name in names}) < len(names):
            continue  # said, and rightly so
        code, lines = dump("zip-check", path)
        assert code == 0, (path, lines)
