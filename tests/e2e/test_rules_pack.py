# SPDX-License-Identifier: Apache-2.0
"""`sweeper rules pack`, `sweeper rules verify`, and packs as rules: through the
real executable, with keys that openssl makes and signatures that it checks.

The format is read here as docs/rule-packs.md has it, with nothing of ours.
"""

import hashlib
import json
import os
import pathlib
import struct
import subprocess

import pytest

import sweep

MAGIC = b"\x89SWPACK\n"
CANARY = "sweeper-canary-7731"
RULE = 'rule %s { strings: $a = "' + CANARY + '" condition: $a }\n'


def rules(*arguments, **keywords):
    return sweep.run(["rules", *arguments], records=False, **keywords)


def openssl(*arguments, **keywords):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          **keywords).stdout


def new_key(folder, name, *options):
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private, *options)
    private.chmod(0o600)
    if not options:
        openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def key_id(public):
    return hashlib.sha256(openssl("pkey", "-pubin", "-in", public, "-outform", "DER")).hexdigest()


class Parsed:
    """A pack, read by the document."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        self.size = len(data)
        assert data[:8] == MAGIC
        self.version, count, covered = struct.unpack_from("<IIQ", data, 8)
        self.covered = data[:covered]
        self.files = []
        at = 24
        for _ in range(count):
            kind, flags, root = struct.unpack_from("<BBI", data, at)
            at += 6
            texts = []
            for _ in range(3):
                (size,) = struct.unpack_from("<I", data, at)
                texts.append(data[at + 4 : at + 4 + size])
                at += 4 + size
            self.files.append((kind, flags, root, *texts))
        assert at == covered
        self.digest = data[at : at + 32]
        (signed,) = struct.unpack_from("<I", data, at + 32)
        at += 36
        self.signatures = {}
        for _ in range(signed):
            self.signatures[data[at : at + 32].hex()] = data[at + 32 : at + 96]
            at += 96
        assert at == len(data)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "rules"
    (path / "sub").mkdir(parents=True)
    (path / "a.yar").write_text('include "parts/common.inc"\n' + RULE % "a")
    (path / "parts").mkdir()
    (path / "parts/common.inc").write_text("rule common { condition: false }\n")
    (path / "sub/b.yar").write_text(RULE % "b")
    return path


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "target"
    path.mkdir()
    (path / "bad").write_text(CANARY)
    (path / "good").write_text("nothing")
    return path


@pytest.fixture
def key(tmp_path):
    return new_key(tmp_path, "key")


@pytest.fixture
def pack(tmp_path, folder, key):
    """A signed pack whose sources are gone."""
    out = tmp_path / "site.pack"
    done = rules("pack", folder, "--sign", key[0], "--out", out)
    assert done.code == 0 and done.stderr == "", str(done)
    folder.rename(tmp_path / "gone")
    return out


def assert_refused(done, path, words):
    assert done.code == 65, str(done)
    lines = [line for line in done.stderr.splitlines() if "warning" not in line]
    assert len(lines) == 1 and lines[0].startswith(f"sweeper: {path}: "), str(done)
    assert words in lines[0], str(done)


# --- making ---

def test_the_format_is_the_documented_one(pack, key):
    parsed = Parsed(pack)
    assert parsed.version == 1
    assert [(kind, flags, root, name, space) for kind, flags, root, name, space, _ in parsed.files] == [
        (0, 0, 0, b"a.yar", b"a"),
        (0, 1, 0, b"parts/common.inc", b"parts/common.inc"),
        (0, 0, 0, b"sub/b.yar", b"sub/b")]
    assert parsed.files[2][5] == (RULE % "b").encode()
    assert parsed.digest == hashlib.sha256(parsed.covered).digest()
    assert list(parsed.signatures) == [key_id(key[1])]


def test_openssl_alone_verifies(pack, key, tmp_path):
    parsed = Parsed(pack)
    (tmp_path / "covered").write_bytes(parsed.covered)
    (tmp_path / "signature").write_bytes(parsed.signatures[key_id(key[1])])
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key[1], "-rawin", "-in",
             tmp_path / "covered", "-sigfile", tmp_path / "signature"]
    assert subprocess.run(check, capture_output=True).returncode == 0
    (tmp_path / "covered").write_bytes(parsed.covered + b"x")
    assert subprocess.run(check, capture_output=True).returncode != 0


def test_a_signature_by_openssl_is_taken(pack, target, tmp_path):
    """Somebody else's tool may sign: the format is all it needs."""
    private, public = new_key(tmp_path, "other")
    parsed = Parsed(pack)
    (tmp_path / "covered").write_bytes(parsed.covered)
    openssl("pkeyutl", "-sign", "-inkey", private, "-rawin", "-in", tmp_path / "covered", "-out",
            tmp_path / "signature")
    pack.write_bytes(parsed.covered + parsed.digest + struct.pack("<I", 1)
                     + bytes.fromhex(key_id(public)) + (tmp_path / "signature").read_bytes())
    done = sweep.scan("--require-signed", "--trusted-key", public, "--no-builtin-rules", "-r", pack,
                      target)
    assert done.code == 1 and {rule for rule, _ in done.found()} == {"a", "b"}


def test_same_input_same_bytes(tmp_path, folder, key):
    copy = tmp_path / "elsewhere" / "copy"
    copy.parent.mkdir()
    subprocess.run(["cp", "-r", folder, copy], check=True)
    os.utime(copy / "a.yar", (1, 1))
    (copy / "a.yar").chmod(0o755)
    outs = [tmp_path / name for name in ("1", "2", "3")]
    assert rules("pack", folder, "--sign", key[0], "--out", outs[0]).code == 0
    assert rules("pack", "copy", "--sign", key[0], "--out", outs[1], cwd=copy.parent).code == 0
    assert rules("pack", "--rules", f"{copy}/", "--sign", key[0], "--out", outs[2]).code == 0
    first, *others = [out.read_bytes() for out in outs]
    assert others == [first, first]


def test_several_keys_and_paths(tmp_path, folder):
    keys = [new_key(tmp_path, name) for name in ("x", "y", "z")]
    signs = [word for private, _ in keys for word in ("--sign", private)]
    out = tmp_path / "out"
    done = rules("pack", "-r", folder / "sub", folder / "sub/b.yar", *signs, "--out", out)
    assert done.code == 0, str(done)
    parsed = Parsed(out)
    assert list(parsed.signatures) == sorted(key_id(public) for _, public in keys)
    assert [file[2:5] for file in parsed.files] == [(0, b"b.yar", b"b"), (1, b"b.yar", b"b~2")]
    for _, public in keys:
        assert rules("verify", out, "--trusted-key", public).code == 0
    assert_refused(rules("pack", folder, *signs, "--sign", keys[0][0], "--out", out), keys[0][0],
                   "the same key")


def test_indicators_are_packed(tmp_path, folder):
    (tmp_path / "family.json").write_text(json.dumps(
        {"schema": "1.0", "family": "canary", "sources": {"J1": "the tests"}, "entries": []}))
    out = tmp_path / "out"
    done = rules("pack", folder / "sub", "--indicators", tmp_path / "family.json", "--out", out)
    assert done.code == 0, str(done)
    assert [(file[0], file[3]) for file in Parsed(out).files] == [(0, b"b.yar"), (1, b"family.json")]
    shown = rules("verify", out)
    assert shown.code == 0 and b"indicators" in shown.stdout
    assert rules("list", "--no-builtin-rules", "-r", out).stdout.endswith(b"1 rule\n")


def test_the_builtin_set_only_when_asked_for(tmp_path, folder):
    out = tmp_path / "out"
    assert rules("pack", folder, "--out", out).code == 0
    assert not any(file[4].startswith(b"builtin.") for file in Parsed(out).files)
    assert rules("pack", "--builtin-rules", "--out", out).code == 0
    assert all(file[4].startswith(b"builtin.") for file in Parsed(out).files)
    listed = rules("list")
    packed = rules("list", "--no-builtin-rules", "-r", out)
    assert listed.code == packed.code == 0
    assert sorted(listed.stdout.splitlines()) == sorted(packed.stdout.splitlines())


def test_out_is_replaced_whole_or_not_at_all(tmp_path, folder, key):
    out = tmp_path / "out"
    out.write_text("as it was")
    (folder / "broken.yar").write_text("rule broken {\n condition: nowhere }")
    done = rules("pack", folder, "--out", out)
    assert done.code == 65 and f'{folder}/broken.yar:2: error: undefined identifier' in done.stderr
    assert out.read_text() == "as it was"
    (folder / "broken.yar").unlink()
    for source in (key[0], folder / "a.yar"):
        before = source.read_bytes()
        done = rules("pack", folder / "a.yar", "--sign", key[0], "--out", source)
        assert_refused(done, source, "would overwrite")
        assert source.read_bytes() == before
    assert rules("pack", folder, "--out", tmp_path / "no/such/out").code == 2
    assert rules("pack", folder, "--out", out).code == 0
    assert out.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out"]


def test_pack_to_standard_output(folder):
    done = rules("pack", folder, "--out", "-")
    assert done.code == 0 and done.stdout.startswith(MAGIC) and "not signed" in done.stderr


def test_usage(tmp_path, folder, pack, key):
    for arguments, words in (
            (["pack", folder], "--out"), (["pack", "--out", "x"], "needs a PATH"),
            (["verify"], "needs a FILE"), (["pack", "--no-builtin-rules"], "does not apply"),
            (["list", "--trusted-key", key[1]], "--require-signed")):
        done = rules(*arguments)
        assert done.code == 64 and words in done.stderr, str(done)
    done = sweep.scan("--trusted-key", key[1], tmp_path)
    assert done.code == 64 and "--require-signed" in done.stderr


def test_names_that_cannot_be_packed(tmp_path, folder):
    for name in (b"bad\xff.yar", b"bad\n.yar"):
        path = os.fsencode(folder) + b"/" + name
        with open(path, "w") as file:
            file.write(RULE % "bad")
        done = rules("pack", folder, "--out", tmp_path / "out")
        assert done.code == 65 and "cannot be packed" in done.stderr and "UTF-8" in done.stderr
        os.unlink(path)


def test_a_pack_is_made_of_sources(tmp_path, folder, pack):
    out = tmp_path / "out"
    assert_refused(rules("pack", pack, "--out", out), pack, "a rule pack already")
    (tmp_path / "more").mkdir()
    inner = tmp_path / "more/inner.yar"
    inner.write_bytes(pack.read_bytes())
    assert_refused(rules("pack", tmp_path / "more", "--out", out), inner, "a rule pack")
    compiled = tmp_path / "compiled.yar"
    subprocess.run(["yarac", tmp_path / "gone/sub/b.yar", compiled], check=True)
    assert_refused(rules("pack", compiled, "--out", out), compiled, "NUL")
    assert not out.exists()


# --- keys ---

def test_private_keys_that_will_not_do(tmp_path, folder, key):
    out = tmp_path / "out"
    locked, _ = new_key(tmp_path, "locked", "-aes256", "-pass", "pass:word")
    rsa = tmp_path / "rsa.pem"
    openssl("genpkey", "-algorithm", "rsa", "-out", rsa)
    (tmp_path / "empty.pem").write_text("")
    for path, words in ((locked, "password"), (rsa, "not an Ed25519 key"), (key[1], "a public key"),
                        (tmp_path / "empty.pem", "no private key"),
                        (tmp_path / "missing.pem", "No such file")):
        assert_refused(rules("pack", folder, "--sign", path, "--out", out), path, words)
    assert not out.exists()


def test_a_private_key_that_others_can_read(tmp_path, folder, key):
    key[0].chmod(0o644)
    done = rules("pack", folder, "--sign", key[0], "--out", tmp_path / "out")
    assert done.code == 0 and f"{key[0]}: warning: " in done.stderr


def test_public_keys_that_will_not_do(tmp_path, pack, key, target):
    (tmp_path / "empty.pub").write_text("")
    for path, words in ((key[0], "a private key"), (tmp_path / "empty.pub", "no public key"),
                        (tmp_path / "missing.pub", "No such file")):
        assert_refused(rules("verify", pack, "--trusted-key", path), path, words)
        done = sweep.scan("--require-signed", "--trusted-key", path, target)
        assert_refused(done, path, words)
        assert done.records == []


# --- verifying ---

def test_verify_says_what_is_in_it(pack, key):
    done = rules("verify", pack)
    text = done.stdout.decode()
    assert done.code == 0 and done.stderr == ""
    assert f"digest: sha256:{hashlib.sha256(Parsed(pack).covered).hexdigest()}\n" in text
    assert "files: 3\n" in text and "sub/b.yar" in text and "signatures: 1\n" in text
    assert f"{key_id(key[1])}  not checked" in text
    done = rules("verify", pack, "--trusted-key", key[1])
    assert done.code == 0 and f"{key_id(key[1])}  good: {key[1]}\n" in done.stdout.decode()


def test_verify_with_a_key_that_did_not_sign(pack, tmp_path, key):
    _, other = new_key(tmp_path, "other")
    assert_refused(rules("verify", pack, "--trusted-key", other), pack, "not signed by a trusted key")
    assert rules("verify", pack, "--trusted-key", other, "--trusted-key", key[1]).code == 0
    parsed = Parsed(pack)
    pack.write_bytes(parsed.covered + parsed.digest + bytes(4))
    assert rules("verify", pack).code == 0
    assert_refused(rules("verify", pack, "--trusted-key", key[1]), pack, "it has no signature")


def test_verify_looks_at_every_file(pack, tmp_path):
    other = tmp_path / "other"
    other.write_text("rule a { condition: true }")
    done = rules("verify", other, pack)
    assert_refused(done, other, "not a rule pack")
    assert b"files: 3" in done.stdout
    assert_refused(rules("verify", tmp_path / "missing"), tmp_path / "missing", "No such file")


def resealed(covered, tail=bytes(4)):
    return covered + hashlib.sha256(covered).digest() + tail


def test_damaged_packs(pack, key, target):
    whole = pack.read_bytes()
    parsed = Parsed(pack)
    covered = parsed.covered
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    name = covered.index(b"sub/b.yar")
    cases = {
        "truncated": (whole[:-1], "too early"),
        "cut in a file": (whole[:100], "too early"),
        "only the magic": (whole[:8], "too early"),
        "trailing": (whole + b"\0", "after its end"),
        "content": (covered.replace(b"rule b", b"rule c") + whole[len(covered):], "digest"),
        "version": (resealed(covered[:8] + struct.pack("<I", 9) + covered[12:]), "version 9"),
        "escape": (resealed(covered.replace(b"sub/b.yar", b"../xb.yar")), "lead out"),
        "absolute": (resealed(covered.replace(b"sub/b.yar", b"/ub/b.yar")), "absolute"),
        "not UTF-8": (resealed(covered.replace(b"sub/b.yar", b"sub/\xff.yar")), "UTF-8"),
        "huge length": (resealed(covered[: name - 4] + b"\xff" * 4 + covered[name:]), "too large"),
        "signature": (bytes(flipped), "wrong signature"),
    }
    for what, (data, words) in cases.items():
        pack.write_bytes(data)
        done = rules("verify", pack, "--trusted-key", key[1])
        assert_refused(done, pack, words)
        done = sweep.scan("--require-signed", "--trusted-key", key[1], "-r", pack, target)
        assert_refused(done, pack, words)
        assert done.records == [], what


# --- using ---

def test_packs_are_rules_everywhere(pack, target, tmp_path):
    """By their magic, whatever their name; includes need nothing on the disk."""
    odd = tmp_path / "odd.yar"
    pack.rename(odd)
    done = sweep.scan("--no-builtin-rules", "-r", odd, target)
    assert done.code == 1 and {rule for rule, _ in done.found()} == {"a", "b"}
    assert {f["rule"]["namespace"] for f in done.findings} == {"a", "sub/b"}
    listed = rules("list", "--no-builtin-rules", "-r", odd)
    assert listed.code == 0 and listed.stdout.endswith(b"3 rules\n")
    checked = rules("check", "--no-builtin-rules", "--sample", target, odd)
    assert checked.code == 0 and checked.stdout.startswith(b"rules: 3 compiled")


def test_findings_are_the_same_as_with_loose_files(pack, target, tmp_path):
    packed = sweep.scan("--no-builtin-rules", "-r", pack, target)
    loose = sweep.scan("--no-builtin-rules", "-r", tmp_path / "gone", target)
    assert {f["id"] for f in packed.findings} == {f["id"] for f in loose.findings}


def test_a_pack_through_a_pipe(pack, target):
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        file.write(pack.read_bytes())
    done = sweep.scan("--no-builtin-rules", "-r", f"/dev/fd/{read}", target, pass_fds=[read])
    os.close(read)
    assert done.code == 1 and len(done.findings) == 2


def test_the_same_pack_twice_is_one(pack, target, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(pack.read_bytes())
    done = sweep.scan("--no-builtin-rules", "-r", pack, "-r", copy, target)
    assert len(done.findings) == 2 and len(done.start["ruleset"]["packs"]) == 1


def test_errors_in_a_pack_name_pack_file_and_line(tmp_path, pack, target):
    covered = Parsed(pack).covered.replace(b"condition: $a }", b"condition: $b }")
    pack.write_bytes(resealed(covered))
    done = sweep.scan("-r", pack, target)
    assert done.code == 65 and f"{pack}:sub/b.yar:1: error: " in done.stderr and done.records == []


def test_a_pack_includes_nothing_from_the_disk(tmp_path, pack, target):
    """A pack that lacks what it includes must not take it from where it lies."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/common.inc").write_text("rule planted { condition: true }")
    done = sweep.scan("--no-builtin-rules", "-r", pack, target)
    assert "planted" not in {rule for rule, _ in done.found()}
    covered = Parsed(pack).covered.replace(b"parts/common.inc", b"parts/nommoc.inc", 1)
    assert b"parts/common.inc" in covered
    covered = covered.replace(b"parts/common.inc", b"parts/nnnnnn.inc").replace(
        b"parts/nommoc.inc", b"parts/common.inc")
    pack.write_bytes(resealed(covered))
    done = sweep.scan("--no-builtin-rules", "-r", pack, target)
    assert done.code == 65 and "parts/common.inc" in done.stderr


# --- trusting ---

def test_require_signed(pack, key, target, tmp_path):
    trusted = ["--require-signed", "--trusted-key", key[1]]
    done = sweep.scan(*trusted, "-r", pack, target)
    assert done.code == 1 and {rule for rule, _ in done.found()} == {"a", "b"}
    (row,) = done.start["ruleset"]["packs"]
    assert row == {"name": str(pack), "digest": hashlib.sha256(Parsed(pack).covered).hexdigest(),
                   "signed_by": [key_id(key[1])]}
    loose = tmp_path / "gone"
    for path in (loose, loose / "a.yar"):
        for option in ("--rules", "--indicators"):
            done = sweep.scan(*trusted, "-r", pack, option, path, target)
            assert_refused(done, path, "--require-signed")
            assert done.records == []
        assert_refused(rules("list", *trusted, "-r", path), path, "--require-signed")
        assert_refused(rules("check", *trusted, path), path, "--require-signed")
    assert_refused(sweep.scan("--require-signed", "-r", pack, target), pack, "no --trusted-key")
    _, other = new_key(tmp_path, "other")
    assert_refused(sweep.scan("--require-signed", "--trusted-key", other, "-r", pack, target), pack,
                   "not signed by a trusted key")
    parsed = Parsed(pack)
    pack.write_bytes(parsed.covered + parsed.digest + bytes(4))
    assert_refused(sweep.scan(*trusted, "-r", pack, target), pack, "it has no signature")


def test_require_signed_from_a_config_file(pack, key, target, tmp_path):
    config = tmp_path / "config"
    config.write_text(f"require-signed\ntrusted-key = {key[1]}\n")
    assert sweep.scan("--config", config, "-r", pack, target).code == 1
    done = sweep.scan("--config", config, "-r", tmp_path / "gone", target)
    assert_refused(done, tmp_path / "gone", "--require-signed")


def test_the_builtin_set_needs_no_signature(target):
    done = sweep.scan("--require-signed", target)
    assert done.code == 0 and done.start["ruleset"]["packs"] == []


def test_the_builtin_digest_is_in_every_report(pack, target):
    digest = sweep.scan(target).start["ruleset"]["builtin_digest"]
    assert len(digest) == 64
    done = sweep.scan("-r", pack, target)
    assert done.start["ruleset"]["builtin_digest"] == digest
    assert done.start["ruleset"]["digest"] != digest
    (row,) = done.start["ruleset"]["packs"]
    assert row["signed_by"] == [], "nobody said whom to trust"
    done = sweep.scan("--no-builtin-rules", "-r", pack, target)
    assert done.start["ruleset"]["builtin_digest"] is None


def test_a_pack_cannot_pass_for_the_builtin_set(pack, target):
    """A namespace may say so; the report tells."""
    covered = Parsed(pack).covered.replace(b"\x05\0\0\0sub/b", b"\x0b\0\0\0builtin.x.b", 1)
    covered = covered[:16] + struct.pack("<Q", len(covered)) + covered[24:]
    pack.write_bytes(resealed(covered))
    done = sweep.scan("--no-builtin-rules", "-r", pack, target)
    assert done.code == 1 and done.start["ruleset"]["builtin_digest"] is None
