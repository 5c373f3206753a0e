"""The forms of marks, held to what they say of themselves."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.matching.reading import patterns
from episodarr.matching.reading.fold import lowered
from episodarr.matching.reading.patterns import Form


def forms_with_needs() -> Iterator[Form]:
    seen = set()
    for value in vars(patterns).values():
        for form in value if isinstance(value, tuple) else (value,):
            if isinstance(form, Form) and form.needs and form.pattern not in seen:
                seen.add(form.pattern)
                yield form


@pytest.mark.parametrize("form", list(forms_with_needs()))
def test_whatever_a_pattern_matches_has_one_of_the_needs_of_its_form(form: Form) -> None:
    @given(st.from_regex(form.pattern))
    def each(text: str) -> None:
        assert form.found_in(text)

    each()


@given(st.text())
def test_lower_case_leaves_every_character_in_its_place(text: str) -> None:
    assert len(lowered(text)) == len(text)
