"""Every place that silences a checker is counted and explained in one list, tests/ignores.toml."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"# (noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?|pragma: no (?:cover|branch))")


def marks() -> Counter[tuple[str, str]]:
    """How often each file silences each check."""
    found: Counter[tuple[str, str]] = Counter()
    for folder in ("src", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != Path(__file__):
                name = path.relative_to(ROOT).as_posix()
                found.update((name, mark.strip()) for mark in MARK.findall(path.read_text("utf-8")))
    return found


def test_the_list_of_ignores_is_complete_and_true() -> None:
    listed = tomllib.loads((ROOT / "tests" / "ignores.toml").read_text("utf-8"))
    counted = {(name, entry["mark"]): entry["count"] for name, entries in listed.items() for entry in entries}
    assert counted == dict(marks())
    assert all(entry["reason"] for entries in listed.values() for entry in entries)


def test_nothing_is_left_out_of_the_coverage() -> None:
    assert [mark for _, mark in marks() if mark.startswith("pragma")] == []
