"""`copy.replace` of Python 3.13, until that is the oldest: of dataclasses and of msgspec's structs."""

import dataclasses
from typing import Any, cast

import msgspec


def replace[T](record: T, /, **changes: object) -> T:
    """The record with other values in these fields."""
    if isinstance(record, msgspec.Struct):
        return cast("T", msgspec.structs.replace(record, **changes))
    return cast("T", dataclasses.replace(cast("Any", record), **changes))
