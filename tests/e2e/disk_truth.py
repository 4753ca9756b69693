# SPDX-License-Identifier: Apache-2.0
"""What is in a disk image: as a sweep sees it, and as programs see it that are not ours. Both
sides are {(path, size, SHA-256)}; paths are bytes that begin with a slash."""

import base64
import hashlib
import os
import random
import shutil
import subprocess

import disks
import sweep

RULE = "rule every { condition: true }\n"


# --- folders to make images of ----------------------------------------------------------------

SIZES = (0, 1, 100, 511, 512, 513, 1023, 1025, 4095, 4096, 4097, 12288, 65537)


def content(number, size):
    """Text in which nothing is encoded, packed or found, and no two files are the same."""
    line = b"file %d has lines of nothing in particular, one after the other\n" % number
    return (line * (size // len(line) + 1))[:size]


def names(kind, number, dice):
    """A name, of a kind that the file system allows."""
    which = disks.KINDS[kind].names
    odd = dice.randrange(12)
    if odd == 0:
        return f"{number}-" + "long" * (46 if kind.startswith("fat") else 58 if which != "windows" else 50)
    if odd == 1:
        return f"{number} with spaces, 'quotes' & more.txt"
    if odd == 2 and which == "bytes":
        return os.fsdecode(b"%d-\xff\xfe-no-utf8" % number)
    if odd == 3 and which == "bytes":
        return f"{number}\nline\\back\"slash"
    if odd == 4:
        return f"{number}-\u65e5\u672c\u8a9e-\u03a9.bin"
    if odd == 5 and which != "windows":
        return f".{number} hidden:colon" if which == "bytes" else f".{number} hidden"
    if odd == 6:
        return f"UPPER{number}.TXT"
    return f"f{number:05}.dat"


def populate(tree, kind, count, seed=1):
    """Folders in folders, one of them large, with `count` files."""
    dice = random.Random(seed)
    folders = [tree, tree / "large"]
    for number in range(max(4, count // 40)):
        parent = dice.choice(folders if number % 5 else folders[-1:])
        folders.append(parent / f"d{number}")
        if len(folders[-1].parts) - len(tree.parts) > 9:
            folders.pop()
    for folder in folders[1:]:
        folder.mkdir(parents=True, exist_ok=True)
    features, made = disks.KINDS[kind].features, []
    for number in range(count):
        folder = folders[1] if number % 3 == 0 else dice.choice(folders)
        path = folder / names(kind, number, dice)
        if "links" in features and made and number % 23 == 0:
            os.link(dice.choice(made), path)
            continue
        if "sparse" in features and number % 29 == 0:
            with open(path, "wb") as file:
                file.write(content(number, 5000))
                file.seek(dice.choice((300_000, 1_234_567)))
                file.write(b"end of a file with a hole")
                file.truncate(file.tell() + dice.choice((0, 77_777)))
            continue
        path.write_bytes(content(number, dice.choice(SIZES)))
        made.append(path)


# --- both sides -------------------------------------------------------------------------------

def of_folder(top):
    """Every regular file below a folder."""
    seen = set()
    for folder, _, files in os.walk(os.fsencode(top)):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                seen.add((path[len(os.fsencode(top)):], os.path.getsize(path), digest))
    return seen


def of_sweep(image, rule, *options, binary=None):
    """What the sweep has looked at, deleted files left out, and its gaps. One hop below the file
    system only: what lies in archives is not a file of it."""
    rule.write_text(RULE)
    result = sweep.scan("--no-builtin-rules", "--rules", rule, "--fail-on", "never", *options, image, binary=binary,
                        timeout=1200)
    seen = set()
    for finding in result.findings:
        hops = [hop for hop in finding["chain"][1:] if hop["kind"] not in ("file-system", "volume")]
        last = finding["chain"][-1]
        path = hop_name(last)
        if len(hops) == 1 and path.startswith(b"/") and not last.get("deleted"):
            seen.add((path, finding["object"]["size"], finding["object"]["sha256"]))
    return seen, result


def hop_name(hop):
    if "name_base64" in hop:
        return base64.b64decode(hop["name_base64"], validate=True)
    return sweep.unescape(hop.get("name") or "")


def by_debugfs(image, place):
    out = place / "rdump"
    out.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump / {out}", image], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return of_folder(out)


def by_7z(image, place):
    out = place / "7z"
    done = subprocess.run(["7z", "x", "-y", f"-o{out}", image], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done.stderr[-1000:]
    return of_folder(out)


def by_ntfs_3g(image, place):
    """Names as 7z lists them, content as ntfscat reads it: 7z cannot read what is sparse."""
    done = subprocess.run(["7z", "l", "-slt", "-ba", image], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done.stderr[-1000:]
    seen = set()
    for entry in done.stdout.decode("utf-8", "surrogateescape").split("\n\n"):
        rows = dict(line.split(" = ", 1) for line in entry.splitlines() if " = " in line)
        if rows.get("Folder") != "-" or rows["Path"].startswith(("[SYSTEM]", "$")):
            continue
        data = subprocess.run(["ntfscat", "-f", image, "/" + rows["Path"]], capture_output=True, check=True).stdout
        seen.add((os.fsencode("/" + rows["Path"]), len(data), hashlib.sha256(data).hexdigest()))
    return seen


def by_mcopy(image, place):
    out = place / "mcopy"
    out.mkdir()
    done = subprocess.run(["mcopy", "-i", image, "-s", "-Q", "-n", "::/*", out], env=disks.MTOOLS,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done.stderr[-1000:]
    return of_folder(out)


def own(seen, kind):
    """Without the volume's name, which 7z puts in front, and without tables of exFAT itself."""
    if kind == "hfsplus":
        return {(path.removeprefix(b"/forged"), *rest) for path, *rest in seen}
    return {row for row in seen if kind != "exfat" or row[0] not in (b"/$ALLOC_BITMAP", b"/$UPCASE_TABLE")}


def independent(kind, image, place, tree):
    """(which program, what it sees). Of exFAT and UFS no program but The Sleuth Kit reads the
    content without mounting, and debugfs reads 60 bytes of every file that lies in its inode:
    there it is the folder that the image was made of."""
    if kind.startswith("ext") and kind != "ext4-inline":
        name, seen = "debugfs", by_debugfs(image, place)
    elif kind.startswith("fat"):
        name, seen = "mcopy", by_mcopy(image, place)
    elif kind == "ntfs" and shutil.which("7z"):
        name, seen = "ntfscat", by_ntfs_3g(image, place)
    elif kind == "hfsplus" and shutil.which("7z"):
        name, seen = "7z", by_7z(image, place)
    else:
        name, seen = "the folder it was made of", of_folder(tree)
    return name, own(seen, kind)
