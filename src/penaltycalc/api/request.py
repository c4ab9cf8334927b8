"""What every route does with a request before it calculates: language, query, Accept, body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from functools import lru_cache
from typing import Any, BinaryIO, Final, NamedTuple
from urllib.parse import parse_qsl

from litestar import Request

from penaltycalc.api.limits import BatchSlot
from penaltycalc.api.media_types import JSON
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
from penaltycalc.calculators.calculate import Request as Facts
from penaltycalc.errors import Malformed, RepeatedName, RequestError, SchemaFault, TooLarge, UnknownQuery, raise_first
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings

DEFAULT_LANGUAGE: Final[Language] = "zh"


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is read strictly, into the type that its handler declares."""

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

    @property
    def document(self) -> bytes:
        """The OpenAPI document of the service."""
        document: bytes = self.scope["litestar_app"].document  # type: ignore[attr-defined]  # made by the Service
        return document

    def header(self, name: bytes) -> bytes | None:
        """A header as it came, several of one name joined (RFC 9110); None where it is not there."""
        found = None
        for known, value in self.scope["headers"]:
            if known == name:
                found = value if found is None else b", ".join((found, value))
        return found

    async def body(self) -> bytes:
        """The body, of the operation's own Content-Type and within its limit.

        UnsupportedMediaType, TooLarge, Malformed where there is none. A body that is too large is
        still read, up to a limit, so that the client sees the answer.
        """
        if isinstance(self._body, bytes):
            return self._body
        self.check_content_type(JSON)
        self._body = self._connection_state.body = await self.content(self.law.settings.max_body)
        return self._body

    def check_content_type(self, media_type: str, charsets: Collection[str] = ("utf-8",)) -> str:
        """The charset of the body, the first of `charsets` where none is named; UnsupportedMediaType."""
        content_type = self.header(b"content-type")
        charset = _charset(content_type, media_type) if content_type is not None else None
        if charset not in ("", *charsets) or self.header(b"content-encoding") is not None:
            raise UnsupportedMediaType(type=media_type)
        return charset or next(iter(charsets))

    async def content(self, limit: int) -> bytes:
        """The body of at most `limit` bytes; TooLarge, or Malformed where there is none."""
        chunks = [chunk async for chunk in self._chunks(limit)]
        if not chunks:
            raise Malformed(message="malformed-empty")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def no_content(self) -> None:
        """Nothing where the body is empty, as it has to be; TooLarge."""
        async for _ in self._chunks(0):
            pass

    async def into(self, file: BinaryIO, limit: int) -> None:
        """Write the body to a file and go back to its beginning; as `content`. InsufficientStorage."""
        try:
            async for chunk in self._chunks(limit):
                file.write(chunk)
            if not file.tell():
                raise Malformed(message="malformed-empty")
            file.seek(0)
        except OSError:
            raise InsufficientStorage from None

    async def _chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body as it comes; one that is too large is still read, up to a limit, and then refused. Timeout."""
        size = 0
        more = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        while more:
            try:
                async with asyncio.timeout_at(body_deadline(self.law.settings, began, loop.time(), size)):
                    event: Any = await self.receive()
            except TimeoutError:
                raise Timeout from None
            if event["type"] == "http.disconnect":
                raise Malformed  # nobody is there to read it
            size += len(event["body"])
            if event["body"] and size <= limit:
                yield event["body"]
            more = event.get("more_body", False) and size <= limit + self.law.settings.max_drain
        if size > limit:
            raise TooLarge(limit=limit)

    async def place(self) -> BatchSlot:
        """A place among the batches of the worker; Unavailable, after the body was read as one too large is."""
        try:
            return self.worker.limiter.enter()
        except Unavailable:
            with suppress(TooLarge, Malformed):
                async for _ in self._chunks(0):
                    pass
            raise

    async def json(self) -> Any:
        """The body as the record that the handler's `data` declares; RequestError with every fault."""
        declared = self.route_handler.parsed_data_field
        body, most = await self.body(), self.law.settings.max_nesting
        return decode_json(body, declared.annotation if declared else object, nesting=most)


def body_deadline(settings: Settings, began: float, now: float, size: int) -> float:
    """Return until when the next piece of a body must come, in seconds of the event loop's clock.

    `began` is when the service began to read the body, `size` how many bytes have come since. A client may send
    nothing for `body_timeout`; in all it may take as long as `body_pace` bytes a second take, and `body_timeout` more.
    """
    patience = float(settings.body_timeout)
    return min(now + patience, began + patience + size / settings.body_pace)


class RequestOptions(NamedTuple):
    """How a request wants to be answered, and the names and values of its query, `lang` left out."""

    lang: Language
    query: dict[str, str]


def parse_query(
    request: StrictRequest,
    names: Collection[str] | None = (),
    media_type: str = JSON,
) -> RequestOptions:
    """Read language, query and Accept of a request.

    `names` are those that the query may hold besides `lang`, None where the caller checks them.
    RequestError (UnknownQuery, RepeatedName, SchemaFault, Malformed), NotAcceptable, UriTooLong.
    """
    try:
        return _asked(request, names, media_type)
    except RequestError as error:
        for fault in error.faults:
            fault.in_query = True
        raise


def _asked(request: StrictRequest, names: Collection[str] | None, media_type: str) -> RequestOptions:
    scope = request.scope
    raw: bytes = scope["query_string"]
    limit = request.law.settings.max_uri
    if len(raw) + len(scope["path"]) > limit:
        raise UriTooLong(limit=limit)
    accept = request.header(b"accept")
    if accept and accept != b"*/*" and not _accepts(accept, media_type):
        raise NotAcceptable(type=media_type)
    query = _query(raw) if raw else {}
    if request.law.settings.key_in_query and request.route_handler.opt.get("key_in_query"):
        query.pop("key", None)  # the Authenticator has read it
    lang = query.pop("lang", None)
    if names is not None:
        raise_first([UnknownQuery((name,), name, [*names, "lang"]) for name in query if name not in names])
    if lang is None:
        return RequestOptions(language_of(request.header(b"accept-language")), query)
    for known in LANGUAGES:
        if lang == known:
            return RequestOptions(known, query)
    raise SchemaFault(("lang",), message="schema-one-of", values=", ".join(LANGUAGES))


def parse_year(request: StrictRequest, year: str) -> int:
    """The year that a path names, in four digits; NotFound where it is none."""
    if not (year.isascii() and year.isdigit() and len(year) == len("2026")):
        raise NotFound(path=request.url.path)
    return int(year)


def parse_facts(request: StrictRequest, kind: Kind, id: str, media_type: str = JSON) -> tuple[Language, Facts]:
    """The language and the facts of a calculation whose id stands in the path and whose facts stand in the query."""
    lang, query = parse_query(request, None, media_type)
    subject = CALCULATIONS[kind].subject
    if subject in query:
        raise UnknownQuery((subject,), subject, list_flat_fields(kind).keys() - {subject})
    return lang, parse_flat(kind, {subject: id, **query})


def _query(raw: bytes) -> dict[str, str]:
    try:
        pairs = _pairs(raw.decode("ascii"))
    except ValueError:
        raise Malformed(message="malformed-encoding") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        names = [name for name, _ in pairs]
        raise_first([RepeatedName((name,), name) for name in query if names.count(name) > 1])
    return query


def _pairs(text: str) -> list[tuple[str, str]]:
    """The names and values of a query; most hold nothing that is encoded, and are split in a fifth of the time."""
    if "%" in text or "+" in text:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    return [(name, value) for name, _, value in (part.partition("=") for part in text.split("&") if part)]


@lru_cache(maxsize=64)
def _charset(content_type: bytes, media_type: str) -> str | None:
    """The charset that a Content-Type of this media type names, empty where it names none; None for another type."""
    given, _, parameters = content_type.decode("latin-1").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").partition("charset=")[2].partition(";")[0]
    return {"utf8": "utf-8"}.get(charset, charset) if given.strip() == media_type else None


@lru_cache(maxsize=64)
def _accepts(header: bytes, media_type: str) -> bool:
    """Whether an Accept header takes a media type: the most specific range that matches it decides (RFC 9110)."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    found: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weights = [one for one in parameters.split(";") if one.strip().startswith("q=")]
        found[name.strip()] = _quality(weights[0] if weights else "")
    return next((found[one] for one in ranges if one in found), 0.0) > 0


@lru_cache(maxsize=64)
def language_of(header: bytes | None) -> Language:
    """The language of an Accept-Language header (RFC 9110); Chinese where it names neither."""
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for part in (header or b"").decode("latin-1").split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].strip().lower()
        quality = _quality(parameters)
        for known in LANGUAGES:
            if language == known and quality > best_quality:
                best, best_quality = known, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        quality = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


def language_of_problem(request: StrictRequest) -> Language:
    """The language of a refused request, whatever is wrong with it."""
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace"))
    for known in LANGUAGES:
        if query.get("lang") == known:
            return known
    return language_of(request.header(b"accept-language"))
