"""Amended law for tests: a copy of law/ and wording/ with a text replaced."""

from __future__ import annotations

import re
import shutil
from datetime import date
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


def replace_violation(folder: Path, violation: str, rows: str) -> None:
    """Put rows of the Regulation in place of all versions of a violation, however many the packaged law has."""
    path = folder / "law" / "regulation.toml"
    first, *blocks = re.split(r"(?m)^(?=\[\[(?:violation|step|term)\]\]$)", path.read_text("utf-8"))
    others = [block for block in blocks if f'id = "{violation}"\n' not in block]
    path.write_text(first + "".join(others) + rows, "utf-8")


def set_checked_on(folder: Path, day: date) -> None:
    """Say of all files that they were checked on that day."""
    for path in (folder / "law").glob("*.toml"):
        path.write_text(re.sub(r"(?m)^checked_on = .*$", f"checked_on = {day}", path.read_text("utf-8")), "utf-8")
