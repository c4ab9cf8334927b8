"""The routes of batches, many calculations in one request: a JSON array, NDJSON, CSV, xlsx."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Final, TypeVar

import msgspec
from litestar import Response, post
from msgspec import UNSET, UnsetType

from penaltycalc.api.descriptions import (
    BAD_BODY,
    BAD_QUERY,
    DIGESTS,
    INSUFFICIENT_STORAGE,
    UNAVAILABLE,
    list_body_problems,
)
from penaltycalc.api.limits import BatchSlot
from penaltycalc.api.media_types import CSV, JSON, NDJSON, XLSX
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.problems import InsufficientStorage
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import ChunkedResponse, build_answer_headers
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
from penaltycalc.batch.rows import Batch, BatchChunk, InvalidRow, parse_array
from penaltycalc.calculators.calculate import Request as CalculationRequest
from penaltycalc.errors import RequestError
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.wording import Language

Query = TypeVar("Query", bound="BatchQuery")
BLOCK: Final = 200
"""The number of rows that are answered before the worker serves other requests."""
CHUNK: Final = 65_536
"""The size in bytes of the pieces in which a file is sent."""
_HEADERS: Final = ("Cache-Control", *DIGESTS)

# Reading and writing a workbook may take hundreds of megabytes, so that a worker does it for two at a time.
_WORKBOOK_THREADS: Final = ThreadPoolExecutor(2, "workbook")


class BatchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query of a batch: with explanations or without."""

    explain: bool = False


class CsvBatchQuery(BatchQuery, frozen=True, kw_only=True):
    """The query of a CSV batch: also whether the answer begins with a byte order mark, and the charset of both."""

    bom: bool = False
    charset: Charset | UnsetType = UNSET


def _parse_batch_query(request: StrictRequest, type: type[Query], media_type: str) -> tuple[Language, Query]:
    """Read language and query of a batch; as `parse_query`."""
    lang, query = parse_query(request, None, media_type)
    # The names of charsets are the same in any case (RFC 2978), those of all other values are not.
    if "charset" in query:
        query["charset"] = query["charset"].lower()
    try:
        return lang, decode_flat(type, query)
    except RequestError as error:
        for fault in error.faults:
            fault.in_query = True
        raise


def _make_batch(request: StrictRequest, lang: Language, query: BatchQuery) -> Batch:
    law = request.law
    return Batch(law.rulebook, law.calendar, lang=lang, explain=query.explain, path=request.scope["path"])


def _send_chunks(
    request: StrictRequest, slot: BatchSlot, batch: Batch, chunks: Generator[bytes], content_type: str
) -> ChunkedResponse:
    """Make the response with these chunks, which closes the slot at its end."""
    headers = {
        **build_answer_headers(batch.lang, batch.provenance),
        "content-type": content_type,
        "cache-control": "no-store",
    }
    return ChunkedResponse(headers, chunks, slot.close, float(request.law.settings.answer_timeout))


@contextmanager
def _close_on_failure(slot: BatchSlot) -> Iterator[None]:
    """Close the slot of a batch that fails; one that is answered needs it until its last chunk is sent."""
    try:
        yield
    # A cancelled request raises CancelledError, which is no Exception; its slot would stay taken.
    except BaseException:
        slot.close()
        raise


# ----------------------------------------------------------------------------------------- JSON


@post(
    "/v1/batch",
    operation_id="calculateBatch",
    summary="多项计算，JSON数组 / Many calculations, as a JSON array",
    tags=["batch"],
    status_code=200,
    media_type=JSON,
    responses=list_body_problems(BAD_QUERY, UNAVAILABLE),
    opt={"role": "read", "query": (BatchQuery,), "headers": _HEADERS, "receives": "rows", "sends": "rows"},
)
async def post_batch(request: StrictRequest) -> Response[bytes]:
    """Answer the calculations of a JSON array."""
    lang, query = _parse_batch_query(request, BatchQuery, JSON)
    request.check_content_type(JSON)
    settings = request.law.settings
    slot = await request.enter_batch()
    with _close_on_failure(slot):
        body = await request.read_content(settings.max_batch)
        # In a thread: an array with broken rows is parsed row by row, and the worker serves others meanwhile.
        rows = await asyncio.to_thread(parse_array, body, settings.max_rows, settings.max_nesting)
        batch = _make_batch(request, lang, query)
        return _send_chunks(request, slot, batch, _answer_array(request.worker.metrics, batch, rows), JSON)


def _answer_array(metrics: Metrics, batch: Batch, rows: Sequence[CalculationRequest | InvalidRow]) -> Generator[bytes]:
    """Yield the answers as the text of a JSON array, block by block."""
    separator = b"["
    for first in range(0, len(rows), BLOCK):
        chunk = batch.answer_json(rows[first : first + BLOCK], first)
        metrics.count_rows("json", chunk)
        yield separator + chunk.content
        separator = b","
    # Without rows no block has opened the array.
    yield b"]" if rows else b"[]"


# -------------------------------------------------------------------------------------- streams


@post(
    "/v1/batch/ndjson",
    operation_id="streamBatch",
    summary="多项计算，每行一个JSON / Many calculations, one JSON object per line",
    tags=["batch"],
    status_code=200,
    media_type=NDJSON,
    responses=list_body_problems(BAD_QUERY, UNAVAILABLE, INSUFFICIENT_STORAGE),
    opt={"role": "read", "query": (BatchQuery,), "headers": _HEADERS, "receives": "file", "sends": "file"},
)
async def post_ndjson(request: StrictRequest) -> Response[bytes]:
    """Answer the calculations of an NDJSON file."""
    lang, query = _parse_batch_query(request, BatchQuery, NDJSON)
    request.check_content_type(NDJSON)
    settings = request.law.settings
    slot = await request.enter_batch()
    with _close_on_failure(slot):
        # The whole body is read before the first row is answered: where it is cut or too large, the answer is a
        # problem and not a stream that breaks off.
        file = await request.store_content(slot, request.law.settings.max_stream)
        batch = _make_batch(request, lang, query)
        batch_format = NdjsonFormat(batch, settings.max_line, settings.max_nesting)
        count = partial(request.worker.metrics.count_rows, "ndjson")
        chunks = _answer_records(batch_format, require_lines(file, settings.max_line), count)
        return _send_chunks(request, slot, batch, chunks, NDJSON)


@post(
    "/v1/batch/csv",
    operation_id="calculateBatchCsv",
    summary="多项计算，CSV表格 / Many calculations, as a CSV table",
    tags=["batch"],
    status_code=200,
    media_type=CSV,
    responses=list_body_problems(BAD_BODY, UNAVAILABLE, INSUFFICIENT_STORAGE),
    opt={"role": "read", "query": (CsvBatchQuery,), "headers": _HEADERS, "receives": "file", "sends": "file"},
)
async def post_csv(request: StrictRequest) -> Response[bytes]:
    """Answer the calculations of a CSV file."""
    lang, query = _parse_batch_query(request, CsvBatchQuery, CSV)
    charset: Charset = "gb18030" if request.check_content_type(CSV, CHARSETS) == "gb18030" else "utf-8"
    # The query wins, for clients that cannot set the charset of their Content-Type.
    if query.charset is not UNSET:
        charset = query.charset
    slot = await request.enter_batch()
    with _close_on_failure(slot):
        file = await request.store_content(slot, request.law.settings.max_stream)
        batch = _make_batch(request, lang, query)
        max_line = request.law.settings.max_line
        batch_format = CsvFormat(batch, read_csv_header(file, max_line), CsvDialect(charset, max_line), bom=query.bom)
        count = partial(request.worker.metrics.count_rows, "csv")
        chunks = _answer_records(batch_format, read_csv_records(file, max_line, batch_format.is_valid_row), count)
        return _send_chunks(request, slot, batch, chunks, f"{CSV}; charset={charset}; header=present")


def _answer_records(
    batch_format: BatchFormat, records: Iterator[bytes], count: Callable[[BatchChunk], None]
) -> Generator[bytes]:
    """Yield the answer, block by block."""
    if batch_format.head:
        yield batch_format.head
    first = 0
    for block in split_blocks(records, BLOCK):
        chunk = batch_format.answer_block(block, first)
        first += chunk.rows
        count(chunk)
        yield chunk.content


# ----------------------------------------------------------------------------------------- xlsx


@post(
    "/v1/batch/xlsx",
    operation_id="calculateBatchXlsx",
    summary="多项计算，Excel工作簿 / Many calculations, as an Excel workbook",
    tags=["batch"],
    status_code=200,
    media_type=XLSX,
    responses=list_body_problems(BAD_BODY, UNAVAILABLE, INSUFFICIENT_STORAGE),
    opt={"role": "read", "query": (BatchQuery,), "headers": _HEADERS, "receives": "file", "sends": "file"},
)
async def post_xlsx(request: StrictRequest) -> Response[bytes]:
    """Answer the calculations of an Excel workbook."""
    from penaltycalc.batch.spreadsheet import answer_workbook  # noqa: PLC0415  # its libraries take long to load

    lang, query = _parse_batch_query(request, BatchQuery, XLSX)
    # A workbook is no text, so that a Content-Type with any charset is refused.
    request.check_content_type(XLSX, ("",))
    settings = request.law.settings
    slot = await request.enter_batch()
    with _close_on_failure(slot):
        source = await request.store_content(slot, settings.max_batch)
        target = slot.make_file()
        batch = _make_batch(request, lang, query)
        answer = partial(answer_workbook, max_rows=settings.max_rows, max_unpacked=settings.max_unpacked)
        try:
            # In a thread: reading and packing take long, and the worker serves others meanwhile.
            loop = asyncio.get_running_loop()
            chunk = await loop.run_in_executor(_WORKBOOK_THREADS, answer, batch, source, target)
            slot.reserve(target.seek(0, os.SEEK_END))
        except OSError:
            raise InsufficientStorage from None
        # The upload has been read, and its client may take minutes to receive the answer.
        source.close()
        request.worker.metrics.count_rows("xlsx", chunk)
        return _send_chunks(request, slot, batch, _read_chunks(target), XLSX)


def _read_chunks(file: BinaryIO) -> Generator[bytes]:
    """Yield a file from its beginning, piece by piece."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


HANDLERS: Final = [post_batch, post_ndjson, post_csv, post_xlsx]
