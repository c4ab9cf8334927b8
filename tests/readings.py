"""Everything that people read, text by text, in both languages.

The texts of wording/; the answer or the problem of every worked case and of every golden request, the same as text
of the command line, as cells of a CSV file and as calendar events; every message with example facts; what a request
that does not fit is told; catalogues. Values of structured fields (codes, ids, `before` and `after`, columns of
codes) are no texts. The texts of the OpenAPI document are for programmers.

Run as a script, it prints how many texts there are, and how many exceptions words.py makes for them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import msgspec
from msgspec import UNSET

import cases
import golden
import words
from penaltycalc import (
    LawRefuses,
    PenaltycalcError,
    Rulebook,
    WorkingCalendar,
    encode_answer,
    load_calendar,
    load_rulebook,
)
from penaltycalc.batch.rows import Batch
from penaltycalc.batch.table import ReadRow, Table, format_value
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request, calculate
from penaltycalc.calculators.calendar_queries import YearQuery, describe_year
from penaltycalc.calculators.catalogue import describe_rulebook, list_steps, list_terms, list_violations
from penaltycalc.calculators.coverage import find_coverage
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.problems import error_message, fault_message, problem_for_row
from penaltycalc.errors import Fact, Label
from penaltycalc.errors import Path as Place
from penaltycalc.export import ics, text
from penaltycalc.export.workbook.columns import SHEETS
from penaltycalc.input.flat import parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules.rulebook import PACKAGE
from penaltycalc.rules.wording import LANGUAGES, Language, Wording

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Reading(NamedTuple):
    """A text that people read: where it stands, and in which language.

    In a problem what programs write may stand in brackets. `also` are names that this text alone may hold,
    `echoed` what the caller wrote.
    """

    place: str
    lang: Language
    text: str
    in_problem: bool = False
    also: frozenset[str] = frozenset()
    echoed: tuple[str, ...] = ()


class Data(NamedTuple):
    """What answers are made from."""

    rulebook: Rulebook
    calendar: WorkingCalendar
    wording: Path = PACKAGE / "wording"


Source = Callable[[Data], Iterator[Reading]]


# ------------------------------------------------------------------------------------------- the texts

FOR_PROGRAMMERS: Final = {"document", "fields"}
"""Files whose texts describe the interface; those of fields.toml that the workbook shows are looked at."""

ALLOWED: Final[dict[str, set[str]]] = {
    # Examples of what may be typed into the search: initials of Pinyin.
    "page.search.example_fines": {"wgxs"},
    "page.search.example_deadlines": {"ypsc"},
    "page.search.example_expiries": {"ypzc"},
    # Keys of the keyboard.
    "page.answer.copy_by_hand": {"Ctrl", "C"},
    "workbook.read_me.recalculate": {"Ctrl", "Alt", "F9", "Shift"},
    # Buttons of the documentation, which have English names only.
    "pages.page.documentation_lead": {"Try", "it", "out", "Execute"},
    # A function and a part of Excel.
    "workbook.read_me.programs": {"WEBSERVICE"},
    "workbook.title.power_query": {"Power", "Query"},
    # Power Query, and the prefix that own columns must have.
    "workbook.query.how": {"Power", "Query", "x_"},
}
"""The names that a single text of wording/ may hold, by file, group and key."""


def list_wording(data: Data) -> Iterator[Reading]:
    """The texts of wording/, without the places for facts, and of fields.toml those that the workbook shows."""
    shown = {
        column.name
        for spec in SHEETS
        for column in spec.inputs
        if column.kind not in ("text", "id", "stops")  # these have a prompt of their own
    }
    for path in sorted(data.wording.glob("*.toml")):
        for key, texts in list_texts(tomllib.loads(path.read_text("utf-8")), path.stem):
            if path.stem in FOR_PROGRAMMERS and key.partition(".")[2] not in shown:
                continue
            # The pages on problems are for those who program, as the problems are.
            in_problem = path.stem in ("messages", "problems") or key.startswith("pages.page.problems_")
            for lang in LANGUAGES:
                # In place of a fact stands a word of the language, so that nothing grows together around it.
                content = re.sub(r"\{\w+\}", "某" if lang == "zh" else "X", texts[lang])
                yield Reading(key, lang, content, in_problem, frozenset(ALLOWED.get(key, ())))


def list_texts(value: Any, key: str) -> Iterator[tuple[str, dict[Language, str]]]:
    """Every text of a file of wording/ with its key."""
    if isinstance(value, dict):
        if isinstance(value.get("zh"), str):
            yield key, {lang: value[lang] for lang in LANGUAGES}
        for name, member in value.items():
            yield from list_texts(member, f"{key}.{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from list_texts(member, f"{key}.{number}")


# ---------------------------------------------------------------------------------------- the messages

AS_TYPED: Final = "--goods-value"

EXAMPLES: Final[dict[str, Fact]] = {
    # What is a code for programs has a label.
    "name": Label("fact", "conduct.from", "from"),
    "names": (Label("fact", "severity"), Label("fact", "goods_value")),
    "nearest": Label("fact", "decision_effective_on"),
    "other": Label("fact", "clock_stops_from", alone=True),
    "kind": Label("kind", "deadline"),
    "step": Label("step", "licence-decision"),
    "term": Label("term", "drug-registration"),
    "reason": Label("stop_reason", "technical_review"),
    "assume": Label("fact", "assume_in_force"),
    "allowed": (Label("stop_reason", "hearing"), Label("stop_reason", "expert_review")),
    "values": (Label("severity_given", "ordinary"), Label("role", "legal_representative")),
    # Values.
    **dict.fromkeys(["day", "limit", "other_day", "next_day", "first", "last", "start"], date(2026, 6, 1)),
    **dict.fromkeys(["most", "least", "length", "wanted", "value", "cap"], 7),
    # What the caller sent.
    "given": "7",
    # Names of files, sources and causes that the system, the operator or the caller gave.
    **dict.fromkeys(["path", "file", "row", "entry", "url", "setting", "fault"], "7"),
    "year": "2026",
    # What stands in brackets behind its words.
    "type": "application/json",
    "option": "--bom",
    "form": "json",
    "forms": "ndjson json",
    "endings": ".csv .xlsx",
    "charset": "GB18030",
    "original": "Expected `int`, got `str` - at `$.days[0].date`",
    "symbol": "EXDEV",
    "field": "days/0/isOffDay",
    "fields": "name, place",
    "choices": "console, json",
    "reply": "401 unauthorised",
    # What stands in messages on the use of a command as it is typed.
    **dict.fromkeys(["usage", "command", "parameter", "given", "near", "extra"], AS_TYPED),
    "meaning": Label("fact", "start", alone=True),
    # Provisions and what they said.
    "former": "《中华人民共和国药品管理法实施条例》第三条",
    "revised_on": date(2024, 12, 6),
    "said": "30",
}
"""A fact for each name in the messages."""

OWN_EXAMPLES: Final[dict[str, dict[str, Fact]]] = {
    "method-not-allowed": {"allowed": "GET, HEAD"},
    "schema-single-value": {"name": "outcome.fine", "names": "minimum, maximum, basis"},
    "schema-element": {"name": "outcome.persons"},
    "fact-needs": {"given": Label("fact", "conduct_to")},
    "over-the-cap-granted": {"value": date(2035, 5, 31), "cap": date(2033, 5, 31)},
    "unknown-result-near": {"name": "7", "nearest": "outcome"},
    "unknown-result": {"name": "7"},
    "fault-no-setting-near": {"nearest": "max_body"},
    "fault-key-twice": {"key": "00010203"},
    "fault-keys-file-at": {"place": "$.keys[0].id"},
    "outside-calendar-year": {"day": 2101},
    "unknown-violation-near": {"nearest": Label("violation", "79-1-1")},
    "unknown-step-near": {"nearest": Label("step", "licence-decision")},
    "unknown-term-near": {"nearest": Label("term", "api-approval")},
}
"""Facts of messages that mean something else by a name than the others do."""

PLACES: Final[tuple[Place, ...]] = (("clock_stops", 0, "reason"), ("goods_value",), ("kind",), ("problem_code",), ())


def list_messages(data: Data) -> Iterator[Reading]:
    """Every message with example facts, alone and behind the place that it is about."""
    texts = tomllib.loads((data.wording / "messages.toml").read_text("utf-8"))
    for number, (code, content) in enumerate(texts.items()):
        names = set(re.findall(r"\{(\w+)\}", content["zh"]))
        facts = {name: OWN_EXAMPLES.get(code, {}).get(name, EXAMPLES.get(name, "")) for name in names}
        assert all(name in EXAMPLES or name in OWN_EXAMPLES.get(code, {}) for name in names), (code, names)
        error = PenaltycalcError(PLACES[number % len(PLACES)], message=code, **facts)
        for lang, wording in data.rulebook.wordings.items():
            yield Reading(f"message {code}", lang, error_message(error, wording), in_problem=True, echoed=(AS_TYPED,))
            yield Reading(f"message {code}", lang, fault_message(error, wording), in_problem=True, echoed=(AS_TYPED,))


def list_choices(data: Data) -> Iterator[Reading]:
    """What is refused value by value: each fact of each calculation with a value that cannot be, or left out."""
    for kind in KINDS:
        request = CALCULATIONS[kind].request
        names = request.__struct_encode_fields__
        nested: dict[str, Any] = {
            "conduct": {"frm": 1},
            "harm": {"harmful_consequence": 1},
            "responsible_persons": [{"role": "x", "nam": "", "income_during_violation": 1}],
            "clock_stops": [{"reason": "x"}],
            "granted": {"years": 0},
            "renewal_lead": {"days": ""},
            "readings": {"severe_needs_correction": 1},
        }
        bodies: list[dict[str, Any]] = [
            {name: [[]] for name in (*names, "kind", "goods_valu")},
            {name: record for name, record in nested.items() if name in names},
        ]
        for body in bodies:
            error = _refuse(json.dumps(body).encode(), request)
            for wording in data.rulebook.wordings.values():
                echoed = ("goods_valu", "frm", "“nam”", " nam;", "severe_needs_correction", "“x”")
                yield from _read_problem(f"refused {kind}", error, wording, echoed)


def _refuse(body: bytes, type: type[msgspec.Struct]) -> PenaltycalcError:
    try:
        decode_json(body, type)
    except PenaltycalcError as error:
        return error
    raise AssertionError(body)


# ------------------------------------------------------------------------------------- answers, problems

TEXTS: Final = {"text", "title", "tier_title", "detail", "message"}
"""Members of answers and problems that hold texts; the days of a ledger have names besides."""


class Case(NamedTuple):
    """A request, and what its caller wrote that an answer or a problem may repeat."""

    place: str
    request: Request
    echoed: tuple[str, ...]


def list_cases(data: Data) -> Iterator[Case]:
    """The worked cases, and the requests whose answers are kept whole."""
    for kind in KINDS:
        for row in cases.rows(kind):
            ledger = {"ledger": "true"} if kind == "deadline" else {}
            request = parse_flat(kind, {**cases.facts(kind, row), **ledger})
            yield Case(f"case {row['id']}", request, _list_echoes(kind, request, data.rulebook))
    for name, (kind, body) in golden.REQUESTS.items():
        request = decode_json(body, CALCULATIONS[kind].request)
        yield Case(f"golden {name}", request, _list_echoes(kind, request, data.rulebook))


def _list_echoes(kind: Kind, request: Any, rulebook: Rulebook) -> tuple[str, ...]:
    """An id that there is not, a reference and names."""
    subject = CALCULATIONS[kind].subject
    given = getattr(request, subject)
    known = getattr(rulebook, f"{subject}s")
    persons = getattr(request, "responsible_persons", ())
    echoed = [given if given not in known else UNSET, request.ref, *(person.name for person in persons)]
    return tuple(part for part in echoed if isinstance(part, str) and part)


def _calculate(case: Case, data: Data, lang: Language) -> Answer | PenaltycalcError:
    try:
        return calculate(case.request, data.rulebook, data.calendar, lang=lang)
    except LawRefuses as error:
        return error


def list_answers(data: Data) -> Iterator[Reading]:
    """The texts of the answer or the problem to each case."""
    for case in list_cases(data):
        for lang in LANGUAGES:
            answer = _calculate(case, data, lang)
            if isinstance(answer, PenaltycalcError):
                yield from _read_problem(case.place, answer, data.rulebook.wordings[lang], case.echoed)
            else:
                yield from _read_record(case.place, answer, lang, echoed=case.echoed)


def _read_record(
    place: str, record: msgspec.Struct, lang: Language, *, in_problem: bool = False, echoed: tuple[str, ...] = ()
) -> Iterator[Reading]:
    for path, name, value in _list_members(json.loads(encode_answer(record))):
        if isinstance(value, str) and (name in TEXTS or (name == "name" and path.startswith("ledger"))):
            yield Reading(f"{place} {path}", lang, value, in_problem, echoed=echoed)


def _list_members(value: Any, path: str = "", name: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every plain value with its path and its name."""
    if isinstance(value, dict):
        for member, content in value.items():
            yield from _list_members(content, f"{path}/{member}".strip("/"), member)
    elif isinstance(value, list):
        for number, content in enumerate(value):
            yield from _list_members(content, f"{path}/{number}", name)
    else:
        yield path, name, value


def _read_problem(place: str, error: PenaltycalcError, wording: Wording, echoed: tuple[str, ...]) -> Iterator[Reading]:
    problem = problem_for_row(error, wording, instance="#/0", ref=UNSET)
    yield from _read_record(place, problem, wording.lang, in_problem=True, echoed=echoed)


# ---------------------------------------------------------------------------------------- other forms


def list_terminal_texts(data: Data) -> Iterator[Reading]:
    """Answers, years, the rulebook and what is covered, as text of the command line."""
    for case in list_cases(data):
        for lang in LANGUAGES:
            answer = _calculate(case, data, lang)
            if not isinstance(answer, PenaltycalcError):
                content = text.format_answer(answer, data.rulebook, lang)
                for number, line in enumerate(content.splitlines()):
                    yield Reading(f"{case.place} line {number}", lang, line, echoed=case.echoed)
    for lang, wording in data.rulebook.wordings.items():
        for year in range(data.calendar.first.year, 2040):
            found = describe_year(YearQuery(year=year), data.rulebook, data.calendar, lang=lang)
            yield Reading(f"calendar {year}", lang, text.format_calendar(found, data.rulebook, lang))
        described = describe_rulebook(data.rulebook, data.calendar, lang)
        # The numbers of laws are Chinese in both languages, as citations are.
        numbers = tuple(one.document_number for one in described.instruments if isinstance(one.document_number, str))
        yield Reading("rulebook", lang, text.format_rulebook(described, wording), echoed=numbers)


def list_coverage(data: Data) -> Iterator[Reading]:
    """What is found by words: topics, and rows with the ids by which the other commands take them."""
    asked = ["假药", "劣药", "无证经营", "疫苗", "79", "许可", "注册", "zzz", *data.rulebook.violations]
    for lang, wording in data.rulebook.wordings.items():
        for q in asked:
            found = find_coverage(q, data.rulebook, lang)
            yield from _read_record(f"coverage {q}", found, lang)
            ids = tuple(row.id for row in found.rows)
            yield Reading(f"coverage {q} as text", lang, text.format_coverage(found, wording), echoed=ids)


def list_cells(data: Data) -> Iterator[Reading]:
    """The texts of a CSV file: measures, bans, what is wrong, explanations."""
    for lang in LANGUAGES:
        batch = Batch(data.rulebook, data.calendar, lang=lang, explain=True)
        for kind in KINDS:
            for row in cases.rows(kind):
                facts = {"kind": kind, **cases.facts(kind, row)}
                request = parse_flat(kind, cases.facts(kind, row))
                echoed = _list_echoes(kind, request, data.rulebook)
                yield from _read_cells(f"csv {row['id']}", batch, facts, echoed)
        for facts in (
            {"kind": "", "violation": "79-1-1"},
            {
                "kind": "penalty",
                "violation": "79-1-1",
                "goods_value": "1e5",
                "activity": "x",
                "step": "licence-decision",
            },
            {"kind": "deadline", "step": "licence-decision", "start": "2026-06-01", "clock_stops": "x"},
            {"kind": "expiry", "term": "drug-registration", "granted_years": "0", "ledger": "x", "convention": "x"},
            {"kind": "penalty", "violation": "82-2", "conduct_to": "2026-06-01", "person_name": "某"},
        ):
            yield from _read_cells(f"csv {facts}", batch, facts, ("某", "“x”", "“1e5”"))


def _read_cells(place: str, batch: Batch, facts: dict[str, str], echoed: tuple[str, ...]) -> Iterator[Reading]:
    table = Table(batch, tuple(facts), format_result=format_value, format_echo=str)
    (row,), _ = table.answer_rows([ReadRow(tuple(facts.values()), tuple(facts.values()))])
    # What goes through the writer of CSV comes back from its reader as the same texts.
    written = io.StringIO()
    csv.writer(written).writerow(row)
    (cells,) = csv.reader([written.getvalue()])
    found = dict(zip(table.columns, cells, strict=True))
    for column in ("measures", "person_ban", "explanation", "problem_detail"):
        if found.get(column):
            in_problem = column == "problem_detail"
            yield Reading(f"{place} {column}", batch.lang, found[column], in_problem, echoed=echoed)


def list_events(data: Data) -> Iterator[Reading]:
    """The names and descriptions of calendar events."""
    for case in list_cases(data):
        for lang in LANGUAGES:
            answer = _calculate(case, data, lang)
            if isinstance(answer, DeadlineAnswer) and answer.due is not None:
                content = ics.write_deadline_event(answer, data.rulebook, data.calendar, lang)
            elif isinstance(answer, ExpiryAnswer):
                content = ics.write_expiry_event(answer, data.rulebook, data.calendar, lang)
            else:
                continue
            yield from _read_events(case.place, content, lang, case.echoed)
    for lang in LANGUAGES:
        for year in (2020, 2026, 2027, 2034):
            found = describe_year(YearQuery(year=year), data.rulebook, data.calendar, lang=lang)
            content = ics.write_year_feed(found, data.rulebook, data.calendar, lang)
            yield from _read_events(f"year {year}", content, lang, ())


def _read_events(place: str, content: bytes, lang: Language, echoed: tuple[str, ...]) -> Iterator[Reading]:
    # By hand: a reader of calendars takes ten times as long, and is used in the tests of events.
    for line in content.decode().replace("\r\n ", "").split("\r\n"):
        name, _, escaped = line.partition(":")
        if name in ("NAME", "X-WR-CALNAME", "SUMMARY", "DESCRIPTION"):
            content_text = re.sub(r"\\(.)", lambda part: "\n" if part[1] == "n" else str(part[1]), escaped)
            yield Reading(f"{place} {name}", lang, content_text, echoed=echoed)


def list_catalogues(data: Data) -> Iterator[Reading]:
    """Titles, tiers and measures as the catalogues show them."""
    for lang in LANGUAGES:
        for name, catalogue in (
            ("violations", list_violations(data.rulebook, lang)),
            ("steps", list_steps(data.rulebook, lang)),
            ("terms", list_terms(data.rulebook, lang)),
        ):
            yield from _read_record(name, catalogue, lang)


SOURCES: Final[dict[str, Source]] = {
    "wording": list_wording,
    "messages": list_messages,
    "values refused": list_choices,
    "answers and problems": list_answers,
    "text of the command line": list_terminal_texts,
    "coverage": list_coverage,
    "cells of CSV": list_cells,
    "events": list_events,
    "catalogues": list_catalogues,
}


def print_counts() -> None:
    """Print how many texts there are, and how many exceptions."""
    rulebook = load_rulebook()
    data = Data(rulebook, load_calendar(rulebook))
    total, distinct = 0, set()
    for name, source in SOURCES.items():
        texts = [(reading.lang, reading.text) for reading in source(data)]
        total += len(texts)
        distinct |= set(texts)
        _write(f"{name}: {len(texts)} texts, {len(set(texts))} of them distinct")
    _write(f"all: {total} texts, {len(distinct)} of them distinct")
    own = sum(len(names) for names in ALLOWED.values())
    _write(f"exceptions: {len(words.PROPER_NAMES)} proper names; {own} names in {len(ALLOWED)} texts")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    print_counts()
