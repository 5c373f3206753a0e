"""A random operator: at each verdict it agrees with the disk and with what Jellyfin lists.

A failure prints the seed and all that was done. `python -m tests.operator SEED OPERATIONS` does it
again, or does more of it.
"""

from pathlib import Path

import pytest

from tests.operator.run import operate

OPERATIONS = 30


@pytest.mark.parametrize("seed", range(1, 3))
async def test_whatever_an_operator_does_no_verdict_is_false(tmp_path: Path, seed: int) -> None:
    await operate(seed, OPERATIONS, tmp_path)
