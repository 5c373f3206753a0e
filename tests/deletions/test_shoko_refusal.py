"""Shoko may remove missing files only where nearly all files of every import folder are there."""

import pytest

from episodarr.deletions.rescans import shoko_refusal
from episodarr.model.check import ImportFolder
from episodarr.model.deletion_log import RescanResult

WHOLE = ImportFolder(name="whole", accessible_count=500, sampled_count=500)


@pytest.mark.parametrize(
    ("accessible", "sampled", "is_refused"),
    [
        (1_000, 1_000, False),
        (950, 1_000, False),
        (949, 1_000, True),
        (1, 1_000, True),
        (0, 1_000, True),
        (0, 1, True),
        (18, 19, True),
        (19, 20, False),
        (0, 0, False),
    ],
)
def test_one_folder_that_lost_a_part_of_its_files_refuses_all(
    accessible: int, sampled: int, *, is_refused: bool
) -> None:
    """One accessible file among a thousand let the removal wipe a share that was half away."""
    other = ImportFolder(name="other", accessible_count=accessible, sampled_count=sampled)
    for folders in ((WHOLE, other), (other, WHOLE)):
        refusal = shoko_refusal(5, folders)
        assert refusal is (RescanResult.REFUSED_FOLDERS if is_refused else None)


def test_a_shoko_without_folders_and_one_that_would_change_mylist_are_refused() -> None:
    assert shoko_refusal(5, ()) is RescanResult.REFUSED_FOLDERS
    assert shoko_refusal(4, (WHOLE,)) is RescanResult.REFUSED_VERSION
