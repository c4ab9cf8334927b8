"""Reads the worked cases of fixtures/cases: one row, one test, named by its id."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from penaltycalc.calculators.calculate import Answer, Kind
from penaltycalc.conformance.kit import NOTHING, Case
from penaltycalc.input.flat import list_flat_fields
from penaltycalc.rules.citations import Citation

CASES = Path(__file__).parent.parent / "fixtures" / "cases"
FILES: dict[Kind, str] = {"penalty": "penalties.csv", "deadline": "deadlines.csv", "expiry": "expiries.csv"}


def rows(kind: Kind) -> list[dict[str, str]]:
    """The rows of a kind's file."""
    with (CASES / FILES[kind]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts(kind: Kind, row: dict[str, str]) -> dict[str, str]:
    """The flat facts of a row: what is not empty."""
    return {name: row[name] for name in list_flat_fields(kind) if row.get(name)}


def case(kind: Kind, row: dict[str, str]) -> Case:
    """A row as a case of the kit; `-` is `none` there, which no spreadsheet takes for a formula."""
    expected = list(row)[list(row).index("problem") + 1 : -1]
    return Case(
        id=row["id"],
        kind=kind,
        facts=facts(kind, row),
        problem=row["problem"],
        expected={name: NOTHING if row[name] == "-" else row[name] for name in expected if row[name]},
        source=row["source"],
    )


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as a client sees it."""
    import json

    from penaltycalc import encode_answer

    decoded: dict[str, Any] = json.loads(encode_answer(answer))
    return decoded


def write_citation(citation: Citation) -> str:
    """A citation as the sources of the cases write it, with the id of its instrument: `dar 79¶1(4)`."""
    paragraph = f"¶{citation.paragraph}" if isinstance(citation.paragraph, int) else ""
    item = f"({citation.item})" if isinstance(citation.item, int) else ""
    return f"{citation.instrument} {citation.article}{paragraph}{item}"
