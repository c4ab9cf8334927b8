"""Files of rows: cut into records, each readable or refused by itself, memory bounded."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.batch.csv import (
    CHARSETS,
    Charset,
    CsvDialect,
    CsvFormat,
    NdjsonFormat,
    format_csv_echo,
    format_csv_result,
    read_csv_header,
    read_csv_records,
    read_lines,
    require_lines,
    split_blocks,
)
from penaltycalc.batch.rows import Batch
from penaltycalc.errors import (
    Malformed,
    PenaltycalcError,
    RepeatedName,
    RequestError,
    SchemaFault,
    TooLarge,
    UnknownColumn,
    label_fact,
)

MOST = 65_536
HEAD = b"kind,ref,violation,goods_value,activity,severity,step,start,x_note\r\n"


@pytest.fixture
def batch(rulebook: Rulebook, calendar: WorkingCalendar) -> Batch:
    return Batch(rulebook, calendar, lang="en")


def licence(ref: str, note: str = "") -> str:
    """A row that is due on 2026-11-05."""
    return f"deadline,{ref},,,,,production-licence,2026-09-18,{note}\r\n"


def through(batch: Batch, content: bytes, *, charset: Charset = "utf-8", bom: bool = False, most: int = MOST) -> bytes:
    """The answer to a CSV file, block by block."""
    file = io.BytesIO(content)
    form = CsvDialect(charset, most)
    stream = CsvFormat(batch, read_csv_header(file, most), form, bom=bom)
    made = [stream.head]
    first = 0
    for block in split_blocks(read_csv_records(file, most, stream.is_valid_row), 2):
        answered = stream.answer_block(block, first)
        made.append(answered.content)
        first += answered.rows
    return b"".join(made)


def table(content: bytes, charset: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(charset), newline="")))


def answered(batch: Batch, content: bytes, **how: Any) -> list[dict[str, str]]:
    return table(through(batch, content, **how), how.get("charset", "utf-8"))


def refused(batch: Batch, content: bytes, **how: Any) -> PenaltycalcError:
    with pytest.raises((RequestError, TooLarge)) as found:
        through(batch, content, **how)
    return found.value


def codes(rows: list[dict[str, str]]) -> list[str]:
    return [row["problem_code"] for row in rows]


# ---------------------------------------------------------------------------------------- lines


def cut(content: bytes, most: int = 10) -> list[bytes]:
    return list(read_lines(io.BytesIO(content), most))


def test_blank_lines_are_no_rows() -> None:
    assert cut(b"a\n\n  \n\r\n\tb\r\n\n") == [b"a\n", b"\tb\r\n"]


def test_a_byte_order_mark_makes_no_row_of_a_blank_line() -> None:
    assert cut(b"\xef\xbb\xbf\na\n\xef\xbb\xbf\n") == [b"a\n", b"\xef\xbb\xbf\n"]
    assert cut(b"\xef\xbb\xbfa\n") == [b"\xef\xbb\xbfa\n"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n \n"])
def test_a_file_without_lines_is_empty(content: bytes) -> None:
    with pytest.raises(Malformed) as found:
        require_lines(io.BytesIO(content), 10)
    assert found.value.message == "malformed-empty"
    assert list(require_lines(io.BytesIO(content + b"\na\nb"), 10)) == [b"a\n", b"b"]


def test_a_last_line_needs_no_line_break() -> None:
    assert cut(b"a\nb") == [b"a\n", b"b"]


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() -> None:
    assert cut(b"0123456789abc\nb\n") == [b"0123456789a", b"b\n"]
    assert cut(b"x" * 200_000 + b"\nb\n") == [b"x" * 11, b"b\n"]
    assert cut(b"x" * 200_000) == [b"x" * 11]


def test_a_line_as_long_as_the_limit_is_whole_with_its_line_break() -> None:
    assert cut(b"012345678\nb\n") == [b"012345678\n", b"b\n"]
    assert cut(b"0123456789\nb\n") == [b"0123456789\n", b"b\n"]


def test_blocks_hold_as_many_records_as_they_may() -> None:
    assert list(split_blocks(iter([b"1", b"2", b"3"]), 2)) == [[b"1", b"2"], [b"3"]]
    assert list(split_blocks(iter([]), 2)) == []


# -------------------------------------------------------------------------------------- records


def records(content: bytes, most: int = 100, cells: int = 2) -> list[bytes]:
    def fits(record: bytes) -> bool:
        try:
            (row,) = csv.reader([record.decode()], strict=True)
        except (csv.Error, ValueError):
            return False
        return len(row) == cells

    return list(read_csv_records(io.BytesIO(content), most, fits))


def test_a_quoted_cell_may_hold_line_breaks() -> None:
    assert records(b'a,"b\nc"\nd,e\n') == [b'a,"b\nc"\n', b"d,e\n"]
    assert records(b'a,"b\n\n\nc"\nd,e\n') == [b'a,"b\n\n\nc"\n', b"d,e\n"]
    assert records(b'a,"""b\r\nc"\r\n') == [b'a,"""b\r\nc"\r\n']


def test_a_quote_left_open_spoils_its_own_line_and_no_other() -> None:
    assert records(b'a,"b\nc,d\ne,f\n') == [b'a,"b\n', b"c,d\n", b"e,f\n"]
    # The next line with a quote would close it, but what comes out is no row of two cells.
    assert records(b'a,"b\nc,d\ne,"f"\ng,"h\ni,j\n') == [b'a,"b\n', b"c,d\n", b'e,"f"\n', b'g,"h\n', b"i,j\n"]


def test_a_record_longer_than_a_line_may_be_is_cut() -> None:
    inner = b"x\n" * 60
    assert records(b'a,"' + inner + b'"\nd,e\n') == [(b'a,"' + inner)[:101], b"d,e\n"]
    assert records(b'a,"' + b"x\n" * 40 + b'"\nd,e\n') == [b'a,"' + b"x\n" * 40 + b'"\n', b"d,e\n"]
    # It closes, but in a line that makes the record too long; or goes on behind that for long.
    assert records(b'a,"b\n' + b"y" * 96 + b'"\nd,e\n') == [b'a,"b\n' + b"y" * 96, b"d,e\n"]
    assert records(b'a,"b\n",' + b"y" * 5000 + b"\nd,e\n") == [b'a,"b\n",' + b"y" * 94, b"d,e\n"]
    assert records(b'a,"' + b"y" * 500 + b'\n"\nd,e\n') == [b'a,"' + b"y" * 98, b"d,e\n"]


def test_a_quote_that_does_not_close_for_long_is_one_left_open() -> None:
    assert records(b'a,"x\n' + b"x\n" * 900 + b'"\nd,e\n')[:2] == [b'a,"x\n', b"x\n"]
    assert records(b'a","b\n' * 500)[:2] == [b'a","b\n'] * 2
    assert len(records(b'a","b\n' * 500)) == 500


def test_a_record_that_is_no_row_stays_one_but_where_it_took_in_rows() -> None:
    assert records(b'a,"b\nc",d\ne,f\n') == [b'a,"b\nc",d\n', b"e,f\n"]
    assert records(b'a,"b\nc,d\ne,"\n"f",g\n') == [b'a,"b\nc,d\ne,"\n', b'"f",g\n']
    assert records(b'a,"b\nc,d\ne,5",6\ng,h\n') == [b'a,"b\n', b"c,d\n", b'e,5",6\n', b"g,h\n"]
    assert records(b'"a"b\nc,d\n') == [b'"a"b\n', b"c,d\n"]
    assert records(b'a,"b\nc"') == [b'a,"b\nc"']


def test_a_line_that_is_too_long_is_a_record_whatever_its_quotes() -> None:
    assert records(b'a,"' + b"x" * 200 + b"\nd,e\n") == [b'a,"' + b"x" * 98, b"d,e\n"]


# --------------------------------------------------------------------------------------- NDJSON


def test_lines_are_answered_with_lines(batch: Batch) -> None:
    row = b'{"kind":"deadline","step":"production-licence","start":"2026-09-18","ref":"%d"}\n'
    stream = NdjsonFormat(batch, MOST)
    first = stream.answer_block([b"\xef\xbb\xbf" + row % 0, (row % 1).replace(b"\n", b"\r\n")], 0)
    later = stream.answer_block([row % 2, b"{\n"], 2)
    found = [json.loads(one) for one in (first.content + later.content).splitlines()]
    assert [one.get("ref") for one in found] == ["0", "1", "2", None]
    assert [one.get("due") for one in found] == ["2026-11-05"] * 3 + [None]
    assert (found[3]["code"], found[3]["instance"]) == ("malformed", "#/3")
    assert (first.rows, later.rows, dict(later.problems)) == (2, 2, {"malformed": 1})
    assert stream.head == b""


def test_a_byte_order_mark_further_on_is_no_mark(batch: Batch) -> None:
    answer = NdjsonFormat(batch, MOST).answer_block([b'\xef\xbb\xbf{"kind":"penalty","violation":"85-2"}\n'], 200)
    assert json.loads(answer.content)["code"] == "malformed"


# ------------------------------------------------------------------------------------------ CSV


def test_rows_are_answered_in_their_order_beside_what_was_given(batch: Batch) -> None:
    rows = answered(batch, HEAD + (licence("R-1", "a") + licence("R-2", "b") + licence("R-3", "c")).encode())
    assert [(row["ref"], row["due"], row["x_note"]) for row in rows] == [
        ("R-1", "2026-11-05", "a"),
        ("R-2", "2026-11-05", "b"),
        ("R-3", "2026-11-05", "c"),
    ]
    assert codes(rows) == ["", "", ""]


def test_answers_are_written_with_the_line_breaks_of_the_standard(batch: Batch) -> None:
    made = through(batch, HEAD.replace(b"\r", b"") + licence("R").replace("\r", "").encode())
    assert made.count(b"\r\n") == made.count(b"\n") == 2


def test_a_byte_order_mark_is_read_over_and_written_where_it_is_wanted(batch: Batch) -> None:
    content = HEAD + licence("R").encode()
    plain = through(batch, content)
    assert through(batch, b"\xef\xbb\xbf" + content) == plain
    assert through(batch, content, bom=True) == b"\xef\xbb\xbf" + plain
    quoted = b'\xef\xbb\xbf"kind"' + content.removeprefix(b"kind")
    assert through(batch, quoted) == plain


@pytest.mark.parametrize("charset", CHARSETS)
def test_blank_lines_behind_a_byte_order_mark_are_read_over(charset: Charset, batch: Batch) -> None:
    content = HEAD + licence("R").encode()
    mark = "\ufeff".encode(charset)
    assert through(batch, mark + b"\r\n\n" + content, charset=charset) == through(batch, content)


def test_a_record_of_many_lines_that_is_refused_is_one_row(batch: Batch) -> None:
    for note, code, detail in (
        ('"' + "x\n" * 40_000 + '"', "too-large", "The line is longer than 65536 bytes."),
        ('"a\nb\nc",extra', "schema", "The row has 10 cells, the header 9 columns; make them match."),
        ('"a\0\nb"', "malformed", "There is a NUL character in the content; remove it."),
    ):
        rows = answered(batch, HEAD + (licence("R-1", note) + licence("R-2")).encode())
        assert codes(rows) == [code, ""]
        assert rows[0]["problem_detail"] == detail


def test_a_charset_holds_for_both_ways(batch: Batch) -> None:
    text = HEAD.decode() + licence("案-1", "药品𠮷㐂")
    made = through(batch, text.encode("gb18030"), charset="gb18030")
    assert made.decode("gb18030") == through(batch, text.encode()).decode()
    assert table(made, "gb18030")[0]["x_note"] == "药品𠮷㐂"
    marked = through(batch, text.encode("gb18030"), charset="gb18030", bom=True)
    assert marked == b"\x84\x31\x95\x33" + made
    assert (
        through(batch, marked.partition(b"\r\n")[0] + b"\r\n", charset="gb18030")
        == made.partition(b"\r\n")[0] + b"\r\n"
    )


def test_characters_of_another_charset_refuse_their_line_alone(batch: Batch) -> None:
    content = HEAD + (licence("R-1")).encode() + licence("案-2").encode("gb18030") + licence("R-3").encode()
    rows = answered(batch, content)
    assert codes(rows) == ["", "malformed", ""]
    assert rows[1]["problem_detail"] == "The content is not UTF-8."
    assert rows[1]["ref"].endswith("-2")
    assert "\ufffd" in rows[1]["ref"]
    assert [rows[0]["due"], rows[2]["due"]] == ["2026-11-05"] * 2


def test_a_nul_byte_refuses_its_line_alone(batch: Batch) -> None:
    rows = answered(batch, HEAD + (licence("R-1") + licence("R\0-2") + licence("R-3")).encode())
    assert codes(rows) == ["", "malformed", ""]
    assert rows[1]["problem_detail"] == "There is a NUL character in the content; remove it."
    assert rows[1]["ref"] == "R\ufffd-2"


def test_a_quote_left_open_refuses_its_row_alone(batch: Batch) -> None:
    content = HEAD + (licence("R-1") + licence("R-2", '"open') + licence("R-3", '"a, b"') + licence("R-4")).encode()
    rows = answered(batch, content)
    assert codes(rows) == ["", "malformed", "", ""]
    assert [row["ref"] for row in rows] == ["R-1", "R-2", "R-3", "R-4"]
    assert rows[2]["x_note"] == "a, b"
    content = HEAD + (licence("R-1") + '"' + licence("R-2") + licence("R-3")).encode()
    assert codes(answered(batch, content)) == ["", "malformed", ""]


def test_a_quotation_mark_inside_a_cell_is_a_character(batch: Batch) -> None:
    rows = answered(batch, HEAD + (licence("R-1", '5" pipe') + licence("R-2", '6" pipe')).encode())
    assert codes(rows) == ["", ""]
    assert [row["x_note"] for row in rows] == ['5" pipe', '6" pipe']


def test_line_breaks_inside_a_quoted_cell_are_kept(batch: Batch) -> None:
    rows = answered(batch, HEAD + (licence("R-1", '"a\r\n\r\nb, ""c"""') + licence("R-2")).encode())
    assert [row["x_note"] for row in rows] == ['a\r\n\r\nb, "c"', ""]


def test_a_file_cut_off_in_mid_line_is_answered_up_to_there(batch: Batch) -> None:
    content = HEAD + (licence("R-1") + licence("R-2")[:25]).encode()
    rows = answered(batch, content)
    assert codes(rows) == ["", "schema"]
    assert (rows[0]["due"], rows[1]["ref"]) == ("2026-11-05", "R-2")
    assert rows[1]["problem_detail"] == "The row has 7 cells, the header 9 columns; make them match."
    rows = answered(batch, HEAD + (licence("R-1") + licence("R-2", '"cut')).encode().rstrip())
    assert codes(rows) == ["", "malformed"]


@pytest.mark.parametrize("length", [70_000, 200_000])
def test_a_line_beyond_its_limit_refuses_itself_alone(length: int, batch: Batch) -> None:
    content = HEAD + (licence("R-1") + licence("R-2", "x" * length) + licence("R-3")).encode()
    rows = answered(batch, content)
    assert codes(rows) == ["", "too-large", ""]
    assert rows[1]["problem_detail"] == "The line is longer than 65536 bytes."
    assert rows[2]["due"] == "2026-11-05"


def test_a_field_within_its_line_may_be_as_long_as_that(batch: Batch) -> None:
    rows = answered(batch, HEAD + licence("R-1", "x" * 60_000).encode())
    assert (codes(rows), rows[0]["x_note"]) == ([""], "x" * 60_000)


def test_a_field_longer_than_the_reader_takes_is_a_problem_of_its_row(batch: Batch) -> None:
    rows = [licence("R-1", "x" * 200_000).encode(), licence("R-2").encode()]
    answer = CsvFormat(batch, HEAD, CsvDialect("utf-8", 1_000_000), bom=False).answer_block(rows, 0)
    assert (answer.rows, dict(answer.problems)) == (2, {"malformed": 1})


def test_blank_lines_are_left_out_and_blank_rows_kept(batch: Batch) -> None:
    content = HEAD + (licence("R-1") + "\r\n\r\n" + ",,,,,,,,\r\n" + " ,,,,,,,,\r\n" + licence("R-2")).encode()
    rows = answered(batch, content)
    assert [row["due"] for row in rows] == ["2026-11-05", "", "", "2026-11-05"]
    assert codes(rows) == [""] * 4


def test_a_header_alone_is_answered_with_a_header_alone(batch: Batch) -> None:
    for content in (HEAD, HEAD.rstrip(), HEAD + b"\r\n\r\n"):
        made = through(batch, content)
        assert made.startswith(HEAD.rstrip() + b",excluded,determined,")
        assert made.count(b"\n") == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n \r\n"])
def test_a_file_without_a_header_is_refused(content: bytes, batch: Batch) -> None:
    error = refused(batch, content)
    assert (type(error), error.message) == (Malformed, "malformed-empty")


@pytest.mark.parametrize(
    ("header", "error", "message"),
    [
        (b"kind,violation,goods_valu\n", UnknownColumn, "unknown-column-near"),
        (b"kind;violation;goods_value\n", UnknownColumn, "unknown-column-near"),
        (b"kind,Violation\n", UnknownColumn, "unknown-column-near"),
        (b"kind,,violation\n", UnknownColumn, "unknown-column"),
        (b"kind,violation,violation\n", RepeatedName, "repeated-name"),
        (b"violation,goods_value\n", SchemaFault, "schema-missing"),
        (b"\xff\xfek\0i\0n\0d\0\n", Malformed, "malformed-utf16"),
        (b"\xfe\xff\0k\0i\0n\0d\n", Malformed, "malformed-utf16"),
        (b"k\0i\0n\0d\0\n", Malformed, "malformed-nul"),
        ("kind,x_备注\n".encode("gb18030"), Malformed, "malformed-charset"),
        (b'kind,"violation\n', Malformed, "malformed-csv"),
        (b"kind,violation\rpenalty,85-2\rpenalty,85-1\r", Malformed, "malformed-cr"),
        (b"kind," + b"x" * 70_000 + b"\n", TooLarge, "too-large-line"),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file(
    header: bytes, error: type[Exception], message: str, batch: Batch
) -> None:
    found = refused(batch, header + b"penalty,85-2,\n" if header.endswith(b"\n") else header)
    assert (type(found), found.message) == (error, message)


def test_an_unknown_column_names_the_nearest_one(batch: Batch) -> None:
    error = refused(batch, b"kind,violation,goods_valu,sevrity\n")
    assert [(fault.where, fault.facts["nearest"]) for fault in error.faults] == [
        (("goods_valu",), label_fact(("goods_value",))),
        (("sevrity",), label_fact(("severity",))),
    ]


def test_a_cell_of_csv_is_no_formula() -> None:
    assert format_csv_result("=1+1") == format_csv_echo("=1+1") == format_csv_echo("'=1+1") == "'=1+1"
    assert format_csv_result(None) == format_csv_echo("") == ""
    assert format_csv_result(-7) == format_csv_echo("-7") == "-7"


# --------------------------------------------------------------------------------------- memory


class Endless(io.RawIOBase):
    """A file of as many rows as wanted, made while they are read."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        super().__init__()
        self.rows = rows

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        made = b"".join(islice(self.rows, len(buffer) // 100))
        buffer[: len(made)] = made
        return len(made)


def test_memory_does_not_grow_with_the_file(batch: Batch) -> None:
    rows = (licence(f"R-{number}", "note").encode() for number in range(20_200))
    file: Any = io.BufferedReader(Endless(rows), 65_536)
    stream = CsvFormat(batch, HEAD, CsvDialect("utf-8", MOST), bom=False)
    records_left = read_csv_records(file, MOST, stream.is_valid_row)
    first = stream.answer_block(list(islice(records_left, 200)), 0).rows
    tracemalloc.start()
    try:
        for block in split_blocks(records_left, 200):
            first += stream.answer_block(block, first).rows
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert first == 20_200
    assert peak < 4_000_000


def test_the_charsets_are_those_of_the_document() -> None:
    assert CHARSETS == ("utf-8", "gb18030")


def test_empty_names_at_the_end_of_a_header_are_passed_over_with_their_empty_cells(batch: Batch) -> None:
    # A spreadsheet writes commas for every column that was ever used.
    content = (
        b"kind,step,start,,\r\n"
        b"deadline,production-licence,2026-09-18,,\r\n"
        b"deadline,production-licence,2026-09-18\r\n"
        b"deadline,production-licence,2026-09-18,,x\r\n"
        b"deadline,production-licence,2026-09-18,\r\n"
    )
    rows = answered(batch, content)
    assert [row["due"] for row in rows] == ["2026-11-05", "2026-11-05", "", ""]
    assert codes(rows)[2:] == ["schema", "schema"]
    assert "" not in rows[0]


def test_a_block_ends_where_it_has_enough_rows_or_enough_bytes() -> None:
    given = [b"12345", b"6", b"7", b"8", b"123456789", b"0"]
    assert list(split_blocks(given, 3, 6)) == [[b"12345", b"6"], [b"7", b"8", b"123456789"], [b"0"]]
    assert list(split_blocks([], 3)) == []
