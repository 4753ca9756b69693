# SPDX-License-Identifier: Apache-2.0
"""Wheels, and what installers make of them, by recipe."""

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile

PYTHON = "/usr/bin/python3"


def digest(data, name="sha256"):
    coded = base64.urlsafe_b64encode(hashlib.new(name, data).digest())
    return f"{name}={coded.rstrip(b'=').decode()}"


def record(files, own):
    """The rows of RECORD, as the module csv writes them."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for name, data in files.items():
        rows.writerow((name, digest(data), len(data)))
    rows.writerow((own, "", ""))
    return out.getvalue().encode()


def wheel(path, files, name="demo", version="1.0", rows=None, late=None, drop=(), changed=None):
    """Writes a wheel of `files` and returns its path. rows: a function on the bytes of RECORD; late:
    files that come after RECORD was made; drop: those that went; changed: those that are others."""
    info = f"{name}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: recipe\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    listed = record(files, f"{info}/RECORD")
    files = {**files, **(changed or {}), **(late or {})}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            if member not in drop:
                archive.writestr(member, data)
        archive.writestr(f"{info}/RECORD", rows(listed) if rows else listed)
    return path


def environment(path):
    """An empty virtual environment; returns its folder of distributions."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", path], check=True, timeout=120)
    (site,) = path.glob("lib/python3*/site-packages")
    return site


def install(path, *wheels):
    """Has pip install wheels into the environment."""
    subprocess.run([PYTHON, "-m", "pip", "--python", path / "bin/python", "--disable-pip-version-check", "install",
                    "--quiet", "--no-index", "--no-deps", "--no-cache-dir", *wheels],
                   check=True, timeout=120, stderr=sys.stderr)
