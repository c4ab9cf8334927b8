"""The CSV answer of a batch, opened by spreadsheet programs, gives the values that the API gives."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

import servers
from clients import office

without_office = pytest.mark.skipif(office.SOFFICE is None, reason="LibreOffice is not installed")

ROWS: list[dict[str, str]] = [
    {
        "kind": "penalty",
        "ref": "=1+1",
        "violation": "79-1-1",
        "goods_value": "85000",
        "activity": "wholesale",
        "severity": "ordinary",
        "x_note": "第一案，含逗号",
    },
    {"kind": "penalty", "ref": "-1+1", "violation": "82-1", "severity": "severe", "x_note": '"quoted"'},
    {"kind": "penalty", "ref": "A-3", "violation": "81-1", "goods_value": "1.5", "x_note": "@SUM(A1)"},
    {"kind": "penalty", "ref": "A-4", "violation": "80-1-2", "rectified": "false"},
    {"kind": "deadline", "ref": "+7", "step": "production-licence", "start": "2026-09-18", "as_of": "2026-10-09"},
    {"kind": "deadline", "ref": "A-6", "step": "licence-decision", "start": "2026-12-01"},
    {"kind": "deadline", "ref": "A-7", "step": "production-licence", "start": "2026-01-18"},
    {"kind": "expiry", "ref": "两行\n案号", "term": "drug-registration", "start": "2023-03-01"},
]
COLUMNS = list(dict.fromkeys(name for row in ROWS for name in row))
SINGLE = {"penalty": "penalties", "deadline": "deadlines", "expiry": "expiries"}
SUBJECTS = {"penalty": "violation", "deadline": "step", "expiry": "term"}

PLACES: dict[str, list[str]] = {
    "fine_minimum": ["outcome", "fine", "minimum"],
    "fine_maximum": ["outcome", "fine", "maximum"],
    "tier": ["outcome", "tier"],
    "determined": ["determined"],
    "due": ["due"],
    "status": ["status"],
    "days_left": ["days", "left"],
    "last_day": ["last_day"],
    "latest_by_licensing_law": ["renewal", "latest_by_licensing_law"],
    "inputs": ["provenance", "inputs"],
    "problem_code": ["code"],
}
"""Where the value of a result column stands in the answer to a single call."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        servers.serving(tmp_path_factory.mktemp("service")) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def answered(client: httpx.Client) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(ROWS)
    return sent(client, text.getvalue().encode())


def sent(client: httpx.Client, content: bytes) -> bytes:
    """The answer to a table, with the mark that Chinese Excel wants."""
    response = client.post("/v1/batch/csv?bom=true", content=content, headers={"content-type": "text/csv"})
    assert response.status_code == 200, response.text
    assert response.content.startswith(b"\xef\xbb\xbf")
    return response.content


@pytest.fixture(scope="module")
def singly(client: httpx.Client) -> list[dict[str, Any]]:
    """The answer to each row as a single call, by the columns of the table; absent values left out."""
    return [asked(client, row) for row in ROWS]


def asked(client: httpx.Client, row: dict[str, str]) -> dict[str, Any]:
    kind = row["kind"]
    facts = {name: text for name, text in row.items() if name not in ("kind", "x_note", SUBJECTS[kind])}
    answer: Any = client.get(f"/v1/{SINGLE[kind]}/{row[SUBJECTS[kind]]}", params=facts).json()
    found: dict[str, Any] = {}
    for column, path in PLACES.items():
        value = answer
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None and not (column == "status" and "code" in answer):  # a problem's status is that of HTTP
            found[column] = value
    return found


def check(rows: list[dict[str, Any]], singly: list[dict[str, Any]]) -> None:
    """Each row of a table says what the single call says, as a number, a day, a truth value or a text."""
    assert len(rows) == len(ROWS)
    for row, single in zip(rows, singly, strict=True):
        for column in PLACES:
            assert plain(row[column]) == plain(single.get(column)), (column, row)


def plain(value: Any) -> Any:
    """A value without its form: money and counts as numbers, days as dates, truth values as TRUE and FALSE."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat()
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return str(value)


def refs(rows: list[dict[str, Any]]) -> list[str]:
    """The references without the apostrophe that keeps them from being formulas."""
    return [str(row["ref"]).removeprefix("'") for row in rows]


def table(path: Path) -> list[dict[str, Any]]:
    """The rows of a workbook, with the values of its cells."""
    sheet: Any = openpyxl.load_workbook(path).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def opened(answered: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The answer as LibreOffice saves it, once as a workbook and once as CSV again."""
    folder = tmp_path_factory.mktemp("opened")
    (folder / "answers.csv").write_bytes(answered)
    paths = {form: folder / f"saved.{form}" for form in ("xlsx", "csv")}
    office.saved(*(path for target in paths.values() for path in (folder / "answers.csv", target)))
    return paths


def test_a_plain_reader_sees_what_the_api_answers(answered: bytes, singly: list[dict[str, Any]]) -> None:
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(answered.decode("utf-8-sig"), newline="")))
    check(rows, singly)
    assert refs(rows) == [row["ref"] for row in ROWS]
    assert rows[0]["ref"] == "'=1+1"


@without_office
def test_libreoffice_and_openpyxl_see_what_the_api_answers(
    opened: dict[str, Path], singly: list[dict[str, Any]]
) -> None:
    rows = table(opened["xlsx"])
    check(rows, singly)
    assert [row["x_note"] for row in rows[:3]] == ["第一案，含逗号", '"quoted"', "'@SUM(A1)"]


@without_office
def test_no_reference_is_computed(opened: dict[str, Path]) -> None:
    sheet: Any = openpyxl.load_workbook(opened["xlsx"]).worksheets[0]
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    found = refs(table(opened["xlsx"]))
    assert found[0] == "=1+1"
    assert "2" not in found
    assert found[4] in ("+7", "7")  # a number is left one


@without_office
def test_a_table_saved_by_libreoffice_and_sent_again_has_the_same_answers(
    opened: dict[str, Path], client: httpx.Client, singly: list[dict[str, Any]]
) -> None:
    again = sent(client, opened["csv"].read_bytes())
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(again.decode("utf-8-sig"), newline="")))
    check(rows, singly)


@without_office
def test_ids_that_it_takes_for_days_are_read_as_ids_again(
    opened: dict[str, Path], client: httpx.Client, singly: list[dict[str, Any]]
) -> None:
    content = opened["csv"].read_bytes()
    saved = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["violation"] for row in saved[:4]] == ["1979-01-01", "82-1", "81-1", "1980-01-02"]
    again = list(csv.DictReader(io.StringIO(sent(client, content).decode("utf-8-sig"), newline="")))
    assert [row["inputs"] for row in again[:4]] == [single["inputs"] for single in singly[:4]]


@pytest.mark.parametrize("written", ["1979-01-01", "1979/1/1", "1979年1月1日", "28856"])
def test_other_forms_of_such_a_day_are_read_as_the_id_too(written: str, client: httpx.Client) -> None:
    content = f"kind,violation,severity,goods_value,activity\r\npenalty,{written},ordinary,85000,wholesale\r\n"
    (row,) = csv.DictReader(io.StringIO(sent(client, content.encode()).decode("utf-8-sig"), newline=""))
    assert (row["problem_code"], row["fine_maximum"]) == ("", "2000000.00")


def test_pandas_sees_what_the_api_answers(answered: bytes, singly: list[dict[str, Any]]) -> None:
    pandas: Any = pytest.importorskip("pandas")
    frame = pandas.read_csv(io.BytesIO(answered))
    rows = [
        {name: None if pandas.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    check(rows, singly)
    assert refs(rows)[0] == "=1+1"
    assert rows[0]["violation"] == "79-1-1"
