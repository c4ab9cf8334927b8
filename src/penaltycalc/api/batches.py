"""Many calculations in one request: JSON and xlsx at once, NDJSON and CSV as streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Final, TypeVar

import msgspec
from litestar import post
from msgspec import UNSET, UnsetType

from penaltycalc.api.limits import BatchSlot
from penaltycalc.api.media_types import CSV, JSON, NDJSON, XLSX
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.problems import InsufficientStorage, problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, Streamed, answer_headers
from penaltycalc.batch.csv import (
    CHARSETS,
    BatchFormat,
    Charset,
    CsvDialect,
    CsvFormat,
    NdjsonFormat,
    read_csv_header,
    read_csv_records,
    require_lines,
    split_blocks,
)
from penaltycalc.batch.rows import Batch, InvalidRow, parse_array
from penaltycalc.batch.rows import BatchChunk as RowsAnswered
from penaltycalc.calculators.calculate import Request as Facts
from penaltycalc.errors import RequestError
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.wording import Language

Http = StrictRequest

Query = TypeVar("Query", bound="BatchQuery")
BLOCK: Final = 200
"""Rows that are answered at a stretch; between two blocks the worker serves others."""
CHUNK: Final = 65_536

_ON_BATCH: Final = problem_responses(400, 406, 408, 413, 414, 415, 500, 503)
_ON_FILE: Final = problem_responses(400, 406, 408, 413, 414, 415, 500, 503, 507)


class BatchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How a batch wants to be answered: with explanations or without."""

    explain: bool = False


class CsvBatchQuery(BatchQuery, frozen=True, kw_only=True):
    """Of CSV also: whether the answer begins with a byte order mark, and the charset of both files."""

    bom: bool = False
    charset: Charset | UnsetType = UNSET


def _wanted(request: Http, type: type[Query], media_type: str) -> tuple[Language, Query]:
    """Language and query of a batch; RequestError."""
    lang, query = parse_query(request, None, media_type)
    try:
        return lang, decode_flat(
            type, {name: text.lower() if name == "charset" else text for name, text in query.items()}
        )
    except RequestError as error:
        for fault in error.faults:
            fault.in_query = True
        raise


def _batch(request: Http, lang: Language, query: BatchQuery) -> Batch:
    law, place = request.law, request.scope["path"]
    return Batch(law.rulebook, law.calendar, lang=lang, explain=query.explain, path=place)


def _streamed(
    request: Http, batch: Batch, chunks: Generator[bytes], media_type: str, done: Callable[[], None]
) -> Streamed:
    headers = answer_headers(batch.lang, batch.provenance)
    headers += ((b"content-type", media_type.encode()), (b"cache-control", b"no-store"))
    return Streamed(headers, chunks, done, float(request.law.settings.answer_timeout))


@contextmanager
def _closed_on_failure(place: BatchSlot) -> Iterator[None]:
    """Close the place of a batch that is not answered; one that is keeps it to the end of its answer."""
    try:
        yield
    except BaseException:
        place.close()
        raise


# ----------------------------------------------------------------------------------------- JSON


@post(
    "/v1/batch",
    operation_id="calculateBatch",
    tags=["batch"],
    status_code=200,
    responses=_ON_BATCH,
    opt={"role": "read"},
)
async def post_batch(request: Http) -> BytesResponse[bytes]:
    """多项计算，JSON数组 / Many calculations, as a JSON array."""
    lang, query = _wanted(request, BatchQuery, JSON)
    request.check_content_type(JSON)
    settings = request.law.settings
    place = await request.place()
    with _closed_on_failure(place):
        body = await request.content(settings.max_batch)
        # In a thread: an array with broken rows is read one by one, and the worker goes on serving.
        rows = await asyncio.to_thread(parse_array, body, settings.max_rows, settings.max_nesting)
        batch = _batch(request, lang, query)
        return _streamed(request, batch, _array(request.worker.metrics, batch, rows), JSON, place.close)


def _array(metrics: Metrics, batch: Batch, rows: Sequence[Facts | InvalidRow]) -> Generator[bytes]:
    """The answers as the text of a JSON array."""
    before = b"["
    for first in range(0, len(rows), BLOCK):
        answered = batch.answer_json(rows[first : first + BLOCK], first)
        metrics.count_rows("json", answered)
        yield before + answered.content
        before = b","
    yield b"]" if rows else b"[]"


# -------------------------------------------------------------------------------------- streams


@post(
    "/v1/batch/ndjson",
    operation_id="streamBatch",
    tags=["batch"],
    status_code=200,
    responses=_ON_FILE,
    opt={"role": "read"},
)
async def post_ndjson(request: Http) -> BytesResponse[bytes]:
    """多项计算，每行一个JSON / Many calculations, one JSON object a line."""
    lang, query = _wanted(request, BatchQuery, NDJSON)
    request.check_content_type(NDJSON)
    settings = request.law.settings
    place = await request.place()
    with _closed_on_failure(place):
        file = await _spooled(request, place)
        batch = _batch(request, lang, query)
        stream = NdjsonFormat(batch, settings.max_line, settings.max_nesting)
        count = partial(request.worker.metrics.count_rows, "ndjson")
        chunks = _answers(stream, require_lines(file, settings.max_line), count)
        return _streamed(request, batch, chunks, NDJSON, place.close)


@post(
    "/v1/batch/csv",
    operation_id="calculateBatchCsv",
    tags=["batch"],
    status_code=200,
    responses=_ON_FILE,
    opt={"role": "read"},
)
async def post_csv(request: Http) -> BytesResponse[bytes]:
    """多项计算，CSV表格 / Many calculations, as a CSV table."""
    lang, query = _wanted(request, CsvBatchQuery, CSV)
    named = request.check_content_type(CSV, CHARSETS)
    charset: Charset = "gb18030" if named == "gb18030" else "utf-8"
    if query.charset is not UNSET:
        charset = query.charset
    place = await request.place()
    with _closed_on_failure(place):
        file = await _spooled(request, place)
        batch = _batch(request, lang, query)
        most = request.law.settings.max_line
        stream = CsvFormat(batch, read_csv_header(file, most), CsvDialect(charset, most), bom=query.bom)
        count = partial(request.worker.metrics.count_rows, "csv")
        chunks = _answers(stream, read_csv_records(file, most, stream.is_valid_row), count)
        return _streamed(request, batch, chunks, f"{CSV}; charset={charset}; header=present", place.close)


async def _spooled(request: Http, place: BatchSlot) -> BinaryIO:
    """The body in an unlinked temporary file."""
    file = place.file()
    await request.into(file, request.law.settings.max_stream)
    return file


def _answers(stream: BatchFormat, records: Iterator[bytes], count: Callable[[RowsAnswered], None]) -> Generator[bytes]:
    """The answer, block by block."""
    if stream.head:
        yield stream.head
    first = 0
    for block in split_blocks(records, BLOCK):
        answered = stream.answer_block(block, first)
        first += answered.rows
        count(answered)
        yield answered.content


# ----------------------------------------------------------------------------------------- xlsx


_WORKBOOKS: Final = ThreadPoolExecutor(2, "workbook")
"""Two at a time in a worker, since each may take hundreds of megabytes; the others wait."""


@post(
    "/v1/batch/xlsx",
    operation_id="calculateBatchXlsx",
    tags=["batch"],
    status_code=200,
    responses=_ON_FILE,
    opt={"role": "read"},
)
async def post_xlsx(request: Http) -> BytesResponse[bytes]:
    """多项计算，Excel工作簿 / Many calculations, as an Excel workbook."""
    from penaltycalc.batch.spreadsheet import answer_workbook  # noqa: PLC0415  # its libraries take long to load

    lang, query = _wanted(request, BatchQuery, XLSX)
    request.check_content_type(XLSX, ("",))
    settings = request.law.settings
    place = await request.place()
    with _closed_on_failure(place):
        source, target = place.file(), place.file()
        await request.into(source, settings.max_batch)
        batch = _batch(request, lang, query)
        # In a thread: reading and packing take long, and the worker goes on serving.
        answer = partial(answer_workbook, max_rows=settings.max_rows, max_unpacked=settings.max_unpacked)
        try:
            answered = await asyncio.get_running_loop().run_in_executor(_WORKBOOKS, answer, batch, source, target)
            target.flush()
        except OSError:
            raise InsufficientStorage from None
        source.close()
        place.beside(0)
        request.worker.metrics.count_rows("xlsx", answered)
        return _streamed(request, batch, _content(target), XLSX, place.close)


def _content(file: BinaryIO) -> Generator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


HANDLERS: Final = [post_batch, post_ndjson, post_csv, post_xlsx]
