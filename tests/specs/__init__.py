"""Names and types of official specifications: what the tests compare answers and requests with.

`python -m tests.specs` writes the files anew from the specifications in the reference folder. Only what
is compared is taken, without any text for people.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator

FOLDER = Path(__file__).parent
SONARR = "sonarr-v3"
JELLYFINS = ("jellyfin-10.11.11", "jellyfin-12.0.0")
SEERRS = ("jellyseerr-2.7.3", "seerr-3.1.0")


@cache
def load(name: str) -> dict[str, Any]:
    """The facts of one specification, shaped like it."""
    facts = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(facts, dict)
    return facts


def schema_of(name: str, path: str) -> dict[str, Any]:
    """The schema of the answer to a GET of this path."""
    schema = load(name)["paths"][path]["schema"]
    assert isinstance(schema, dict)
    return schema


def named(schema: str) -> dict[str, Any]:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{schema}"}


def parameters_of(name: str, path: str) -> set[str]:
    """The names of the parameters that a GET of this path takes."""
    return set(load(name)["paths"][path]["parameters"])


def check(name: str, schema: dict[str, Any], answer: object) -> None:
    """Fails with what of an answer the schema does not allow."""
    whole = {**schema, "components": load(name)["components"]}
    errors = sorted(OAS30Validator(whole).iter_errors(answer), key=str)
    assert not errors, "\n".join(f"{list(e.absolute_path)}: {e.message[:200]}" for e in errors[:5])
