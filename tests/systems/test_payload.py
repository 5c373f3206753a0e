"""Typed decoding either gives the declared shape or says where it does not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.systems.payload import convert, decode, describe_non_json


class Item(msgspec.Struct):
    id: int
    name: str | None = None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_decodes_the_declared_fields_and_ignores_the_rest() -> None:
    assert decode("series", b'[{"id": 3, "other": {}}]', list[Item]) == [Item(3)]


def test_names_the_place_and_the_fault() -> None:
    with pytest.raises(BadPayload) as caught:
        decode("series", b'[{"id": 1}, {"id": "x"}]', list[Item])
    assert caught.value.path == "$[1].id"
    assert str(caught.value) == (
        "series: unexpected answer: Expected `int`, got `str` (at $[1].id)"
    )


def test_an_item_keeps_its_place_in_the_whole_answer() -> None:
    with pytest.raises(BadPayload) as caught:
        decode("series", b"{}", Item, at="$[41]")
    assert caught.value.path == "$[41]"
    with pytest.raises(BadPayload) as caught:
        convert("series", {"id": None}, Item, at="$[7].body")
    assert caught.value.path == "$[7].body.id"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "an empty body"),
        (b"  \n", "an empty body"),
        (b"<!doctype html><title>\n Sign in </title>", 'an HTML page titled "Sign in"'),
        (b"\xef\xbb\xbf<html>", "an HTML page instead"),
        (b'[{"id": 1}, {"id', "ends early, after 16 bytes"),
        (b"Fails.", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'[{"id": 1, "x": ' + b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_json_is_named(body: bytes, says: str) -> None:
    with pytest.raises(BadPayload, match=says) as caught:
        decode("series", body, list[Item])
    assert caught.value.path == ""


def test_a_page_without_a_title_is_still_a_page() -> None:
    assert "HTML page instead of JSON" in describe_non_json(b"<html><body>502</body></html>")


@given(st.binary(max_size=40) | JSON.map(msgspec.json.encode))
def test_never_raises_anything_but_bad_payload(body: bytes) -> None:
    try:
        items = decode("series", body, list[Item])
    except BadPayload:
        return
    assert all(isinstance(item.id, int) for item in items)


@given(JSON)
def test_converting_never_raises_anything_but_bad_payload(value: object) -> None:
    try:
        item = convert("status", value, Item)
    except BadPayload:
        return
    assert isinstance(item.id, int)
