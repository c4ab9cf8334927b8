"""The worked cases of fixtures/cases: expected values come from the text of the law, by hand."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

import cases
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.conformance.kit import find_differences
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.wording import LANGUAGES

KINDS: tuple[Kind, ...] = get_args(Kind)
ROWS = [pytest.param(kind, row, id=f"{kind}:{row['id']}") for kind in KINDS for row in cases.rows(kind)]


@pytest.mark.parametrize(("kind", "row"), ROWS)
def test_a_worked_case(kind: Kind, row: dict[str, str], rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    case = cases.case(kind, row)
    request = parse_flat(kind, case.facts)
    if row["problem"]:
        with pytest.raises(LawRefuses) as refused:
            calculate(request, rulebook, calendar)
        assert refused.value.code == row["problem"]
        return
    answers = [cases.as_json(calculate(request, rulebook, calendar, lang=lang)) for lang in LANGUAGES]
    for answer in answers:
        assert find_differences(case, answer) == []


def test_each_row_has_an_id_of_its_own_and_a_source() -> None:
    for kind in KINDS:
        rows = cases.rows(kind)
        assert [name for name, times in Counter(row["id"] for row in rows).items() if times > 1] == []
        assert [row["id"] for row in rows if not row["source"].strip()] == []


def test_every_row_of_the_law_has_a_case(rulebook: Rulebook) -> None:
    for kind, subject, table in (
        ("penalty", "violation", rulebook.violations),
        ("deadline", "step", rulebook.steps),
        ("expiry", "term", rulebook.terms),
    ):
        covered = {row[subject] for row in cases.rows(kind)}  # type: ignore[arg-type]  # the kind is one of three
        assert set(table) - covered == set()


def test_every_tier_of_the_law_has_a_case(rulebook: Rulebook) -> None:
    covered = {(row["violation"], row["tier"]) for row in cases.rows("penalty")}
    tiers = {(name, tier) for name, versions in rulebook.violations.items() for one in versions for tier in one.tiers}
    assert tiers - covered == set()
