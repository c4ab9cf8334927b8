"""The conformance kit: worked cases with what the law has them answered, and how an answer is compared.

One CSV file, which the service hands out, so that an office can prove an installation: a row a case.
Its id stands in `ref`, its facts stand in the columns of a batch; a batch of the whole file is answered
beside what is expected. That stands in columns `x_…`: `none` is expected to be absent, empty is not
looked at; lists are separated by spaces, codes with `!` before them must not come; `x_problem` is the
code of the refusal. `x_source` says from which provision, and how, the values were worked out by hand.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc._version import __version__
from penaltycalc.batch.table import PASSTHROUGH_PREFIX, unescape_formula
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BrokenLaw, LawRefuses
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook

KIT: Final = Path(__file__).with_name("conformance.csv")
NOTHING: Final = "none"
"""What is expected to be absent, or empty."""
OF_DAYS: Final[dict[Kind, tuple[str, ...]]] = {
    "penalty": (),
    "deadline": ("due", "status", "earliest", "latest", "days_used", "days_left", "days_overdue", "notices"),
    "expiry": ("review_fits_until", "notices"),
}
"""What rests on which days are working days, and so on the holiday notices of an installation."""
UNREADABLE: Final = "unreadable"

ReportedAnswer = Mapping[str, Any]
"""What an installation said to a case: an answer as JSON has it, or `problem` with the code of its refusal."""


class Case(NamedTuple):
    """A worked case: its facts in flat form, and what is expected, by field; `problem` is empty where it is answered.

    `expected` holds only what is looked at. `source` begins with the provision.
    """

    id: str
    kind: Kind
    facts: dict[str, str]
    problem: str
    expected: dict[str, str]
    source: str

    @property
    def projected(self) -> bool:
        """Whether days that are not announced yet decide on what is expected."""
        return "projected" in (self.expected.get("status"), *self.expected.get("notices", "").split())


class Kit(NamedTuple):
    """The cases, and the digest that tells whether two installations have the same ones."""

    digest: str
    cases: tuple[Case, ...]


class Difference(Record, frozen=True, kw_only=True):
    """One value that is not as expected, with the provision that it was worked out from."""

    case: str
    field: str
    expected: str
    got: str
    source: str


class Skipped(Record, frozen=True, kw_only=True):
    """The fields of a case that cannot be compared: the installation knows other days than the package."""

    case: str
    fields: tuple[str, ...]


class Installation(Record, frozen=True, kw_only=True):
    """What answers rest on: package version, digest of the law data, digest of the days."""

    engine: str
    rulebook: str
    calendar: str


class Conformance(Record, frozen=True, kw_only=True):
    """How an installation stands to the kit.

    `agrees` where nothing differs and all answers came from one installation. `cases` counts all,
    `agreeing` those without a difference. `package` is what compares, `installations` what answered:
    several, where an upgrade is only half done. `kit` is the digest of the cases compared, `kit_there`
    that of the deployment's own, absent where it has none or none was asked.
    """

    url: str | UnsetType = UNSET
    agrees: bool
    cases: int
    agreeing: int
    differences: tuple[Difference, ...]
    left_out: tuple[Skipped, ...]
    kit: str
    kit_there: str | UnsetType = UNSET
    package: Installation
    installations: tuple[Installation, ...]


# -------------------------------------------------------------------------------------------- the kit


@cache
def read_kit(path: Path = KIT) -> bytes:
    """The kit as it is handed out; BrokenLaw where it is missing."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise BrokenLaw(path.name, "-", fault.strerror or str(fault)) from None


def digest_kit(content: bytes) -> str:
    """SHA-256 of a kit as it is handed out."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def load_kit(path: Path = KIT) -> Kit:
    """The kit, read; BrokenLaw, naming file and case, where it cannot be."""
    content = read_kit(path)
    try:
        rows = list(csv.DictReader(StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BrokenLaw(path.name, "-", str(fault)) from None
    return Kit(digest_kit(content), tuple(_case(path.name, row) for row in rows))


def _case(name: str, row: dict[str, Any]) -> Case:
    try:
        cells = {column: unescape_formula(text) for column, text in row.items() if text}
        kind = next(kind for kind in CALCULATIONS if kind == cells["kind"])
        expected = {
            column.removeprefix(PASSTHROUGH_PREFIX): text
            for column, text in cells.items()
            if column.startswith(PASSTHROUGH_PREFIX)
        }
        return Case(
            id=cells["ref"],
            kind=kind,
            facts={fact: cells[fact] for fact in list_flat_fields(kind) if fact in cells and fact != "ref"},
            source=expected.pop("source"),
            problem=expected.pop("problem", ""),
            expected=expected,
        )
    except (AttributeError, KeyError, StopIteration, TypeError):
        raise BrokenLaw(name, str(row.get("ref")), "no case") from None


# ----------------------------------------------------------------------------------------- comparing


def find_differences(case: Case, told: ReportedAnswer, left_out: Collection[str] = ()) -> list[Difference]:
    """What an installation says otherwise than the case expects, but for the fields `left_out`."""
    refused = str(told.get("problem", ""))
    found: list[tuple[str, str, str]]
    if case.problem or refused:
        found = [] if refused == case.problem else [("problem", case.problem or NOTHING, refused or NOTHING)]
    else:
        try:
            found = list(_unlike(case, told, left_out))
        except (AttributeError, IndexError, KeyError, TypeError):  # an answer of another shape
            found = [("answer", case.kind, UNREADABLE)]
    return [
        Difference(case=case.id, field=field, expected=expected, got=got, source=case.source)
        for field, expected, got in found
    ]


def _unlike(case: Case, told: ReportedAnswer, left_out: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Field, expected value and given value of what differs; an error of any look-up for another shape."""
    shown = _shown(told)
    for field, expected in case.expected.items():
        if field in left_out:
            continue
        if field == "notices":
            codes = _codes(told)
            wrong = [code for code in expected.split() if code.startswith("!") == (code.removeprefix("!") in codes)]
            yield from ((field, code, " ".join(codes) or NOTHING) for code in wrong)
        elif not _same(field, shown[field], expected):
            yield field, expected, shown[field]


def _same(field: str, shown: str, expected: str) -> bool:
    """Whether a value is the one expected; measures in any order."""
    return sorted(shown.split()) == sorted(expected.split()) if field == "measures" else shown == expected


def find_skipped_fields(case: Case, told: ReportedAnswer, calendar: str) -> tuple[str, ...]:
    """The fields of a case that rest on other days there than here, whose calendar has the digest `calendar`.

    Supplied notices settle what is projected here, and may correct what was announced; where days
    decide on an answer, it may then rightly be another one.
    """
    installation = _installation(told)
    if installation is None or installation.calendar == calendar:
        return ()
    if not (case.projected or "supplied" in _codes(told)):
        return ()
    return tuple(field for field in case.expected if field in OF_DAYS[case.kind])


def compare_answers(
    answers: Iterable[tuple[Case, ReportedAnswer]],
    kit: Kit,
    package: Installation,
    *,
    url: str | UnsetType = UNSET,
    kit_there: str | UnsetType = UNSET,
) -> Conformance:
    """How all answers stand to their cases."""
    found: list[Difference] = []
    left_out: list[Skipped] = []
    seen: dict[Installation, None] = {}
    for case, told in answers:
        installation = _installation(told)
        if installation is not None:
            seen[installation] = None
        fields = find_skipped_fields(case, told, package.calendar)
        if fields:
            left_out.append(Skipped(case=case.id, fields=fields))
        found += find_differences(case, told, fields)
    return Conformance(
        url=url,
        agrees=not found and len(seen) == 1,
        cases=len(kit.cases),
        agreeing=len(kit.cases) - len({difference.case for difference in found}),
        differences=tuple(found),
        left_out=tuple(left_out),
        kit=kit.digest,
        kit_there=kit_there,
        package=package,
        installations=tuple(seen),
    )


def _codes(told: ReportedAnswer) -> list[str]:
    """The codes of an answer's notices; none where it has not the shape of one."""
    notices = told.get("notices")
    given = notices if isinstance(notices, list) else []
    return sorted({str(notice.get("code")) for notice in given if isinstance(notice, dict)})


def _installation(told: ReportedAnswer) -> Installation | None:
    """What an answer says that it rests on; None for a refusal, and where it does not say."""
    try:
        return Installation(**{name: str(told["provenance"][name]) for name in Installation.__struct_fields__})
    except (KeyError, TypeError):
        return None


# --------------------------------------------------------------------------------- this installation


def describe_installation(rulebook: Rulebook, calendar: WorkingCalendar) -> Installation:
    """What this package answers from, with that calendar."""
    return Installation(engine=__version__, rulebook=rulebook.digest, calendar=calendar.digest)


def answer_case(case: Case, rulebook: Rulebook, calendar: WorkingCalendar) -> ReportedAnswer:
    """What this installation says to a case."""
    try:
        answer = calculate(parse_flat(case.kind, case.facts), rulebook, calendar)
    except LawRefuses as error:
        return {"problem": error.code}
    told: ReportedAnswer = msgspec.json.decode(encode_answer(answer))
    return told


def check(kit: Kit, rulebook: Rulebook, calendar: WorkingCalendar, package: Installation) -> Conformance:
    """How this installation stands to the kit; `package` is what it would answer from without supplied notices."""
    return compare_answers(((case, answer_case(case, rulebook, calendar)) for case in kit.cases), kit, package)


def encode_case(case: Case) -> bytes:
    """The facts of a case as the body of a single calculation."""
    return encode_answer(parse_flat(case.kind, case.facts))


# ------------------------------------------------------------------------------ values of an answer


def _shown(told: ReportedAnswer) -> dict[str, str]:
    show = {"penalty": _penalty, "deadline": _deadline, "expiry": _expiry}[told["kind"]]
    return {field: _text(value) for field, value in show(told).items()}


def _text(value: object) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _penalty(told: ReportedAnswer) -> dict[str, Any]:
    outcome = told.get("outcome", {})
    fine = (outcome.get("fine") if told["determined"] else told.get("fine")) or {}
    basis = fine.get("basis", {})
    measures = outcome.get("measures", [])
    running: ReportedAnswer = next((measure for measure in measures if "length" in measure), {})
    person = (outcome.get("persons") or [{}])[0]
    limitation = told.get("limitation", {})
    return {
        "determined": told["determined"],
        "missing_facts": told.get("missing_facts"),
        "tier": outcome.get("tier"),
        "authority": outcome.get("authority"),
        "fine_minimum": fine.get("minimum"),
        "fine_maximum": fine.get("maximum"),
        "deemed_value": basis.get("deemed_value"),
        "deemed_value_applied": basis.get("deemed_value_applied"),
        "alternatives": "; ".join(_alternative(one) for one in told.get("alternatives", [])),
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


def _alternative(outcome: ReportedAnswer) -> str:
    """What is assumed and the fine that follows: `tier/activity=minimum..maximum`, `=none`, `=?` where open."""
    assumed = "/".join(outcome[name] for name in ("tier", "activity", "scope") if name in outcome)
    fine = outcome["fine"]
    if fine is None:
        return f"{assumed}={NOTHING}"
    if fine["maximum"] is None:
        return f"{assumed}=?"
    return f"{assumed}={fine['minimum'] or ''}..{fine['maximum']}"


def _measure(measure: ReportedAnswer) -> str:
    """A measure as its codes, e.g. `confiscation:drugs,illegal_gains`."""
    parts = [measure["kind"]]
    if measure.get("within_time_limit"):
        parts.append("within_time_limit")
    parts += [",".join(measure[name]) for name in ("objects", "licences", "activities") if name in measure]
    if measure["kind"] == "filing_cancelled":
        parts.append(measure["scope"])
    if "length" in measure:
        parts.append(f"{measure['length']['years']}y")
    return ":".join(parts)


def _deadline(told: ReportedAnswer) -> dict[str, Any]:
    days = told.get("days", {})
    return {
        **{name: told.get(name) for name in ("due", "status", "earliest", "latest")},
        **{f"days_{name}": days.get(name) for name in ("length", "unit", "used", "left", "overdue")},
        "lapse_effect": told.get("on_lapse", {}).get("effect"),
    }


def _expiry(told: ReportedAnswer) -> dict[str, Any]:
    renewal = told.get("renewal", {})
    dates = ("latest_by_licensing_law", "apply_by", "review_fits_until")
    return {
        **{name: told.get(name) for name in ("last_day", "ended_early", "days_left")},
        **told["by_convention"],
        **{name: renewal.get(name) for name in dates},
        "renewed_by": renewal.get("renewed_by", {}).get("authority"),
    }
