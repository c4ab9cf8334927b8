"""The result of a check as text for a terminal: what was checked, what differs, the totals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby

from msgspec import UNSET

from penaltycalc.conformance.kit import Conformance, Installation
from penaltycalc.rules.wording import Wording


def format_report(result: Conformance, wording: Wording) -> str:
    """Write a result as text: what was checked, each difference with its source, the totals."""
    label = partial(wording.label, "conform")
    lines = [label("of").format(of=label("here") if result.url is UNSET else result.url)]
    for installation in result.installations:
        lines += _format_installation(installation, result.package, wording)
    if len(result.installations) > 1:
        lines.append(label("several").format(number=len(result.installations)))
    lines.append(f"  {label('kit')} {wording.add_remarks(result.kit, _compare_kits(result, wording))}")
    lines += _format_differences(result, wording)
    for skipped in result.left_out:
        lines.append(
            label("left_out").format(
                case=skipped.case, fields=wording.label("heading", "list_separator").join(skipped.fields)
            )
        )
    if result.left_out:
        lines.append(label("left_out_why"))
    counts = {"cases": result.cases, "agreeing": result.agreeing, "left_out": len(result.left_out)}
    sentence = label("agrees" if result.agrees else "differs")
    return "\n".join([*lines, sentence.format(**counts, differing=result.cases - result.agreeing)])


def _format_installation(installation: Installation, package: Installation, wording: Wording) -> Iterator[str]:
    """Write version and digests of an installation, each beside that of the package that compares."""
    for name in Installation.__struct_fields__:
        value, expected = getattr(installation, name), getattr(package, name)
        code = "same" if value == expected else "other"
        comparison = wording.label("conform", code).format(here=expected)
        yield f"  {wording.label('conform', name)} {wording.add_remarks(str(value), [comparison])}"


def _compare_kits(result: Conformance, wording: Wording) -> list[str]:
    """Say how the deployment's own kit compares with the one used; nothing where no deployment was checked."""
    if result.url is UNSET:
        return []
    if result.kit_there is UNSET:
        return [wording.label("conform", "kit_none")]
    code = "same" if result.kit_there == result.kit else "kit_other"
    return [wording.label("conform", code).format(there=result.kit_there)]


def _format_differences(result: Conformance, wording: Wording) -> Iterator[str]:
    """Write the cases that differ: the values that do, and the source of the expected ones."""
    # groupby joins neighbours only. That is enough: all differences of a case follow each other.
    for case, differences in groupby(result.differences, key=lambda difference: difference.case):
        values = list(differences)
        yield case
        for value in values:
            facts = {"field": value.field, "expected": value.expected, "got": value.got}
            yield f"  {wording.label('conform', 'difference').format(**facts)}"
        yield f"  {wording.label('conform', 'source').format(source=values[0].source)}"
