# SPDX-License-Identifier: Apache-2.0
"""Volumes inside disk images: LVM, LUKS, BitLocker, software RAID, and the keys that open them.

What lies in a volume is known to the byte: it is put there by the tools that belong to the format
where they work without devices, else encrypted here by another library than the program's own code,
and the tools are asked whether they take it.
"""

import base64
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import tarfile

import pytest
import sweep
from conftest import CANARY

SECRET = "quite a secret 7731"
SECTOR = 512
KIB = 1024
MIB = 1024 * KIB
VOLUME_DUMP = os.environ.get("VOLUME_DUMP", str(pathlib.Path(sweep.SWEEPER).parent / "tests/volume-dump"))


def tool(*command, **keywords):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **keywords)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def needs(name):
    return pytest.mark.skipif(shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None,
                              reason=f"{name} is not here")


def dump(path, *options):
    """What the sources of volumes say of a file: bids, members, gaps."""
    lines = [json.loads(line) for line in tool(VOLUME_DUMP, *options, path, env=sweep.environment()).splitlines()]
    members = [line for line in lines if "sha256" in line]
    gaps = [(line["gap"], line["text"]) for line in lines if "gap" in line]
    assert gaps or all(member["same"] for member in members), lines
    return members, gaps


def digest(content):
    return hashlib.sha256(content).hexdigest()


def content_of(size, seed=7731):
    """A tar with a canary, and noise behind it to the last byte."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("bird.txt")
        info.size = len(CANARY)
        archive.addfile(info, io.BytesIO(CANARY))
    return file.getvalue() + random.Random(seed).randbytes(size - len(file.getvalue()))


def places(result):
    return {finding["locator"] for finding in result.findings}


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_not_to_be_seen(tree, rules):
    """Not in the command line of a running sweep, neither of its two processes."""
    (tree / "hang").write_bytes(b"SWEEPER-FAULT:hang\n")
    options = ["--key", f"pass:{SECRET}", f"--key=recovery:{SECRET}"]
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, *options, tree], binary=sweep.FAULTY)
    try:
        engine = sweep.engine_of(process)
        sweep.wait_for(lambda: sweep.quiet(process), 20, "an engine that hangs")
        for pid in (process.pid, engine):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                assert SECRET.encode() not in file.read()
    finally:
        process.send_signal(signal.SIGINT)
        result = sweep.end(process, timeout=20)
    assert SECRET.encode() not in result.stdout and "--key" in str(result.start["options"])


@pytest.mark.parametrize("key, code", [
    ("pass:", sweep.EXIT_USAGE), ("recovery:", sweep.EXIT_USAGE), ("fd:x", sweep.EXIT_USAGE),
    ("/dev/null", sweep.EXIT_USAGE), ("/dev/zero", sweep.EXIT_USAGE), ("/nowhere/at/all", sweep.EXIT_FAILED),
    ("file:/nowhere/at/all", sweep.EXIT_FAILED), ("fd:999", sweep.EXIT_FAILED), ("/", sweep.EXIT_FAILED)])
def test_a_key_that_is_none(tree, key, code):
    result = sweep.run(["scan", "--key", key, tree])
    assert result.code == code and "--key" in result.stderr and not result.stdout, result


def test_too_many_keys(tree):
    assert sweep.run(["scan", *["--key=pass:x"] * 33, tree]).code == sweep.EXIT_USAGE
    assert sweep.run(["scan", *["--key=pass:x"] * 32, tree]).code == sweep.EXIT_CLEAN


# --- LUKS -----------------------------------------------------------------------------------------

cryptsetup = needs("cryptsetup")
FAST = ["--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
ARGON = ["--batch-mode", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "4096", "--pbkdf-parallel", "2"]
SMALL = ["--type", "luks2", "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "512k", "--offset", "2048"]
FIRST = ["--type", "luks1"]


def encrypt(cipher, key, sector_size, content):
    """As dm-crypt does it, by the library of Python's cryptography."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    name, mode, iv = cipher.split("-")
    algorithm = {"aes": algorithms.AES, "camellia": algorithms.Camellia}[name]
    out = bytearray()
    for at in range(0, len(content), sector_size):
        number = at // SECTOR
        block = struct.pack("<QQ", number if "64" in iv or "essiv" in iv else number & 0xffffffff, 0)
        if iv == "essiv:sha256":
            essiv = Cipher(algorithm(hashlib.sha256(key).digest()), modes.ECB()).encryptor()
            block = essiv.update(block)
        chosen = modes.XTS(block) if mode == "xts" else modes.CBC(block)
        out += Cipher(algorithm(key), chosen).encryptor().update(content[at:at + sector_size])
    return bytes(out)


def luks(path, options, size=300 * KIB, secret=SECRET, cipher="aes-xts-plain64", sector_size=SECTOR, content=None):
    """A volume; returns what is in it."""
    pytest.importorskip("cryptography")
    content = content if content is not None else content_of(size)
    start = 2048 * SECTOR if "luks2" in options else 0
    path.write_bytes(b"")
    os.truncate(path, 4 * MIB)
    tool("cryptsetup", "luksFormat", *options, "--cipher", cipher, "--key-file", "-", path, input=secret)
    key = path.with_suffix(".volume-key")
    tool("cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", key, "--key-file", "-",
         path, input=secret)
    if start == 0:
        start = struct.unpack(">I", path.read_bytes()[104:108])[0] * SECTOR
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(encrypt(cipher, key.read_bytes(), sector_size, content))
        file.truncate()
    key.unlink()
    return content


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A LUKS2 volume that many tests read."""
    path = tmp_path_factory.mktemp("vault") / "vault.img"
    content = luks(path, [*SMALL, *FAST, "--label", "till"])
    return path, content


def uuid_of(path):
    return tool("cryptsetup", "luksUUID", path).strip()


@cryptsetup
@pytest.mark.parametrize("options, cipher, sector_size", [
    ([*FIRST, *FAST], "aes-xts-plain64", 512),
    ([*FIRST, *FAST, "--key-size", "256"], "aes-xts-plain", 512),
    ([*FIRST, *FAST, "--hash", "sha512"], "aes-cbc-essiv:sha256", 512),
    ([*FIRST, *FAST, "--key-size", "128", "--hash", "ripemd160"], "aes-cbc-plain", 512),
    ([*SMALL, *FAST, "--hash", "sha1"], "aes-xts-plain64", 512),
    ([*SMALL, *FAST, "--sector-size", "4096"], "aes-xts-plain64", 4096),
    ([*SMALL, *FAST, "--key-size", "192"], "camellia-cbc-plain64", 512),
    ([*SMALL, *ARGON, "--pbkdf", "argon2id"], "aes-cbc-essiv:sha256", 512),
    ([*SMALL, *ARGON, "--pbkdf", "argon2i"], "aes-xts-plain64", 512),
], ids=lambda value: value if isinstance(value, str) else None)
def test_a_luks_volume(tmp_path, options, cipher, sector_size):
    path = tmp_path / "volume.img"
    content = luks(path, options, cipher=cipher, sector_size=sector_size)
    members, gaps = dump(path, "--key", "pass:wrong", "--key", f"pass:{SECRET}")
    assert members == [{"name": "", "size": len(content), "sha256": digest(content), "same": True}] and not gaps
    for key in ((), ("--key", "pass:wrong")):
        members, [(reason, text)] = dump(path, *key)
        assert not members and reason == "encrypted" and uuid_of(path) in text and "LUKS" in text


@cryptsetup
def test_a_sweep_of_a_luks_volume(tree, scan, vault, tmp_path):
    shutil.copy(vault[0], tree / "disk.img")
    closed = scan(tree)
    assert [(gap["reason"], gap["locator"]) for gap in closed.gaps] == [("encrypted", f"{tree}/disk.img")]
    assert uuid_of(vault[0]) in closed.gaps[0]["detail"] and "(till)" in closed.gaps[0]["detail"]
    assert closed.code == sweep.EXIT_GAPS and not closed.findings
    line, plain = tmp_path / "line", tmp_path / "plain"
    line.write_text(SECRET + "\r\n")
    plain.write_text(SECRET)
    for keys in (["--key", f"pass:{SECRET}"], ["--key", line], ["--key", f"file:{plain}"],
                 ["--key", "pass:wrong", "--key", "recovery:1-2", "--key", plain]):
        result = scan(*keys, tree)
        assert f"{tree}/disk.img!bird.txt" in places(result), result
        found = next(f for f in result.findings if f["locator"] == f"{tree}/disk.img!bird.txt")
        assert [hop["kind"] for hop in found["chain"]] == ["file", "luks", "tar"]
        assert not [gap for gap in result.gaps if gap["reason"] == "encrypted"]
        assert SECRET.encode() not in result.stdout


@cryptsetup
def test_a_key_from_a_descriptor(tree, scan, vault):
    shutil.copy(vault[0], tree / "disk.img")
    reader, writer = os.pipe()
    os.write(writer, SECRET.encode() + b"\n")
    os.close(writer)
    result = scan("--key", f"fd:{reader}", tree, pass_fds=[reader])
    os.close(reader)
    assert f"{tree}/disk.img!bird.txt" in places(result)


@cryptsetup
def test_other_key_slots_and_key_files(tmp_path, vault):
    """A second slot, opened by a file of any bytes."""
    path, key = tmp_path / "volume.img", tmp_path / "key"
    shutil.copy(vault[0], path)
    key.write_bytes(bytes(range(256)) * 16 + b"\n")
    tool("cryptsetup", "luksAddKey", *FAST, "--key-slot", "5", "--key-file", "-", path, key, input=SECRET)
    tool("cryptsetup", "luksRemoveKey", "--batch-mode", path, "--key-file", "-", input=SECRET)
    assert not dump(path, "--key", f"pass:{SECRET}")[0]
    members, gaps = dump(path, "--key", key)
    assert [member["sha256"] for member in members] == [digest(vault[1])] and not gaps


@cryptsetup
def test_encrypted_by_cryptsetup_itself(tmp_path):
    """In place; nothing of the ciphertext is ours."""
    path = tmp_path / "volume.img"
    content = content_of(MIB)
    path.write_bytes(content + bytes(33 * MIB))
    tool("cryptsetup", "reencrypt", "--encrypt", "--type", "luks2", "--reduce-device-size", "32M", *FAST,
         "--key-file", "-", path, input=SECRET)
    assert CANARY not in path.read_bytes()
    os.truncate(path, 17 * MIB)
    members, gaps = dump(path, "--key", f"pass:{SECRET}")
    assert [member["sha256"] for member in members] == [digest(content)] and not gaps


@cryptsetup
def test_one_that_is_being_encrypted_anew(tmp_path, vault):
    path = tmp_path / "volume.img"
    shutil.copy(vault[0], path)
    tool("cryptsetup", "reencrypt", "--init-only", *FAST, "--key-file", "-", "--resilience", "none", path,
         input=SECRET)
    members, [(reason, text)] = dump(path, "--key", f"pass:{SECRET}")
    assert not members and reason == "unsupported" and uuid_of(path) in text


@cryptsetup
def test_the_second_header(tmp_path, vault):
    for at in (0, 100, 448, 4096):  # the magic, the label, the sum, the JSON
        path = tmp_path / "volume.img"
        shutil.copy(vault[0], path)
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(b"\xa5" * 64)
        members, gaps = dump(path, "--key", f"pass:{SECRET}")
        assert [member["sha256"] for member in members] == [digest(vault[1])] and not gaps, at


def rewrite(path, change):
    """The JSON of both headers of a LUKS2 volume changed, and their sums put right."""
    data = bytearray(path.read_bytes())
    for at in (0, 16 * KIB):
        text = data[at + 4096:at + 16 * KIB].rstrip(b"\0").decode()
        changed = change(text).encode()
        data[at + 4096:at + 16 * KIB] = changed + bytes(12 * KIB - len(changed))
        data[at + 448:at + 512] = bytes(64)
        data[at + 448:at + 480] = hashlib.sha256(data[at:at + 16 * KIB]).digest()
    path.write_bytes(data)


def changed(key, value):
    return lambda text: re.sub(rf'"{key}":("[^"]*"|[0-9]+)', f'"{key}":{value}', text)


@cryptsetup
@pytest.mark.parametrize("change, reason", [
    (changed("iterations", 2147483647), "timeout"),
    (changed("offset", '"9223372036854775807"'), "truncated"),
    (changed("stripes", 4294967295), "damaged"),
    (changed("stripes", 0), "damaged"),
    (changed("key_size", 100000), "damaged"),
    (changed("key_size", 65), "damaged"),
    (changed("hash", '"whirlpool"'), "unsupported"),
    (changed("encryption", '"serpent-xts-plain64"'), "unsupported"),
    (changed("encryption", '"aes"'), "unsupported"),
    (changed("sector_size", 513), "unsupported"),
    (changed("iv_tweak", '"18446744073709551615"'), "damaged"),
    (lambda text: text[:-1], "damaged"),
    (lambda text: "[" * 12000, "damaged"),
    (lambda text: "{}", "unsupported"),
], ids=range(14))
def test_headers_that_lie(tmp_path, vault, change, reason):
    path = tmp_path / "volume.img"
    shutil.copy(vault[0], path)
    rewrite(path, change)
    members, gaps = dump(path, "--time", "4", "--key", f"pass:{SECRET}")
    assert not members and [gap for gap, _ in gaps] == [reason], gaps


@cryptsetup
def test_memory_and_time_of_argon2(tmp_path):
    path = tmp_path / "volume.img"
    luks(path, [*SMALL, *ARGON, "--pbkdf", "argon2id"])
    whole = path.read_bytes()
    for key, value, option, reason in (("memory", 4294967295, (), "timeout"), ("time", 4294967295, (), "timeout"),
                                       ("memory", 65536, ("--memory", MIB), "limit_memory"),
                                       ("cpus", 0, (), "damaged"), ("cpus", 4294967295, (), "damaged"),
                                       ("memory", 1, (), "damaged")):
        path.write_bytes(whole)
        rewrite(path, changed(key, value))
        members, gaps = dump(path, "--key", f"pass:{SECRET}", *option)
        assert not members and [gap for gap, _ in gaps] == [reason], (key, gaps)
    path.write_bytes(whole)
    assert dump(path, "--key", f"pass:{SECRET}", "--memory", 4 * MIB)[0]


@cryptsetup
def test_a_sweep_gives_up_on_endless_work(tree, scan, tmp_path):
    """2^31 iterations, in all of the eight slots."""
    luks(tree / "disk.img", [*FIRST, *FAST])
    data = bytearray((tree / "disk.img").read_bytes())
    for slot in range(8):
        data[208 + 48 * slot:208 + 48 * slot + 8] = struct.pack(">II", 0x00AC71F3, 0x7fffffff)
    (tree / "disk.img").write_bytes(data)
    result = scan("--key", f"pass:{SECRET}", "--key", "pass:other", "--max-time", "2", tree)
    assert [gap["reason"] for gap in result.gaps] == ["timeout"] and not result.engine_deaths
    assert "LUKS1 volume" in result.gaps[0]["detail"] and result.seconds < 6 * sweep.PATIENCE


@cryptsetup
def test_a_luks_volume_cut_anywhere(tmp_path, vault):
    path = tmp_path / "volume.img"
    whole = vault[0].read_bytes()
    for size in (0, 5, 300, 591, 592, 4096, 9000, 16 * KIB, 20 * KIB, 40 * KIB, 100 * KIB, 300 * KIB, MIB):
        path.write_bytes(whole[:size])
        members, gaps = dump(path, "--key", f"pass:{SECRET}")
        assert not [member for member in members if member["size"]] and (gaps or size < 592 or size == MIB), size
    path.write_bytes(whole[:MIB + 1000])
    assert dump(path, "--key", f"pass:{SECRET}")[0][0]["size"] == SECTOR


# --- BitLocker ------------------------------------------------------------------------------------

BOOT = b"\xeb\x52\x90NTFS    " + struct.pack("<HB", SECTOR, 8)


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    """Protectors of a BitLocker volume, made once: each password is a chain of 2^20 digests."""
    pytest.importorskip("cryptography")
    import bitlocker

    made = bitlocker.Maker()
    made.add_password(SECRET)
    made.numbers = made.add_recovery([0, 1, 65535, 4000, 123, 7731, 600, 11])
    made.bek = tmp_path_factory.mktemp("bitlocker") / "startup.bek"
    made.bek.write_bytes(made.add_startup())
    made.add_tpm()
    return made


def ntfs_like(size=MIB):
    """Noise behind a boot sector that says how large the volume is: libbde wants to know."""
    content = bytearray(random.Random(7).randbytes(size))
    content[:14] = BOOT
    content[40:48] = struct.pack("<Q", size // SECTOR)
    content[510:512] = b"\x55\xaa"
    return bytes(content)


def bitlocker_volume(path, maker, method, content, **keywords):
    import bitlocker

    made = bitlocker.Maker(method)
    made.protectors = maker.protectors
    image, plain = made.build(content, **keywords)
    path.write_bytes(image)
    return plain


@pytest.mark.parametrize("method", range(0x8000, 0x8006), ids=hex)
def test_a_bitlocker_volume(tmp_path, maker, method):
    path = tmp_path / "volume.img"
    plain = bitlocker_volume(path, maker, method, ntfs_like(0x78000))
    members, gaps = dump(path, "--key", "pass:no", "--key", maker.bek)
    assert members == [{"name": "", "size": len(plain), "sha256": digest(plain), "same": True}] and not gaps
    if shutil.which("cryptsetup", path="/usr/sbin:/sbin"):
        tool("cryptsetup", "open", "--type", "bitlk", "--test-passphrase", "--key-file", maker.bek, path)
    try:
        import pybde
    except ImportError:
        return
    if method != 0x8005:  # libbde of 2019 takes no key of 512 bits
        volume = pybde.volume()
        volume.read_startup_key(os.fspath(maker.bek))
        volume.open(os.fspath(path))
        assert volume.read_buffer_at_offset(len(plain), 0) == plain
        volume.close()


def test_what_opens_a_bitlocker_volume(tree, scan, maker, tmp_path):
    path = tree / "volume.img"
    bitlocker_volume(path, maker, 0x8004, content_of(MIB))
    closed = scan(tree)
    detail = closed.gaps[0]["detail"]
    assert [(gap["reason"], gap["locator"]) for gap in closed.gaps] == [("encrypted", os.fspath(path))]
    assert str(maker.guid) in detail and "(till)" in detail and "TPM" in detail and "--key" in detail
    assert re.search(r"recovery password [0-9a-f-]{36}", detail)
    note = tmp_path / "BitLocker Recovery Key.TXT"
    note.write_bytes(f"\ufeffIdentifier:\r\n\r\n\t123456\r\n\r\nKey:\r\n\r\n\t{maker.numbers}\r\n".encode("utf-16-le"))
    line = tmp_path / "line"
    line.write_text(SECRET + "\n")
    for key in (f"recovery:{maker.numbers}", note, line, maker.bek):
        result = scan("--key", key, tree)
        assert f"{path}!bird.txt" in places(result), key
        assert "encrypted" not in {gap["reason"] for gap in result.gaps}
    wrong = maker.numbers.replace("085041", "085052")
    for key in (f"recovery:{wrong}", f"recovery:{maker.numbers[:-1]}", "pass:\udcff"):
        assert [gap["reason"] for gap in scan("--key", key, tree).gaps] == ["encrypted"]


def test_a_suspended_bitlocker_volume(tmp_path, maker):
    """The key lies beside it."""
    import bitlocker

    made = bitlocker.Maker(0x8005)
    made.add_clear()
    image, plain = made.build(ntfs_like())
    (tmp_path / "volume.img").write_bytes(image)
    assert [member["sha256"] for member in dump(tmp_path / "volume.img")[0]] == [digest(plain)]


def test_bitlocker_as_it_may_lie(tmp_path, maker):
    import bitlocker

    path = tmp_path / "volume.img"
    for keywords in ({"to_go": True}, {"guid": bitlocker.USED_ONLY}, {"encrypted": 0x80000, "state": 2},
                     {"copies": (0x80000, 0x21000, 0x50000), "header_at": 0x90000}, {"header_size": 0x4000}):
        plain = bitlocker_volume(path, maker, 0x8004, ntfs_like(), **keywords)
        members, gaps = dump(path, "--key", maker.bek)
        assert [member["sha256"] for member in members] == [digest(plain)] and not gaps, keywords


def test_damaged_bitlocker_metadata(tmp_path, maker):
    path = tmp_path / "volume.img"
    plain = bitlocker_volume(path, maker, 0x8004, ntfs_like())
    whole = path.read_bytes()
    copies = (0x21000, 0x40000, 0x60000)

    def damaged(what, places):
        data = bytearray(whole)
        for at in places:
            data[at:at + len(what)] = what
        path.write_bytes(data)
        return dump(path, "--key", maker.bek)

    noise = random.Random(3).randbytes(4096)
    for lost in ((0, 1), (1, 2), (0, 2)):  # one copy is enough
        members, gaps = damaged(noise, [copies[i] for i in lost])
        assert [member["sha256"] for member in members] == [digest(plain)] and not gaps
    members, gaps = damaged(noise[:200], [copies[i] + 200 for i in (0, 1)])
    assert [member["sha256"] for member in members] == [digest(plain)] and not gaps
    assert damaged(noise, copies) == ([], [("damaged", "BitLocker volume whose metadata makes no sense")])
    assert [reason for reason, _ in damaged(b"\1\0", [copy + 10 for copy in copies])[1]] == ["unsupported"]
    assert [reason for reason, _ in damaged(noise[:300], [copy + 160 for copy in copies])[1]] == ["encrypted"]
    path.write_bytes(b"\xeb\x52\x90-FVE-FS-" + bytes(499) + b"\x55\xaa" + bytes(MIB))
    assert [reason for reason, _ in dump(path)[1]] == ["unsupported"]
    for size in (512, 0x21000, 0x21040, 0x40000):
        path.write_bytes(whole[:size])
        members, gaps = dump(path, "--key", maker.bek)
        assert bool(members) == (size == 0x40000) and bool(gaps) == (size != 0x40000), size


# --- LVM ------------------------------------------------------------------------------------------

import volumes  # noqa: E402

EXTENT = volumes.EXTENT


def extents(count, seed):
    return random.Random(seed).randbytes(count * EXTENT)


def asked(path):
    """What blkid and pvck say of it, where they are."""
    if shutil.which("blkid", path="/usr/sbin:/sbin"):
        assert "LVM2_member" in tool("blkid", "-p", path)
    if shutil.which("pvck", path="/usr/sbin:/sbin"):
        assert "vg {" in tool("pvck", "--dump", "metadata", path)


def names(members):
    return {member["name"]: (member["size"], member["sha256"]) for member in members}


def known(**contents):
    return {f"vg/{name}": (len(content), digest(content)) for name, content in contents.items()}


def test_logical_volumes(tmp_path):
    """Linear, in pieces, striped over one disk, and zeros; a mirror, RAID 1."""
    path = tmp_path / "pv"
    group = volumes.Group()
    striped, segment = volumes.striped, volumes.segment
    group.add("root", striped(0, 2, ("pv0", 5)), striped(2, 3, ("pv0", 0)))
    group.add("fast", striped(0, 4, ("pv0", 8), ("pv0", 12), stripe_size=4096))
    group.add("some", striped(0, 1, ("pv0", 20)), segment(1, 2, "zero"), striped(3, 1, ("pv0", 21)))
    group.add("safe", segment(0, 2, "raid1", device_count=2, region_size=4096,
                              raids='["safe_rmeta_0", 0, "safe_rimage_0", 0, "safe_rmeta_1", 0, "safe_rimage_1", 0]'))
    group.add("old", segment(0, 1, "mirror", mirror_count=1, mirrors='["old_mimage_0", 0]'))
    for name, at, count in (("safe_rmeta_0", 30, 1), ("safe_rimage_0", 31, 2), ("safe_rmeta_1", 33, 1),
                            ("safe_rimage_1", 34, 2), ("old_mimage_0", 36, 1), ("lost", 40, 1)):
        group.add(name, striped(0, count, ("pv0", at)), visible=False)
    image = group.physical("pv0")
    everything = extents(48, 1)
    volumes.put(image, 0, everything)
    path.write_bytes(image)

    def of(at, count):
        return everything[at * EXTENT:(at + count) * EXTENT]

    fast = b"".join(of(leg, 2)[at:at + 4096] for at in range(0, 2 * EXTENT, 4096) for leg in (8, 12))
    contents = {"root": of(5, 2) + of(0, 3), "fast": fast, "some": of(20, 1) + bytes(2 * EXTENT) + of(21, 1),
                "safe": of(31, 2), "old": of(36, 1), "lost": of(40, 1)}
    members, gaps = dump(path)
    assert names(members) == known(**contents) and not gaps
    asked(path)


def test_a_sweep_of_logical_volumes(tree, scan):
    group = volumes.Group()
    group.add("root", volumes.striped(0, 2, ("pv0", 3)))
    image = group.physical("pv0")
    volumes.put(image, 3, content_of(2 * EXTENT))
    (tree / "disk.img").write_bytes(image)
    result = scan(tree)
    assert f"{tree}/disk.img!vg/root!bird.txt" in places(result)
    found = next(f for f in result.findings if f["locator"].endswith("!bird.txt"))
    assert [(hop["kind"], hop.get("name")) for hop in found["chain"][1:]] == [("lvm", "vg/root"), ("tar", "bird.txt")]


def test_what_logical_volumes_cannot_be_had(tmp_path):
    """What they are made of is handed out as it is."""
    path = tmp_path / "pv"
    group = volumes.Group(physicals=["pv0", "pv1"])
    striped, segment = volumes.striped, volumes.segment
    group.add("whole", striped(0, 1, ("pv0", 0)))
    group.add("half", striped(0, 1, ("pv0", 1)), striped(1, 1, ("pv1", 0)))
    group.add("gone", striped(0, 1, ("pv1", 1)))
    group.add("wide", striped(0, 2, ("pv0", 2), ("pv1", 2), stripe_size=4096))
    group.add("safe", segment(0, 1, "raid1", raids='["safe_rimage_0", 0, "safe_rimage_1", 0]'))
    group.add("safe_rimage_0", striped(0, 1, ("pv1", 3)), visible=False)
    group.add("safe_rimage_1", striped(0, 1, ("pv0", 3)), visible=False)
    group.add("thin", segment(0, 1, "thin", thin_pool='"pool"', transaction_id=0, device_id=1))
    group.add("pool", segment(0, 1, "thin-pool", metadata='"pool_tmeta"', pool='"pool_tdata"'))
    group.add("pool_tdata", striped(0, 1, ("pv0", 4)), visible=False)
    image = group.physical("pv0")
    everything = extents(48, 2)
    volumes.put(image, 0, everything)
    path.write_bytes(image)
    members, gaps = dump(path)
    got = names(members)
    assert set(got) == {"vg/whole", "vg/half", "vg/wide", "vg/safe", "vg/pool_tdata"}
    for name, at in (("whole", 0), ("safe", 3), ("pool_tdata", 4)):
        assert got[f"vg/{name}"][1] == digest(everything[at * EXTENT:(at + 1) * EXTENT]), name
    told = {(reason, re.search(r"vg/\w+", text)[0]) for reason, text in gaps if "vg/" in text}
    assert told == {("missing_part", "vg/half"), ("missing_part", "vg/gone"), ("missing_part", "vg/wide"),
                    ("unsupported", "vg/thin"), ("unsupported", "vg/pool")}
    assert all(group.uuid("pv1") in text for reason, text in gaps if reason == "missing_part" and "vg/" in text)


def mbr(*parts):
    """A disk of one partition a MiB boundary each, by the kernel's own type of LVM."""
    image, rows, at = bytearray(volumes.MIB), b"", volumes.MIB
    for part in parts:
        rows += struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x8E, b"\xfe\xff\xff", at // SECTOR, len(part) // SECTOR)
        image += part
        at += len(part)
    image[446:446 + len(rows)] = rows
    image[510:512] = b"\x55\xaa"
    return bytes(image)


def test_a_group_over_two_partitions(tree, scan):
    """Each content once, from whichever partition, and none is missed."""
    group = volumes.Group(physicals=["pv0", "pv1"])
    group.add("half", volumes.striped(0, 1, ("pv1", 4)), volumes.striped(1, 1, ("pv0", 4)))
    content = content_of(2 * EXTENT)
    first, second = group.physical("pv0"), group.physical("pv1")
    volumes.put(second, 4, content[:EXTENT])
    volumes.put(first, 4, content[EXTENT:])
    (tree / "disk.img").write_bytes(mbr(first, second))
    result = scan(tree)
    assert [place for place in places(result) if place.endswith("!bird.txt") and "!bytes" not in place] == [
        f"{tree}/disk.img!p1!vg/half!bird.txt"]
    assert "missing_part" not in {gap["reason"] for gap in result.gaps}
    mute = group.physical("pv1", areas=False)  # keeps no description of its own
    volumes.put(mute, 4, content[:EXTENT])
    for parts in ((first, mute), (mute, first)):
        (tree / "disk.img").write_bytes(mbr(*parts))
        result = scan(tree)
        assert any(place.endswith("!vg/half!bird.txt") for place in places(result))
        assert "missing_part" not in {gap["reason"] for gap in result.gaps}
    (tree / "disk.img").write_bytes(mbr(mute))
    assert "missing_part" in {gap["reason"] for gap in scan(tree).gaps}
    # Two partitions that say the same of themselves: nobody leaves it to the other.
    (tree / "disk.img").write_bytes(mbr(second, first, first))
    result = scan(tree)
    assert {place.split("!")[1] for place in places(result) if place.endswith("!vg/half!bird.txt")} >= {"p1"}


def test_descriptions_of_groups(tmp_path):
    """Round the end of the area; a newer one; none that is whole."""
    path = tmp_path / "pv"
    group = volumes.Group()
    group.add("root", volumes.striped(0, 1, ("pv0", 3)))
    content = extents(1, 3)
    for at in (512, 0x2000, volumes.MIB - 4096 - 512):
        image = group.physical("pv0", at=at)
        volumes.put(image, 3, content)
        path.write_bytes(image)
        assert names(dump(path)[0]) == known(root=content)
        asked(path)
    for at, size in ((4096, 4), (4100, 8), (4096 + 48, 4), (4096 + 0x2000, 1)):
        image = group.physical("pv0")
        image[at:at + size] = b"\xa5" * size
        path.write_bytes(image)
        members, [(reason, text)] = dump(path)
        assert not members and reason == "damaged" and "description" in text


@pytest.mark.parametrize("change", [
    (b"extent_count = 1", b"extent_count = 0"), (b"extent_count = 1", b"extent_count = 18446744073709551615"),
    (b"start_extent = 0", b"start_extent = 1"), (b'"pv0", 3', b'"pv0", 18446744073709551615'),
    (b'"pv0", 3', b'"pv0", 1000000'), (b'"pv0", 3', b'"root", 0'), (b'"pv0", 3', b'"pv0"'), (b'"pv0", 3', b"3, 3"),
    (b"extent_size = 128", b"extent_size = 0"), (b"extent_size = 128", b"extent_size = 99999999999999999999"),
    (b"pe_start = 2048", b"pe_start = 36028797018963967"), (b"logical_volumes {", b"logical_volumes {{"),
    (b"stripe_count", b"a { b { c { d { e { f { g"), (b"}\n}", b"}"), (b'"striped"', b'"striped'),
    (b'"striped"', b'"raid1"\nraids = ["root", 0]'), (b'"striped"', b'"mirror"\nmirrors = ["none", 0]'),
], ids=range(17))
def test_groups_that_lie(tmp_path, change):
    path = tmp_path / "pv"
    group = volumes.Group()
    group.add("root", volumes.striped(0, 1, ("pv0", 3)))
    text = group.text()
    assert change[0] in text
    path.write_bytes(group.physical("pv0", text=text.replace(*change, 1)))
    members, gaps = dump(path)
    assert not members and len(gaps) == 1 and gaps[0][0] in ("damaged", "truncated"), gaps


def test_a_physical_volume_cut_anywhere(tmp_path):
    path = tmp_path / "pv"
    group = volumes.Group()
    group.add("root", volumes.striped(0, 4, ("pv0", 3)))
    image = group.physical("pv0")
    for size in (512, 1023, 1024, 2048, 4096, 4500, 0x3000, 0x3100, volumes.MIB, volumes.MIB + 3 * EXTENT,
                 volumes.MIB + 4 * EXTENT, volumes.MIB + 7 * EXTENT - 1):
        path.write_bytes(image[:size])
        members, gaps = dump(path)
        assert size < 1024 or gaps, size
        assert bool(members) == (size > volumes.MIB + 3 * EXTENT)


# --- software RAID --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_member_of_raid_1(tmp_path, version):
    path = tmp_path / "member"
    content = content_of(MIB)
    path.write_bytes(volumes.raid_member(content, version))
    members, gaps = dump(path)
    assert names(members) == {"host7:0": (len(content), digest(content))} and not gaps
    if shutil.which("blkid", path="/usr/sbin:/sbin"):
        assert "linux_raid_member" in tool("blkid", "-p", path)
    os.truncate(path, MIB + 1000)
    assert [reason for reason, _ in dump(path)[1]] == ["truncated"]
    data = bytearray(path.read_bytes())
    data[(0 if version == "1.1" else 4096) + 40] ^= 1  # the checksum
    path.write_bytes(data)
    assert dump(path) == ([], [])


def test_other_raid_is_named(tree, scan):
    content = content_of(2 * MIB)
    images = {"five": volumes.raid_member(content, level=5, disks=3),
              "zero": volumes.raid_member(content, "1.0", level=0, disks=2), "old": volumes.raid_old(content),
              "linear": volumes.raid_member(content, level=-1, disks=2)}
    for name, image in images.items():
        (tree / name).write_bytes(image)
        if shutil.which("blkid", path="/usr/sbin:/sbin"):
            assert "linux_raid_member" in tool("blkid", "-p", tree / name)
    result = scan(tree)
    told = {gap["locator"]: gap["detail"] for gap in result.gaps if "Linux RAID" in gap["detail"]}
    assert set(told) == {f"{tree}/{name}" for name in images}
    assert "RAID 5 of 3 devices" in told[f"{tree}/five"] and "metadata 0.90" in told[f"{tree}/old"]
    assert {place.split("!")[0] for place in places(result)} == set(told)  # and searched as they lie
    assert all(gap["reason"] in ("unsupported", "damaged") for gap in result.gaps)
    (tree / "five").write_bytes(volumes.raid_member(content))
    assert f"{tree}/five!host7:0!bird.txt" in places(scan(tree))


# --- all of them ----------------------------------------------------------------------------------


def test_bits_that_are_flipped(tree, scan, maker, vault):
    """In what describes volumes: the sweep goes on, says what it could not have, and no worker dies."""
    group = volumes.Group(size=2 * MIB)
    group.add("root", volumes.striped(0, 4, ("pv0", 3)), volumes.segment(4, 1, "zero"))
    image = group.physical("pv0")
    volumes.put(image, 3, content_of(4 * EXTENT))
    bitlocker_volume(tree / "bitlocker", maker, 0x8004, ntfs_like(0x78000))
    shutil.copy(vault[0], tree / "luks2")
    (tree / "lvm").write_bytes(image)
    (tree / "raid").write_bytes(volumes.raid_member(content_of(MIB)))
    chance = random.Random(7731)
    parts = {"bitlocker": [(0, 512), (0x21000, 0x400)], "luks2": [(0, 0x180), (0x1000, 0x300)],
             "lvm": [(512, 200), (4096, 100), (0x3000, 0x300)], "raid": [(4096, 0x110)]}
    for name, places_of in parts.items():
        whole = (tree / name).read_bytes()
        for number in range(8):
            data = bytearray(whole)
            for _ in range(1 + number % 3):
                start, size = chance.choice(places_of)
                data[start + chance.randrange(size)] ^= 1 << chance.randrange(8)
            (tree / f"{name}-{number}").write_bytes(data)
    result = scan("--key", maker.bek, tree)
    assert not result.engine_deaths and result.end["objects"]["scanned"] == 36
    assert {os.fspath(tree / "lvm!vg/root!bird.txt"), os.fspath(tree / "raid!host7:0!bird.txt")} <= places(result)
    assert ("encrypted", f"{tree}/luks2") in {(gap["reason"], gap["locator"]) for gap in result.gaps}
