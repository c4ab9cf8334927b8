"""Amended law for tests: a copy of law/ and wording/ with a text replaced."""

from __future__ import annotations

import shutil
from pathlib import Path

from penaltycalc import Rulebook, load_rulebook
from penaltycalc.rules.rulebook import PACKAGE


def copy(folder: Path) -> None:
    """Put a copy of law/ and wording/ into the folder."""
    for room in ("law", "wording"):
        shutil.copytree(PACKAGE / room, folder / room)


def patch(folder: Path, file: str, text: str, replacement: str) -> None:
    """Replace a text that stands exactly once in a file."""
    path = folder / file
    content = path.read_text("utf-8")
    assert content.count(text) == 1
    path.write_text(content.replace(text, replacement), "utf-8")


def load(folder: Path) -> Rulebook:
    """The rulebook of the folder."""
    return load_rulebook(folder / "law", folder / "wording")


def amended(folder: Path, file: str, text: str, replacement: str) -> Rulebook:
    """The packaged law with one text replaced."""
    copy(folder)
    patch(folder, file, text, replacement)
    return load(folder)
