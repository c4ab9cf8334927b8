"""Reads the worked cases of fixtures/cases: one row, one test, named by its id."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penaltycalc.calculations import Answer, Kind
from penaltycalc.flat import flat_fields

CASES = Path(__file__).parent.parent / "fixtures" / "cases"
FILES: dict[Kind, str] = {"penalty": "penalties.csv", "deadline": "deadlines.csv", "expiry": "expiries.csv"}


def rows(kind: Kind) -> list[dict[str, str]]:
    """The rows of a kind's file."""
    with (CASES / FILES[kind]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts(kind: Kind, row: dict[str, str]) -> dict[str, str]:
    """The flat facts of a row: what is not empty."""
    return {name: row[name] for name in flat_fields(kind) if row.get(name)}


def differences(kind: Kind, row: dict[str, str], answer: dict[str, Any]) -> Iterator[str]:
    """What an answer shows otherwise than the row expects; `-` expects nothing, empty expects no particular thing."""
    for column, shown in _shown(kind, answer).items():
        expected = row[column]
        if not expected:
            continue
        if column == "measures":
            agrees = sorted(shown.split()) == sorted(expected.split()) if shown != "-" else expected == "-"
        else:
            agrees = shown == expected
        if not agrees:
            yield f"{column}: expected {expected}, got {shown}"
    codes = {notice["code"] for notice in answer["notices"]}
    for code in row["notices"].split():
        if code.startswith("!") == (code.removeprefix("!") in codes):
            yield f"notices: expected {code}, got {' '.join(sorted(codes))}"


def _shown(kind: Kind, answer: dict[str, Any]) -> dict[str, str]:
    show = {"penalty": _penalty, "deadline": _deadline, "expiry": _expiry}[kind]
    return {column: _text(value) for column, value in show(answer).items()}


def _text(value: object) -> str:
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _penalty(answer: dict[str, Any]) -> dict[str, Any]:
    outcome = answer.get("outcome", {})
    fine = (outcome.get("fine") if answer["determined"] else answer.get("fine")) or {}
    basis = fine.get("basis", {})
    measures = outcome.get("measures", [])
    running: dict[str, Any] = next((measure for measure in measures if "length" in measure), {})
    person = (outcome.get("persons") or [{}])[0]
    limitation = answer.get("limitation", {})
    return {
        "determined": answer["determined"],
        "missing_facts": answer.get("missing_facts"),
        "tier": outcome.get("tier"),
        "authority": outcome.get("authority"),
        "fine_minimum": fine.get("minimum"),
        "fine_maximum": fine.get("maximum"),
        "deemed_value": basis.get("deemed_value"),
        "deemed_value_applied": basis.get("deemed_value_applied"),
        "alternatives": "; ".join(_alternative(one) for one in answer.get("alternatives", [])),
        "measures": [_measure(measure) for measure in measures],
        "bar_last_day": running.get("last_day"),
        "bar_first_free_day": running.get("first_free_day"),
        "person_fine_minimum": person.get("fine", {}).get("minimum"),
        "person_fine_maximum": person.get("fine", {}).get("maximum"),
        "person_ban_last_day": person.get("ban", {}).get("last_day"),
        "limitation_two_years": limitation.get("two_years", {}).get("last_day"),
        "limitation_five_years": limitation.get("five_years", {}).get("last_day"),
        "limitation_applies": limitation.get("applies"),
        "limitation_barred": limitation.get("barred"),
    }


def _alternative(outcome: dict[str, Any]) -> str:
    assumed = "/".join(outcome[name] for name in ("tier", "activity", "scope") if name in outcome)
    fine = outcome["fine"]
    if fine is None:
        return f"{assumed}=none"
    if fine["maximum"] is None:
        return f"{assumed}=?"
    return f"{assumed}={fine['minimum'] or ''}..{fine['maximum']}"


def _measure(measure: dict[str, Any]) -> str:
    parts = [measure["kind"]]
    if measure.get("within_time_limit"):
        parts.append("within_time_limit")
    parts += [",".join(measure[name]) for name in ("objects", "licences", "activities") if name in measure]
    if measure["kind"] == "filing_cancelled":
        parts.append(measure["scope"])
    if "length" in measure:
        parts.append(f"{measure['length']['years']}y")
    return ":".join(parts)


def _deadline(answer: dict[str, Any]) -> dict[str, Any]:
    days = answer.get("days", {})
    return {
        **{name: answer.get(name) for name in ("due", "status", "earliest", "latest")},
        **{name: days.get(name) for name in ("length", "unit", "used", "left", "overdue")},
        "on_lapse": answer.get("on_lapse", {}).get("effect"),
    }


def _expiry(answer: dict[str, Any]) -> dict[str, Any]:
    renewal = answer.get("renewal", {})
    dates = ("latest_by_licensing_law", "apply_by", "review_fits_until")
    return {
        **{name: answer.get(name) for name in ("last_day", "ended_early", "days_left")},
        **answer["by_convention"],
        **{name: renewal.get(name) for name in dates},
        "renewed_by": renewal.get("renewed_by", {}).get("authority"),
    }


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as a client sees it."""
    import json

    from penaltycalc import encode_answer

    decoded: dict[str, Any] = json.loads(encode_answer(answer))
    return decoded
