"""Folder of a path, and containment, for paths as one system spells them."""


def parent_of(path: str) -> str:
    """The folder that a path lies in; empty where it lies in none."""
    trimmed = path.rstrip("/\\")
    cut = max(trimmed.rfind("/"), trimmed.rfind("\\"))
    return trimmed[:cut] if cut > 0 else ""


def is_below(path: str, folder: str) -> bool:
    """Whether a path lies below a folder."""
    prefix = folder.rstrip("/\\")
    return path.startswith((f"{prefix}/", f"{prefix}\\"))
