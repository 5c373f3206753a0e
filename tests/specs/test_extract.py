"""The stored facts are those of the specifications, and hold what the tests compare."""

from pathlib import Path

import pytest

from tests.specs import FOLDER, JELLYFINS, SEERRS, SONARR, check, load, named
from tests.specs.__main__ import REFERENCE
from tests.specs.extract import facts, text_of


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the specifications are not beside this project")
def test_the_stored_facts_are_what_the_specifications_say() -> None:
    for name in (SONARR, *JELLYFINS, *SEERRS):
        stored = Path(FOLDER / f"{name}.json").read_text(encoding="utf-8")
        assert text_of(facts(name, REFERENCE)) == stored, f"{name}: run `python -m tests.specs`"


@pytest.mark.parametrize("name", [SONARR, *JELLYFINS, *SEERRS])
def test_every_schema_that_another_names_is_stored(name: str) -> None:
    schemas = load(name)["components"]["schemas"]
    assert len(schemas) > 10
    for schema in schemas:
        with pytest.raises(AssertionError):
            check(name, named(schema), object())
