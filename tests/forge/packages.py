# SPDX-License-Identifier: Apache-2.0
"""Packages as their tools lay them out, each with one file of the caller's: the same bytes every
time. `late=True` puts what names the package behind that file."""

import bz2
import gzip
import json
import lzma
import struct
import subprocess
import tarfile

import archives


def _order(payload, facts, late):
    return {**payload, **facts} if late else {**facts, **payload}


def tar(files):
    return archives.tar(files, tarfile.GNU_FORMAT)


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


def metadata(name, version, more=""):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: harmless\n{more}\n".encode()


def wheel(name, version, path, data):
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    return archives.zip_({path: data, f"{info}/METADATA": metadata(name, version), f"{info}/WHEEL": b"Wheel-Version: 1.0\n",
                          f"{info}/RECORD": b""})


def egg(name, version, path, data):
    return archives.zip_({path: data, "EGG-INFO/PKG-INFO": metadata(name, version)})


def sdist(name, version, path, data, late=False):
    top = f"{name}-{version}"
    return gzip.compress(tar(_order({f"{top}/{path}": data}, {f"{top}/PKG-INFO": metadata(name, version)}, late)), mtime=0)


def npm(name, version, path, data, late=False, top="package", scripts=None):
    manifest = {"name": name, "version": version, "scripts": scripts or {}, "dependencies": {"other": "9.9.9"}}
    facts = {f"{top}/package.json": json.dumps(manifest).encode()}
    return gzip.compress(tar(_order({f"{top}/{path}": data}, facts, late)), mtime=0)


def vsix(publisher, name, version, path, data):
    xml = (f'<?xml version="1.0"?><PackageManifest><Metadata><Identity Language="en-US" Id="{name}" '
           f'Version="{version}" Publisher="{publisher}" /></Metadata></PackageManifest>')
    manifest = {"name": name, "publisher": publisher, "version": version, "engines": {"vscode": "^1.0.0"}}
    return archives.zip_({"extension.vsixmanifest": xml.encode(), f"extension/{path}": data,
                          "extension/package.json": json.dumps(manifest).encode()})


def conda_index(name, version):
    return {"info/index.json": json.dumps({"build": "py_0", "depends": ["python"], "name": name, "version": version}).encode()}


def conda_1(name, version, path, data, late=False):
    return bz2.compress(tar(_order({path: data}, conda_index(name, version), late)))


def conda_2(name, version, path, data):
    stem = f"{name}-{version}-py_0"
    return archives.zip_({"metadata.json": b'{"conda_pkg_format_version": 2}', f"pkg-{stem}.tar.zst": zstd(tar({path: data})),
                          f"info-{stem}.tar.zst": zstd(tar(conda_index(name, version)))})


def gem(name, version, path, data):
    text = (f"--- !ruby/object:Gem::Specification\nname: {name}\nversion: !ruby/object:Gem::Version\n  version: {version}\n"
            "platform: ruby\nauthors:\n- nobody\ndependencies:\n- !ruby/object:Gem::Dependency\n  name: other\n"
            "  requirement: !ruby/object:Gem::Requirement\n    requirements:\n    - - \">=\"\n"
            "      - !ruby/object:Gem::Version\n        version: '0'\n")
    return tar({"metadata.gz": gzip.compress(text.encode(), mtime=0),
                "data.tar.gz": gzip.compress(tar({path: data}), mtime=0), "checksums.yaml.gz": gzip.compress(b"---\n", mtime=0)})


def deb(name, version, path, data, scripts=None, pack=lzma.compress, ending=".xz"):
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody\nDescription: harmless\n"
    control = {"./control": control.encode(), **{f"./{key}": value for key, value in (scripts or {}).items()}}
    return archives.ar({"debian-binary": b"2.0\n", "control.tar" + ending: pack(tar(control)),
                        "data.tar" + ending: pack(tar({"./" + path: data}))})


STRING, STRINGS, INT32 = 6, 8, 4


def rpm_header(tags):
    """[(tag, type, value)]"""
    index, store = b"", b""
    for tag, kind, value in tags:
        if kind == INT32:
            store += bytes(-len(store) % 4)
            data, count = struct.pack(">I", value), 1
        else:
            values = value if kind == STRINGS else [value]
            data, count = b"".join(text + b"\0" for text in values), len(values)
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += data
    return b"\x8e\xad\xe8\1\0\0\0\0" + struct.pack(">II", len(tags), len(store)) + index + store


def rpm(name, version, release, path, data, tags=()):
    tags = [(1000, STRING, name.encode()), (1001, STRING, version.encode()), (1002, STRING, release.encode()), *tags]
    signatures = rpm_header([])
    return (b"\xed\xab\xee\xdb\3\0\0\0" + bytes(88) + signatures + bytes(-len(signatures) % 8) + rpm_header(tags)
            + gzip.compress(archives.cpio({"./" + path: data}), mtime=0))


def jar(group, artifact, version, path, data, others=()):
    files = {"META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\nImplementation-Title: The {artifact}\r\n\r\n".encode(), path: data}
    for one in [*others, (group, artifact, version)]:
        files[f"META-INF/maven/{one[0]}/{one[1]}/pom.properties"] = (
            f"#Generated\nversion={one[2]}\ngroupId={one[0]}\nartifactId={one[1]}\n".encode())
    return archives.zip_(files)


def yarn_zip(name, version, path, data):
    return archives.zip_({f"node_modules/{name}/{path}": data,
                          f"node_modules/{name}/package.json": json.dumps({"name": name, "version": version}).encode()})
