"""The conformance kit: the worked cases of fixtures/cases as the one file that the package carries.

Run as a script, it writes src/penaltycalc/conformance.csv anew.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import get_args

import cases
from penaltycalc.batch.table import FACT_COLUMNS, escape_formula
from penaltycalc.calculators.calculate import Kind
from penaltycalc.conformance.kit import Case
from penaltycalc.conformance.kit_file import KIT


def all_cases() -> list[Case]:
    """The cases of all files, in their order."""
    return [cases.case(kind, row) for kind in get_args(Kind) for row in cases.rows(kind)]


def content() -> bytes:
    """The kit: a column for each fact, then one for each expected value (RFC 4180, UTF-8)."""
    given = all_cases()
    expected = dict.fromkeys(field for case in given for field in case.expected if field != "notices")
    columns = [*dict.fromkeys(["kind", "ref", *FACT_COLUMNS]), "x_problem", *(f"x_{field}" for field in expected)]
    text = StringIO(newline="")
    writer = csv.DictWriter(text, [*columns, "x_notices", "x_source"], restval="")
    writer.writeheader()
    writer.writerows({name: escape_formula(cell) for name, cell in _row(case).items()} for case in given)
    return text.getvalue().encode()


def _row(case: Case) -> dict[str, str]:
    expected = {f"x_{field}": value for field, value in case.expected.items()}
    known = {"kind": case.kind, "ref": case.id, "x_problem": case.problem, "x_source": case.source}
    return {**known, **case.facts, **expected}


if __name__ == "__main__":
    KIT.write_bytes(content())
