"""Read a request before anything is calculated: its path, query, Accept and body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qsl

from litestar import Request

from penaltycalc.api.limits import BatchSlot
from penaltycalc.api.media_types import JSON
from penaltycalc.api.negotiation import choose_language, is_acceptable, join_header
from penaltycalc.api.problems import (
    InsufficientStorage,
    NotAcceptable,
    NotFound,
    Timeout,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from penaltycalc.api.state import LawData, WorkerState
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.calculators.calculate import Request as CalculationRequest
from penaltycalc.errors import (
    Malformed,
    RepeatedName,
    RequestError,
    TooLarge,
    UnknownQuery,
    build_choice_fault,
    raise_first,
)
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is read strictly, into the type that its handler declares."""

    _content: bytes | None = None

    @property
    def law(self) -> LawData:
        """The data that the service answers from."""
        law: LawData = self.scope["litestar_app"].law  # type: ignore[attr-defined]  # set by build_app
        return law

    @property
    def worker(self) -> WorkerState:
        """The objects that all requests of the worker share."""
        worker: WorkerState = self.scope["litestar_app"].worker  # type: ignore[attr-defined]  # set by build_app
        return worker

    async def body(self) -> bytes:
        """Read the body of the operation's own Content-Type and within its limit.

        UnsupportedMediaType, TooLarge, Timeout, Malformed where there is none.
        """
        # Litestar calls this method before `json`, which calls it again: the body comes only once.
        if self._content is None:
            self.check_content_type(JSON)
            self._content = await self.read_content(self.law.settings.max_body)
        return self._content

    async def json(self) -> Any:
        """Decode the body as the record that the handler's `data` declares; RequestError with every fault."""
        field = self.route_handler.parsed_data_field
        body, nesting = await self.body(), self.law.settings.max_nesting
        return decode_json(body, field.annotation if field else object, nesting=nesting)

    def check_content_type(self, media_type: str, charsets: Collection[str] = ("utf-8",)) -> str:
        """Return the charset of the body, the first of `charsets` where none is named; UnsupportedMediaType."""
        content_type, parameters = self.content_type
        charset = parameters.get("charset", "").lower()
        # Many clients write utf8, which is no registered name.
        charset = {"utf8": "utf-8"}.get(charset, charset)
        # Nothing is decompressed, as a small body may unpack beyond any limit: a Content-Encoding is refused.
        if content_type != media_type or charset not in ("", *charsets) or "content-encoding" in self.headers:
            raise UnsupportedMediaType(type=media_type)
        return charset or next(iter(charsets))

    async def read_content(self, limit: int) -> bytes:
        """Read the body of at most `limit` bytes; TooLarge, Timeout, Malformed where there is none."""
        # Most bodies come in one piece, which is not copied.
        chunks = [chunk async for chunk in self._read_chunks(limit)]
        if not chunks:
            raise Malformed(message="malformed-empty")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def require_empty_body(self) -> None:
        """Read a body that has to be empty; TooLarge, Timeout."""
        async for _ in self._read_chunks(0):
            pass

    async def store_content(self, slot: BatchSlot, limit: int) -> BinaryIO:
        """Write the body to a temporary file of the slot and return it; as `read_content`, and InsufficientStorage."""
        file = slot.make_file()
        try:
            async for chunk in self._read_chunks(limit):
                slot.reserve(len(chunk))
                file.write(chunk)
            if not file.tell():
                raise Malformed(message="malformed-empty")
            file.seek(0)
        except OSError:  # the disk is full, or the worker has used up the space for its temporary files
            raise InsufficientStorage from None
        return file

    async def _read_chunks(self, limit: int) -> AsyncIterator[bytes]:
        """Yield the body as it comes; TooLarge, Timeout.

        A body above the limit is still read, up to `max_drain` bytes more: a client that sends all of its body
        before it reads would otherwise see a broken connection instead of the answer.
        """
        size = 0
        more = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        while more:
            try:
                async with asyncio.timeout_at(limit_body_time(self.law.settings, began, loop.time(), size)):
                    event: Any = await self.receive()
            except TimeoutError:
                raise Timeout from None
            if event["type"] == "http.disconnect":
                raise Malformed  # the client has gone, and nobody reads the answer
            size += len(event["body"])
            if event["body"] and size <= limit:
                yield event["body"]
            more = event.get("more_body", False) and size <= limit + self.law.settings.max_drain
        if size > limit:
            raise TooLarge(limit=limit)

    async def enter_batch(self) -> BatchSlot:
        """Take one of the worker's places for a batch; Unavailable, after the body has been read and dropped."""
        try:
            return self.worker.limiter.enter()
        except Unavailable:
            # The answer is 503 whatever the body was. A body that stalls is 408, which closes the connection.
            with suppress(TooLarge, Malformed):
                await self.require_empty_body()
            raise


def limit_body_time(settings: Settings, began: float, now: float, size: int) -> float:
    """Return until when the next piece of a body must come, in seconds of the event loop's clock.

    `began` is when the service began to read the body, `size` how many bytes have come since. A client may send
    nothing for `body_timeout`; in all it may take as long as `body_pace` bytes a second take, and `body_timeout` more.
    """
    patience = float(settings.body_timeout)
    return min(now + patience, began + patience + size / settings.body_pace)


class RequestOptions(NamedTuple):
    """The language of the answer, and the names and values of the query without `lang` and `key`."""

    lang: Language
    query: dict[str, str]


def parse_query(
    request: StrictRequest,
    names: Collection[str] | None = (),
    media_type: str = JSON,
    query_string: bytes | None = None,
) -> RequestOptions:
    """Read language and query of a request, and check its Accept and the length of its address.

    `names` are those that the query may hold besides `lang`, None where the caller checks them; `query_string`
    replaces that of the request. RequestError (UnknownQuery, RepeatedName, SchemaFault, Malformed),
    NotAcceptable, UriTooLong.
    """
    try:
        return _parse_options(
            request, names, media_type, request.scope["query_string"] if query_string is None else query_string
        )
    except RequestError as error:
        for fault in error.faults:
            fault.in_query = True
        raise


def _parse_options(
    request: StrictRequest, names: Collection[str] | None, media_type: str, query_string: bytes
) -> RequestOptions:
    settings = request.law.settings
    if len(query_string) + len(request.scope["path"]) > settings.max_uri:
        raise UriTooLong(limit=settings.max_uri)
    # Without Accept any media type is acceptable (RFC 9110, section 12.5.1); most clients send `*/*`.
    accept = join_header(request, "accept")
    if accept and accept != "*/*" and not is_acceptable(accept, media_type):
        raise NotAcceptable(type=media_type)
    query = _parse_pairs(query_string) if query_string else {}
    if settings.key_in_query and request.route_handler.opt.get("key_in_query"):
        query.pop("key", None)  # the Authenticator has read it
    lang = query.pop("lang", None)
    if names is not None:
        raise_first([UnknownQuery((name,), name, [*names, "lang"]) for name in query if name not in names])
    if lang is None:
        return RequestOptions(choose_language(join_header(request, "accept-language")), query)
    # A loop and no `in`: it lets the type checker see that the text is a Language.
    for language in LANGUAGES:
        if lang == language:
            return RequestOptions(language, query)
    raise build_choice_fault(("lang",), lang, "lang", LANGUAGES)


def _parse_pairs(query_string: bytes) -> dict[str, str]:
    """Parse the names and values of a query, each name once; Malformed, RepeatedName."""
    try:
        # Beyond ASCII a query is percent-encoded (RFC 3986). By default parse_qsl replaces what is no UTF-8.
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Malformed(message="malformed-encoding") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        names = [name for name, _ in pairs]
        raise_first([RepeatedName((name,), name) for name in query if names.count(name) > 1])
    return query


def parse_year(request: StrictRequest, year: str) -> int:
    """Parse the year in the path, in four digits; NotFound where it is none."""
    # `isdigit` alone also accepts superscripts and digits of other scripts, some of which `int` refuses.
    if not (year.isascii() and year.isdigit() and len(year) == len("2026")):
        raise NotFound(path=request.scope["path"])
    return int(year)


def parse_facts(
    request: StrictRequest, kind: Kind, id: str, media_type: str = JSON
) -> tuple[Language, CalculationRequest]:
    """Read a calculation whose id stands in the path and whose facts stand in the query; as `parse_query`."""
    lang, query = parse_query(request, None, media_type)
    subject = CALCULATIONS[kind].subject
    # The path names the id already, and a second one in the query could contradict it.
    if subject in query:
        raise UnknownQuery((subject,), subject, list_flat_fields(kind).keys() - {subject})
    return lang, parse_flat(kind, {subject: id, **query})
