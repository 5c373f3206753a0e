"""Packed files are what was packed."""

from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import EpisodeFileId
from episodarr.model.library import EpisodeFile
from episodarr.systems.sonarr.packed_files import PackedFiles
from tests.builders import NOW

files = st.builds(
    EpisodeFile,
    file_id=st.integers(1, 2**63 - 1).map(EpisodeFileId),
    path=st.text(),
    size_bytes=st.integers(0, 2**63 - 1),
    added_at=st.none() | st.just(NOW),
)


@given(st.lists(files, max_size=20, unique_by=lambda file: file.file_id))
def test_packed_files_equal_those_that_were_packed(listed: list[EpisodeFile]) -> None:
    by_id = {file.file_id: file for file in listed}
    packed = PackedFiles(by_id)
    assert packed == by_id
    assert list(packed) == list(by_id)
    assert list(packed.values()) == listed
    assert len(packed) == len(by_id)
    assert packed.get(EpisodeFileId(-1)) is None
    assert all(packed[file_id] == file for file_id, file in by_id.items())
