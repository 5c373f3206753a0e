"""What a newcomer may rely on: rooms of a size, and a map at the door of each large one."""

import ast
import re
from pathlib import Path

import pytest

import episodarr

PACKAGE = Path(episodarr.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if not path.name.startswith("__"))
FOLDERS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))
LARGE = 6
"""A folder with so many parts names each of them in its docstring."""


def parts_of(folder: Path) -> list[str]:
    modules = (path.stem for path in folder.glob("*.py") if not path.name.startswith("__"))
    return sorted([*modules, *(other.name for other in FOLDERS if other.parent == folder)])


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_neither_a_line_nor_a_book(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert 10 < lines <= 350


@pytest.mark.parametrize(
    "folder",
    [folder for folder in FOLDERS if len(parts_of(folder)) >= LARGE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_large_folder_names_its_parts(folder: Path) -> None:
    map_of_it = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    names = set(re.findall(r"\w+", map_of_it or ""))
    assert set(parts_of(folder)) - names == set()
