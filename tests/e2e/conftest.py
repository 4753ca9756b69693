# SPDX-License-Identifier: Apache-2.0
"""What the tests share: a place to work in, rules to find things with, and
the choice of what runs where."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "forge"))

import sweep  # noqa: E402

CANARY = b"sweeper-canary-7731"

RULES = """
rule Canary : test harmless {
    meta:
        severity = "high"
        family = "canary"
        author = "the tests"
        weight = 7
        sure = true
    strings:
        $a = "sweeper-canary-7731"
    condition:
        $a
}
rule CanaryLow {
    meta:
        severity = "low"
    strings:
        $a = "sweeper-lowbird-7731"
    condition:
        $a
}
rule CanaryInfo {
    meta:
        severity = "info"
    strings:
        $a = "sweeper-infobird-7731"
    condition:
        $a
}
"""


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; once, and not under sanitizers")
    config.addinivalue_line("markers", "long: takes very long; by hand only")
    config.addinivalue_line("markers", "plain: says nothing about a build with sanitizers")
    config.addinivalue_line("markers", "threads: about threads, though its file is not")


# What these try runs on one thread, or is data: under ThreadSanitizer, where a
# start takes seconds, they would take most of an hour and say nothing new.
NOT_ABOUT_THREADS = {"test_decoded", "test_incident", "test_indicators", "test_intelligence",
                     "test_precision", "test_rules_pack", "test_rules_test", "test_rules_verb",
                     "test_samples", "test_schema", "test_suppress", "test_selftest", "test_archive_equality",
                     "test_parts", "test_unpack_hostile", "test_bases", "test_ci", "test_images",
                     "test_image_targets", "test_sarif", "test_stores", "test_syslog", "test_targets",
                     "test_disk", "test_disk_apfs", "test_disk_damage", "test_disk_equality", "test_disk_known", "test_disk_ext", "test_disk_forms",
                     "test_disk_images", "test_disk_relics", "test_disk_volumes", "test_disk_xfs", "test_report",
                     "test_source_dump", "test_layer_cache", "test_help", "test_matrix",
                     # of others, these
                     "test_a_record_of_more_than_16_mib", "test_a_record_of_many_rows_stays_within_memory",
                     "test_everything_equals_yara", "test_each_file_of_rules_alone", "test_mime_equals_the_module_magic",
                     "test_many_at_once", "test_all_kinds_in_one_sweep",
                     "test_entrypoint_equals_one_yara_process_a_file", "test_externals_equal_yara_with_constants"}


def pytest_collection_modifyitems(items):
    for item in items:
        about_threads = "threads" in item.originalname or item.get_closest_marker("threads")
        if (sweep.SANITIZER == "tsan" and not about_threads
                and NOT_ABOUT_THREADS & {item.path.stem, item.originalname}):
            item.add_marker(pytest.mark.skip(reason="not about threads"))
        if sweep.LEAN and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow, and this is the lean set"))
        if not sweep.LONG and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes very long: SWEEPER_TEST_SET=long"))
        if sweep.SANITIZER and item.get_closest_marker("plain"):
            item.add_marker(pytest.mark.skip(reason=f"means nothing under {sweep.SANITIZER}"))


@pytest.fixture
def place():
    """An empty directory that everybody may enter. rm(1) takes it away: it can
    delete what is too deep for shutil."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-e2e-"))
    path.chmod(0o755)
    yield path
    remove = ["rm", "-rf", "--one-file-system", path]
    if subprocess.run(remove, stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["chmod", "-R", "u+rwX", path], stderr=subprocess.DEVNULL)
        subprocess.run(remove, check=True)


@pytest.fixture
def tree(place):
    """An empty directory to sweep, with nothing else beside it."""
    path = place / "tree"
    path.mkdir()
    return path


@pytest.fixture
def rules(place):
    """A file with three harmless rules: Canary (high), CanaryLow, CanaryInfo."""
    path = place / "canary.yar"
    path.write_text(RULES)
    return path


@pytest.fixture
def scan(rules):
    """scan(*args): sweeps with the canary rules only."""

    def call(*args, **keywords):
        return sweep.scan("--no-builtin-rules", "--rules", rules, *args, **keywords)

    return call


@pytest.fixture
def worldly(place):
    """A copy of the program that any user may run, and where coverage data may go."""
    path = place / "sweeper"
    shutil.copy(sweep.SWEEPER, path)
    path.chmod(0o755)
    data = place / "gcov"
    data.mkdir()
    data.chmod(0o777)
    return {"binary": os.fspath(path), "env": {"GCOV_PREFIX": os.fspath(data)}}


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can")
