"""The report of a conformance run as text: what was compared, what differs, and the sum."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from penaltycalc import Rulebook
from penaltycalc.conformance.kit import Conformance, Difference, Installation, Skipped
from penaltycalc.conformance.report import format_report

PACKAGE = Installation(engine="1.0", rulebook="sha256:law", calendar="sha256:days")
OTHER = Installation(engine="0.9", rulebook="sha256:law", calendar="sha256:days")
DIFFERENCES = (
    Difference(case="a-1", field="due", expected="2026-11-05", got="2026-11-06", source="Art. 1"),
    Difference(case="a-1", field="days_left", expected="3", got="4", source="Art. 1"),
    Difference(case="b-2", field="last_day", expected="2028-02-29", got="", source="Art. 2"),
)


def english_report(rulebook: Rulebook, conformance: Conformance) -> str:
    return format_report(conformance, rulebook.wordings["en"])


def test_an_installation_that_agrees_is_reported_in_a_few_lines(rulebook: Rulebook) -> None:
    conformance = Conformance(
        agrees=True,
        cases=2,
        agreeing=2,
        differences=(),
        left_out=(),
        kit="sha256:kit",
        package=PACKAGE,
        installations=(PACKAGE,),
    )
    assert english_report(rulebook, conformance).splitlines() == [
        "Checked: this installation",
        "  Version 1.0 (as here)",
        "  Law data sha256:law (as here)",
        "  Calendar sha256:days (as here)",
        "  Cases sha256:kit",
        "Agrees: 2 cases, all as expected, 0 of them compared in part.",
    ]


def test_differences_are_grouped_by_case_with_their_source(rulebook: Rulebook) -> None:
    conformance = Conformance(
        url="http://127.0.0.1:1",
        agrees=False,
        cases=3,
        agreeing=1,
        differences=DIFFERENCES,
        left_out=(Skipped(case="c-3", fields=("due", "latest")),),
        kit="sha256:kit",
        kit_there="sha256:other",
        package=PACKAGE,
        installations=(OTHER, PACKAGE),
    )
    report = english_report(rulebook, conformance)
    lines = report.splitlines()
    assert lines[0] == "Checked: http://127.0.0.1:1"
    assert "  Version 0.9 (here 1.0)" in lines
    assert lines.index("a-1") < lines.index("b-2")
    assert lines.count("a-1") == 1
    assert "c-3: due, latest" in report
    assert "sha256:other" in report


@pytest.mark.parametrize("kit_there", ["sha256:kit", None])
def test_the_cases_of_a_deployment_are_compared_with_those_here(rulebook: Rulebook, kit_there: str | None) -> None:
    conformance = Conformance(
        url="http://127.0.0.1:1",
        agrees=True,
        cases=1,
        agreeing=1,
        differences=(),
        left_out=(),
        kit="sha256:kit",
        package=PACKAGE,
        installations=(PACKAGE,),
        kit_there=UNSET if kit_there is None else kit_there,
    )
    wording = rulebook.wordings["en"]
    text = wording.label("conform", "kit_none" if kit_there is None else "same")
    assert f"sha256:kit ({text})" in english_report(rulebook, conformance)
