"""Writes all answers without their texts, a line each; compare.py runs it on two checkouts.

Every worked case, every golden request and the catalogues are answered in both languages: as JSON, as a row of CSV
and as a calendar event. What people read is left out, and so is the digest of the law data, which covers it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from msgspec import UNSET

import cases
import golden
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar, encode_answer, load_calendar, load_rulebook
from penaltycalc.batch.rows import Batch
from penaltycalc.batch.table import ReadRow, Table, format_value
from penaltycalc.calculators.calculate import CALCULATIONS, Request, calculate
from penaltycalc.calculators.catalogue import list_steps, list_terms, list_violations
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.problems import problem_for_row
from penaltycalc.export import ics
from penaltycalc.input.flat import parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules.wording import LANGUAGES, Language

TEXTS: Final = {"text", "title", "pinyin", "tier_title", "detail", "message", "who"}
DIGESTS: Final = {"engine", "rulebook", "digest"}
COLUMNS_OF_TEXTS: Final = {"tier_title", "measures", "person_ban", "explanation", "problem_detail"}
PROPERTIES_OF_TEXTS: Final = ("NAME", "X-WR-CALNAME", "SUMMARY", "DESCRIPTION", "PRODID")


def list_answers(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> Iterator[tuple[str, str]]:
    """Each answer without its texts, behind its place."""
    for name, list_items in (("violations", list_violations), ("steps", list_steps), ("terms", list_terms)):
        yield name, write_record(list_items(rulebook, lang))
    for name, request in list_requests():
        try:
            answer = calculate(request, rulebook, calendar, lang=lang)
        except LawRefuses as error:
            yield name, write_record(problem_for_row(error, rulebook.wordings[lang], instance="", ref=UNSET))
            continue
        yield name, write_record(answer)
        if isinstance(answer, DeadlineAnswer) and answer.due is not None:
            yield f"{name} event", strip_event(ics.write_deadline_event(answer, rulebook, calendar, lang))
        elif isinstance(answer, ExpiryAnswer):
            yield f"{name} event", strip_event(ics.write_expiry_event(answer, rulebook, calendar, lang))
    yield from list_rows(Batch(rulebook, calendar, lang=lang, explain=True))


def list_requests() -> Iterator[tuple[str, Request]]:
    """The worked cases, those of steps with their ledger, and the requests whose answers are kept whole."""
    for kind in CALCULATIONS:
        ledger = {"ledger": "true"} if kind == "deadline" else {}
        for row in cases.rows(kind):
            yield row["id"], parse_flat(kind, {**cases.facts(kind, row), **ledger})
    for name, (kind, body) in golden.REQUESTS.items():
        yield name, decode_json(body, CALCULATIONS[kind].request)


def list_rows(batch: Batch) -> Iterator[tuple[str, str]]:
    """The worked cases as rows of CSV with their header, without the columns of texts."""
    for kind in CALCULATIONS:
        for row in cases.rows(kind):
            facts = {"kind": kind, **cases.facts(kind, row)}
            table = Table(batch, tuple(facts), format_result=format_value, format_echo=str)
            (cells,), _ = table.answer_rows([ReadRow(tuple(facts.values()), tuple(facts.values()))])
            columns = zip(table.columns, cells, strict=True)
            written = io.StringIO()
            csv.writer(written).writerow(cell for column, cell in columns if column not in COLUMNS_OF_TEXTS)
            yield f"{row['id']} row", json.dumps([*table.columns, written.getvalue()])


def write_record(record: Any) -> str:
    return json.dumps(strip_texts(json.loads(encode_answer(record))), ensure_ascii=False)


def strip_texts(value: Any) -> Any:
    """The value without what people read and without digests; numbers and the order of members stay."""
    if isinstance(value, dict):
        # A day has the name of its holiday, which is a text; persons and tiers have names that are none.
        left_out = {*TEXTS, *DIGESTS, *(["name"] if "why" in value else [])}
        return {name: strip_texts(member) for name, member in value.items() if name not in left_out}
    return [strip_texts(member) for member in value] if isinstance(value, list) else value


def strip_event(content: bytes) -> str:
    lines = re.sub(r"\r\n[ \t]", "", content.decode()).split("\r\n")
    return json.dumps([line for line in lines if not line.startswith(PROPERTIES_OF_TEXTS)], ensure_ascii=False)


if __name__ == "__main__":
    law = load_rulebook()
    days = load_calendar(law)
    for language in LANGUAGES:
        for place, content in list_answers(law, days, language):
            sys.stdout.write(f"{language} {place}\t{content}\n")
