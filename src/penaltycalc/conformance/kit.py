"""The conformance kit: worked cases with the answers that the law requires, and how an answer is compared.

The kit is one CSV file, a row a case, which the service hands out so that an office can check an installation.
`ref` holds the id of the case; the facts stand in the columns of a batch, so that the whole file can be sent as a
batch and comes back with the answers beside the expected values. Those stand in columns `x_…`. `none` means that
the value must be absent; an empty cell is not compared. Elements of lists are separated by spaces; a code of a
notice with `!` before it must not be there. `x_problem` is the code of the refusal that is expected. `x_source` says
from which provision, and how, the values were worked out by hand.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
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
from penaltycalc.conformance.kit_file import KIT, read_kit
from penaltycalc.errors import BrokenLaw, LawRefuses, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook

NOTHING: Final = "none"
"""The expected value of what must be absent or empty."""
FIELDS_OF_WORKING_DAYS: Final[dict[Kind, tuple[str, ...]]] = {
    "penalty": (),
    "deadline": (
        "due",
        "status",
        "earliest",
        "latest",
        "days_used",
        "days_left",
        "days_overdue",
        "lapse_effective_on",
        "notices",
    ),
    "expiry": ("review_fits_until", "notices"),
}
"""The fields that depend on which days are working days, and so on the holiday notices of an installation."""
UNREADABLE: Final = "unreadable"

ReportedAnswer = Mapping[str, Any]
"""What an installation answered to a case: the decoded JSON, or `problem` with the code of its refusal."""


class Case(NamedTuple):
    """A worked case: its facts in flat form, and the expected values by field.

    `problem` is the code of the expected refusal, empty where an answer is expected. `expected` holds only fields
    that are compared. `source` begins with the provision.
    """

    id: str
    kind: Kind
    facts: dict[str, str]
    problem: str
    expected: dict[str, str]
    source: str

    @property
    def is_projected(self) -> bool:
        """Whether the expected values depend on days that are not announced yet."""
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
    """The result of checking an installation against the kit.

    `agrees` where nothing differs and all answers came from one installation. `cases` counts all cases,
    `agreeing` those without a difference, `left_out` names what could not be compared. `package` is the
    installation that compares, `installations` are those that answered: several where an upgrade is only half
    done. `kit` is the digest of the cases compared, `kit_there` that of the deployment's own kit, absent where
    it has none or no deployment was checked.
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


def digest_kit(content: bytes) -> str:
    """Return the SHA-256 of a file of a kit."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def load_kit(path: Path = KIT) -> Kit:
    """Read and parse the kit; BrokenLaw, naming file and case, where that fails."""
    content = read_kit(path)
    try:
        rows = list(csv.DictReader(StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BrokenLaw(path.name, "-", describe_fault(fault)) from None
    return Kit(digest_kit(content), tuple(_parse_case(path.name, row) for row in rows))


def _parse_case(name: str, row: dict[str, Any]) -> Case:
    try:
        cells = {column: unescape_formula(text) for column, text in row.items() if text}
        # next() gives the literal type that CALCULATIONS has; StopIteration where the kind is none.
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
    except (AttributeError, KeyError, StopIteration, TypeError):  # a row with too few or too many cells, too
        raise BrokenLaw(name, str(row.get("ref")), Reason("fault-no-case")) from None


# ----------------------------------------------------------------------------------------- comparing


def find_differences(case: Case, answer: ReportedAnswer, skipped: Collection[str] = ()) -> list[Difference]:
    """Find where an answer is not what the case expects, except in the fields that are `skipped`."""
    refusal = str(answer.get("problem", ""))
    differing: list[tuple[str, str, str]]
    # A refusal has none of the fields: it is one difference, and not one for each expected value.
    if case.problem or refusal:
        differing = [] if refusal == case.problem else [("problem", case.problem or NOTHING, refusal or NOTHING)]
    else:
        try:
            differing = list(_compare_fields(case, answer, skipped))
        except (AttributeError, IndexError, KeyError, TypeError):  # an answer of another shape
            differing = [("answer", case.kind, UNREADABLE)]
    return [
        Difference(case=case.id, field=field, expected=expected, got=got, source=case.source)
        for field, expected, got in differing
    ]


def _compare_fields(case: Case, answer: ReportedAnswer, skipped: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Yield field, expected and actual value of what differs; any error of a look-up where the shape is another."""
    values = _flatten_answer(answer)
    for field, expected in case.expected.items():
        if field in skipped:
            continue
        if field == "notices":
            codes = _list_notice_codes(answer)
            # A code is wrong where it is forbidden and there, or required and not there.
            wrong = [code for code in expected.split() if code.startswith("!") == (code.removeprefix("!") in codes)]
            yield from ((field, code, " ".join(codes) or NOTHING) for code in wrong)
        elif not _is_same(field, values[field], expected):
            yield field, expected, values[field]


def _is_same(field: str, value: str, expected: str) -> bool:
    """Whether a value is the expected one; measures may stand in any order."""
    return sorted(value.split()) == sorted(expected.split()) if field == "measures" else value == expected


def find_skipped_fields(case: Case, answer: ReportedAnswer, calendar: str) -> tuple[str, ...]:
    """Find the fields of a case that depend on days of which the asked installation has other notices.

    `calendar` is the digest of the calendar here.
    Supplied notices settle days that are projected here, and may correct announced ones. Where such days
    decide an answer, another answer may be right.
    """
    installation = _find_installation(answer)
    if installation is None or installation.calendar == calendar:
        return ()
    if not (case.is_projected or "supplied" in _list_notice_codes(answer)):
        return ()
    return tuple(field for field in case.expected if field in FIELDS_OF_WORKING_DAYS[case.kind])


def compare_answers(
    answers: Iterable[tuple[Case, ReportedAnswer]],
    kit: Kit,
    package: Installation,
    *,
    url: str | UnsetType = UNSET,
    kit_there: str | UnsetType = UNSET,
) -> Conformance:
    """Compare all answers with what their cases expect."""
    differences: list[Difference] = []
    skipped: list[Skipped] = []
    # A dict in place of a set keeps the order, so that two reports of the same check are the same.
    installations: dict[Installation, None] = {}
    for case, answer in answers:
        installation = _find_installation(answer)
        if installation is not None:
            installations[installation] = None
        fields = find_skipped_fields(case, answer, package.calendar)
        if fields:
            skipped.append(Skipped(case=case.id, fields=fields))
        differences += find_differences(case, answer, fields)
    return Conformance(
        url=url,
        # Where every answer was a refusal, no installation is known, and that is no agreement.
        agrees=not differences and len(installations) == 1,
        cases=len(kit.cases),
        agreeing=len(kit.cases) - len({difference.case for difference in differences}),
        differences=tuple(differences),
        left_out=tuple(skipped),
        kit=kit.digest,
        kit_there=kit_there,
        package=package,
        installations=tuple(installations),
    )


def _list_notice_codes(answer: ReportedAnswer) -> list[str]:
    """List the codes of an answer's notices; none where it has not the shape of an answer."""
    notices = answer.get("notices")
    records = notices if isinstance(notices, list) else []
    return sorted({str(notice.get("code")) for notice in records if isinstance(notice, dict)})


def _find_installation(answer: ReportedAnswer) -> Installation | None:
    """Find what an answer says that it rests on; None for a refusal, and where it does not say."""
    try:
        return Installation(**{name: str(answer["provenance"][name]) for name in Installation.__struct_fields__})
    except (KeyError, TypeError):
        return None


# --------------------------------------------------------------------------------- this installation


def describe_installation(rulebook: Rulebook, calendar: WorkingCalendar) -> Installation:
    """Describe what this package answers from, with that calendar."""
    return Installation(engine=__version__, rulebook=rulebook.digest, calendar=calendar.digest)


def answer_case(case: Case, rulebook: Rulebook, calendar: WorkingCalendar) -> ReportedAnswer:
    """Answer a case by this installation."""
    try:
        answer = calculate(parse_flat(case.kind, case.facts), rulebook, calendar)
    except LawRefuses as error:
        return {"problem": error.code}
    # The answer goes through JSON, so that it is compared in the same form as one that came over HTTP.
    content: ReportedAnswer = msgspec.json.decode(encode_answer(answer))
    return content


def check(kit: Kit, rulebook: Rulebook, calendar: WorkingCalendar, package: Installation) -> Conformance:
    """Check this installation against the kit; `package` is what it would answer from without supplied notices."""
    return compare_answers(((case, answer_case(case, rulebook, calendar)) for case in kit.cases), kit, package)


def encode_case(case: Case) -> bytes:
    """Encode the facts of a case as the body of a single calculation."""
    return encode_answer(parse_flat(case.kind, case.facts))


# ------------------------------------------------------------------------------ values of an answer

# Another table of columns than that of a batch (batch/table.py): a kit compares codes where a batch writes
# sentences, and it reads the JSON of an installation whose version may be another one, not a typed answer.

_PATHS: Final[dict[Kind, dict[str, str]]] = {
    "penalty": {
        "determined": "determined",
        "missing_facts": "missing_facts",
        "tier": "outcome.tier",
        "authority": "outcome.authority",
        "fine_minimum": "fine.minimum",
        "fine_maximum": "fine.maximum",
        "deemed_value": "fine.basis.deemed_value",
        "deemed_value_applied": "fine.basis.deemed_value_applied",
        "alternatives": "alternative_codes",
        "measures": "measure_codes",
        "bar_last_day": "timed_measure.last_day",
        "bar_first_free_day": "timed_measure.first_free_day",
        "person_fine_minimum": "person.fine.minimum",
        "person_fine_maximum": "person.fine.maximum",
        "person_ban_last_day": "person.ban.last_day",
        "limitation_two_years": "limitation.two_years.last_day",
        "limitation_five_years": "limitation.five_years.last_day",
        "limitation_applies": "limitation.applies",
        "limitation_barred": "limitation.barred",
        "excluded": "penalty_excluded.reason",
    },
    "deadline": {
        "due": "due",
        "status": "status",
        "earliest": "earliest",
        "latest": "latest",
        "days_length": "days.length",
        "days_unit": "days.unit",
        "days_used": "days.used",
        "days_left": "days.left",
        "days_overdue": "days.overdue",
        "lapse_effect": "on_lapse.effect",
        "lapse_effective_on": "on_lapse.effective_on",
    },
    "expiry": {
        "last_day": "last_day",
        "ended_early": "ended_early",
        "days_left": "days_left",
        "certificate": "by_convention.certificate",
        "civil_code": "by_convention.civil_code",
        "window_opens": "renewal.window.opens",
        "window_closes": "renewal.window.closes",
        "latest_by_licensing_law": "renewal.latest_by_licensing_law",
        "apply_by": "renewal.apply_by",
        "usual_apply_by": "renewal.usual_apply_by",
        "review_fits_until": "renewal.review_fits_until",
        "next_term_start": "renewal.next_term.start",
        "next_term_last_day": "renewal.next_term.last_day",
        "renewed_by": "renewal.renewed_by.authority",
        "renewed_by_wholesale": "renewal.renewed_by.wholesale_authority",
    },
}
"""Where the value of a field stands in an answer, with what `_add_penalty_values` adds to it."""


def _flatten_answer(answer: ReportedAnswer) -> dict[str, str]:
    """Write the values of an answer by their fields; KeyError and the like where it has another shape."""
    paths = _PATHS[answer["kind"]]
    if answer["kind"] == "penalty":
        answer = _add_penalty_values(answer)
    return {field: _format_value(_find_value(answer, path)) for field, path in paths.items()}


def _find_value(answer: ReportedAnswer, path: str) -> Any:
    value: Any = answer
    for name in path.split("."):
        value = None if value is None else value.get(name)
    return value


def _format_value(value: object) -> str:
    # 0 and false are values, so absence is not decided by truth.
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _add_penalty_values(answer: ReportedAnswer) -> ReportedAnswer:
    """Add what stands at no fixed place: the fine, the measure with a length, the first person, codes of lists."""
    outcome = answer.get("outcome", {})
    measures = outcome.get("measures", [])
    return {
        **answer,
        "fine": outcome.get("fine") if answer["determined"] else answer.get("fine"),
        "timed_measure": next((measure for measure in measures if "length" in measure), None),
        "person": next(iter(outcome.get("persons") or []), None),
        "measure_codes": [_encode_measure(measure) for measure in measures],
        "alternative_codes": "; ".join(_encode_alternative(outcome) for outcome in answer.get("alternatives", [])),
    }


def _encode_alternative(outcome: ReportedAnswer) -> str:
    """Write what is assumed and the fine that follows: `tier/activity=minimum..maximum`, `=none`, `=?` where open.

    `=elsewhere` where another provision decides on it.
    """
    assumed = "/".join(outcome[name] for name in ("tier", "activity", "scope") if name in outcome)
    fine = outcome["fine"]
    if "decided_by" in outcome:
        return f"{assumed}=elsewhere"
    if fine is None:
        return f"{assumed}={NOTHING}"
    if fine["maximum"] is None:
        return f"{assumed}=?"
    return f"{assumed}={fine['minimum'] or ''}..{fine['maximum']}"


def _encode_measure(measure: ReportedAnswer) -> str:
    """Write a measure as its codes, as `confiscation:drugs,illegal_gains`."""
    parts = [measure["kind"]]
    if measure.get("within_time_limit"):
        parts.append("within_time_limit")
    parts += [",".join(measure[name]) for name in ("objects", "licences", "activities") if name in measure]
    if measure["kind"] == "filing_cancelled":
        parts.append(measure["scope"])
    if "length" in measure:
        parts.append(f"{measure['length']['years']}y")
    return ":".join(parts)
