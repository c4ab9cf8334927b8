"""Every place that silences a checker says why, in a comment behind the mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"# (noqa\b|type: ignore\b|pragma: no (?:cover|branch))(.*)")
WITH_REASON = re.compile(r"(?:: [A-Z0-9, ]+|\[[\w, -]+\])  # \w.{8,}")


def find_marks() -> Iterator[tuple[str, str, str]]:
    """File and line, kind and rest of each mark."""
    for folder in ("src", "tests", "deploy"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path == Path(__file__):
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                for kind, rest in MARK.findall(line):
                    yield f"{path.relative_to(ROOT).as_posix()}:{number}", kind, rest


def test_every_mark_names_its_rule_and_gives_a_reason() -> None:
    assert [place for place, _, rest in find_marks() if not WITH_REASON.fullmatch(rest)] == []


def test_nothing_is_left_out_of_the_coverage() -> None:
    assert [place for place, kind, _ in find_marks() if kind.startswith("pragma")] == []
