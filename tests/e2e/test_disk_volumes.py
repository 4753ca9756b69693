# SPDX-License-Identifier: Apache-2.0
"""Volumes inside disk images: LVM, LUKS, BitLocker, software RAID, and the keys that open them."""

import os
import signal

import pytest
import sweep

SECRET = "quite a secret 7731"


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
