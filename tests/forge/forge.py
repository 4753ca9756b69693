#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Forges a small tree of harmless samples for the built-in rules.

    forge.py DIRECTORY      makes the tree there (what is there is replaced)

Each sample holds the strings that a rule looks for and nothing that could run:
the strings stand in comments, or in a line that ends before it is whole, and
payloads are missing altogether. Beside them lie clean look-alikes: files that
share names or one string with the real thing and must not be found.

The strings are put together from pieces here, so that this file itself matches
no rule. Only Python's standard library is used.
"""

import base64
import pathlib
import shutil
import sys

NOTE = "inert sample for testing a scanner; it holds strings only and cannot run"


def join(*pieces):
    return "".join(pieces)


LOADER = join("import os, subprocess, ", "sys; subprocess.", "Popen([sys.", "executable")
DECODE = join("exec(base64.", "b64decode('", "aW1wb3J0")
IMPORTS = join("import os,sys,", "stat,subprocess,glob")
IMDS = join("=== IMDS ", "ROLE CREDENTIALS ===")
K8S = join("=== K8S ", "SECRETS ns=")
KEY_HEADER = "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA"  # in every RSA-4096 key
KEY_FIRST = join("vahaZDo8", "mucujrT15ry+")
KEY_SECOND = join("08qNLwm3kxzFSMj84M16lmIEeQA8u1X8", "DGK0EmNg7m3J6C3KzFeIzvz0UTgSq6cV")
KEY_LAST = join("rn3JMF0xZyXN", "RpQ/fZZxl40CAwEAAQ==")
C2_RAW = join("https://check", "marx.zone/raw")
STATE = join("/tmp/", ".pg_state")
TARGET = join("/tmp/", "pglog")
CANISTER = join("tdtqy-oyaaa-", "aaaae-af2dq-cai")
UPLOAD = join("X-Filename: ", "tpcp.tar.gz")


def pth_loader():
    """The start-up line, cut off inside an open bracket: Python refuses it."""
    return f"{LOADER}  # {NOTE}: {DECODE}\n"


def collector():
    return f"# {NOTE}\n# {IMPORTS}\n# {IMDS}\n# {K8S}\n"


def collector_packed():
    """The collector's first line in base64, without anything after it."""
    once = base64.b64encode(IMPORTS.encode()[:33]).decode()
    return f"# {NOTE}\n# {once}\n# {UPLOAD}\n"


def sysmon():
    return f'# {NOTE}\n# C_URL = "{C2_RAW}"\n# TARGET = "{TARGET}"\n# STATE = "{STATE}"\n'


def rsa_key():
    return f"# {NOTE}: two of its lines\n# {KEY_HEADER}{KEY_FIRST}\n# {KEY_SECOND}\n"


def rsa_key_packed():
    """The same two lines inside one layer of base64."""
    return f"# {NOTE}\n# {base64.b64encode(rsa_key().encode()).decode()}\n"


def canister():
    return f"// {NOTE}\n// {CANISTER}\n// {STATE}\n"


SITE = "home/dev/venv/lib/python3.11/site-packages"

# path -> (content, names of the rules that find it)
BAD = {
    f"{SITE}/litellm_init.pth": (pth_loader, {"litellm_pth_loader"}),
    f"{SITE}/litellm/proxy/collect.py": (collector, {"litellm_collector"}),
    f"{SITE}/litellm/proxy/packed.py": (collector_packed, {"litellm_collector_packed"}),
    "home/dev/.config/sysmon/sysmon.py": (sysmon, {"litellm_sysmon_backdoor"}),
    "srv/ci/entrypoint.sh": (rsa_key, {"teampcp_rsa_key"}),
    "srv/ci/packed.txt": (rsa_key_packed, {"teampcp_rsa_key"}),
    "srv/app/node_modules/@example/sdk/index.js": (canister, {"canisterworm_canister_c2"}),
}

CLEAN = {
    f"{SITE}/distutils-precedence.pth":
        "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; os.environ.get(var, 'local')\n",
    f"{SITE}/virtualenv.pth": "import _virtualenv\n",
    f"{SITE}/litellm/__init__.py": '"""A clean package of the same name."""\n',
    f"{SITE}/tool/collect.py": "import os, sys, stat, subprocess, glob\n",
    "etc/systemd/system/sysmon.service":
        "[Unit]\nDescription=Honest system monitor\n[Service]\nExecStart=/usr/bin/true\n",
    "srv/ci/public.pem":
        f"-----BEGIN PUBLIC KEY-----\n{KEY_HEADER}{'q' * 20}\n-----END PUBLIC KEY-----\n",
    "srv/doc/advisory.md":
        f"# Advisory\n\nBlock `{CANISTER}` and `{C2_RAW}`. The key begins `{KEY_HEADER}{KEY_FIRST}`."
        f"\nThe implant keeps its state below /tmp. Its source begins `{IMPORTS}`.\n\n"
        "Whoever installed one of the two releases should treat every credential on that machine "
        "as known to others, and replace it from another machine.\n",
    "srv/app/node_modules/left-pad/index.js": "module.exports = (s, n) => s.padStart(n);\n",
    "srv/empty": "",
}

# Larger than the limit that the demonstration gives: a gap.
LARGE = ("srv/backup/too-large.img", 2 * 1024 * 1024)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def forge(root):
    """Makes the tree below `root`. Returns {relative path: {rule, ...}} of what
    is to be found; everything else in the tree is clean."""
    root = pathlib.Path(root)
    for name, (make, _) in BAD.items():
        write(root / name, make())
    for name, text in CLEAN.items():
        write(root / name, text)
    large = root / LARGE[0]
    large.parent.mkdir(parents=True, exist_ok=True)
    large.write_bytes(bytes(LARGE[1]))
    return {name: set(rules) for name, (_, rules) in BAD.items()}


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 64
    root = pathlib.Path(arguments[0])
    marker = root / ".forged"
    if root.exists():
        if not marker.exists():
            print(f"forge.py: {root} exists and was not made by forge.py", file=sys.stderr)
            return 2
        shutil.rmtree(root)
    root.mkdir(parents=True)
    marker.touch()
    forge(root)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
