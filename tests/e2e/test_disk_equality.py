# SPDX-License-Identifier: Apache-2.0
"""What a sweep sees of a file system is what other programs see: the same paths, sizes and
SHA-256. Small images; bench/disk_equality.py has those of thousands of files."""

import shutil

import pytest
import sweep

import disk_truth
import disks

KINDS = [kind for kind in disks.KINDS if not disks.missing(kind)]
COUNT = 90 if sweep.LEAN else 150


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_files_as_another_program_sees(kind, place):
    tree, image = place / "tree", place / "host7.img"
    tree.mkdir()
    disk_truth.populate(tree, kind, COUNT)
    disks.make(kind, image, tree)
    made = disk_truth.of_folder(tree)
    program, theirs = disk_truth.independent(kind, image, place, tree)
    ours, result = disk_truth.of_sweep(image, place / "every.yar")
    ours = disk_truth.own(ours, kind)
    assert len(theirs) >= COUNT and theirs == made, f"{program} does not see what was put in"
    assert sorted(ours ^ theirs)[:5] == [], f"{len(ours - theirs)} more, {len(theirs - ours)} fewer than {program}"
    assert result.gaps == [] and result.engine_deaths == []
    shutil.rmtree(tree)
