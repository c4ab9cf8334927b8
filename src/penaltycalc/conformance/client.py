"""Asks a deployment over HTTP what it says to the cases of the kit; knows nothing of what they expect.

The standard library's client does: it keeps connections open, and trusts the certificates that the
machine trusts, so that an office's own authority counts. It follows no redirection, so that the key
goes to the address given and nowhere else; neither the key nor an address with a password in it is
ever part of a message.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import UNSET, UnsetType
from tqdm import tqdm

from penaltycalc._version import __version__
from penaltycalc.calculators.calculate import Kind
from penaltycalc.conformance.kit import (
    Case,
    Conformance,
    Installation,
    Kit,
    ReportedAnswer,
    compare_answers,
    digest_kit,
    encode_case,
)
from penaltycalc.errors import NoDeployment, SchemaFault
from penaltycalc.rules.wording import Language

CONNECTIONS: Final = 8
"""Cases that are asked at the same time."""
MOST_BYTES: Final = 8_000_000
"""How much of an answer is read."""
TRIES: Final = 5
MOST_PATIENCE: Final = 60
"""How often a case is asked where the deployment says that it is too busy, and seconds between two times at most."""

PATHS: Final[dict[Kind, str]] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}
CASES: Final = "/v1/conformance/csv"
_URL: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_NO_ADDRESS: Final = re.compile(r"[?#@\\]")
"""A query, a fragment, a name with a password: none of them belongs to the address of a service."""


class Reply(NamedTuple):
    """What came back; `media_type` without parameters, `retry_after` in seconds."""

    status: int
    media_type: str
    content: bytes
    retry_after: int

    @property
    def problem(self) -> str:
        """The code of the problem that it carries; the status where it carries none."""
        said = _object(self.content)
        return str(said["code"]) if "code" in said else f"HTTP {self.status}"


class Deployment:
    """A deployment at an address, asked over a few connections; to be closed.

    `timeout` is in seconds, for each wait. SchemaFault where address or key are malformed; NoDeployment
    where the deployment cannot be asked.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout: int = 10, lang: Language = "zh") -> None:
        self.url = url.rstrip("/")
        self._address = _address(self.url)
        self._timeout = timeout
        self._headers = {
            "Accept": "*/*",
            "Accept-Language": lang,
            "User-Agent": f"penaltycalc/{__version__}",
            **({} if key is None else {"Authorization": f"Bearer {_key(key)}"}),
        }
        self._idle: SimpleQueue[HTTPConnection] = SimpleQueue()

    def close(self) -> None:
        """Close its connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def kit(self) -> str | UnsetType:
        """The digest of the deployment's own cases; absent where its version hands out none."""
        reply = self._asked("GET", CASES)
        if reply.status == 200 and reply.media_type == "text/csv":
            return digest_kit(reply.content)
        if reply.status == 404 and reply.problem == "not-found":
            return UNSET
        told = reply.problem if reply.status != 200 else reply.media_type
        raise NoDeployment(f"{self.url}{CASES}", f"{reply.status} {told}")

    def told(self, cases: Sequence[Case]) -> Iterator[tuple[Case, ReportedAnswer]]:
        """What the deployment says to each case, in their order."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            waiting = [pool.submit(self._told, case) for case in cases]
            try:
                for case, future in zip(cases, waiting, strict=True):
                    yield case, future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _told(self, case: Case) -> ReportedAnswer:
        path = PATHS[case.kind]
        reply = self._asked("POST", path, encode_case(case))
        if reply.status == 404:  # no case is asked for what is not there: this is no address of the service
            raise NoDeployment(f"{self.url}{path}", f"404 {reply.problem}")
        return _object(reply.content) if reply.status == 200 else {"problem": reply.problem}

    def _asked(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """The reply, asked for again where the deployment says that it is too busy."""
        reply = self._exchanged(method, path, body)
        for _ in range(1, TRIES):
            if reply.status != 429:
                break
            wait(min(reply.retry_after, MOST_PATIENCE))
            reply = self._exchanged(method, path, body)
        return reply

    def _exchanged(self, method: str, path: str, body: bytes | None) -> Reply:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._connection()
        reused = connection.sock is not None
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        try:
            connection.request(method, self._address.path.rstrip("/") + path, body, headers)
            reply = _read(connection)
        except (OSError, HTTPException) as fault:
            connection.close()
            if reused and not isinstance(fault, TimeoutError):  # closed meanwhile by the other side, as it may
                return self._exchanged(method, path, body)
            raise NoDeployment(f"{self.url}{path}", _said(fault)) from None
        self._idle.put(connection)
        return reply

    def _connection(self) -> HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        if self._address.scheme == "https":
            return HTTPSConnection(host, port, timeout=self._timeout, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=self._timeout)


def check(kit: Kit, deployment: Deployment, package: Installation) -> Conformance:
    """How a deployment stands to the kit, compared by this `package`; a bar on a terminal shows how far it is."""
    kit_there = deployment.kit()
    told = tqdm(deployment.told(kit.cases), total=len(kit.cases), disable=None, leave=False)
    return compare_answers(told, kit, package, url=deployment.url, kit_there=kit_there)


def wait(seconds: int) -> None:
    """Let some time pass."""
    Event().wait(seconds)


def _read(connection: HTTPConnection) -> Reply:
    response = connection.getresponse()
    content = response.read(MOST_BYTES)
    if not response.isclosed():  # more than is read: the connection cannot be used again
        connection.close()
    wait = response.getheader("Retry-After", "")
    return Reply(
        status=response.status,
        media_type=response.getheader("Content-Type", "").partition(";")[0].strip().lower(),
        content=content,
        retry_after=int(wait) if wait.isascii() and wait.isdigit() else 1,
    )


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object that a content is; empty where it is none."""
    try:
        said = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _said(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__


def _address(url: str) -> SplitResult:
    """The parts of an address: scheme, host, port, the path before that of the service."""
    try:
        address = urlsplit(url)
        named = bool(address.hostname and address.hostname.encode("idna")) and address.port != 0
    except ValueError:
        named = False
    if not named or not _URL.fullmatch(url) or _NO_ADDRESS.search(url):
        raise SchemaFault(("url",), message="schema-url")
    return address


def _key(key: str) -> str:
    """The key, if it can stand in a header; what is wrong with it is not shown."""
    if not (key.isascii() and key.isprintable() and key.strip() == key != ""):
        raise SchemaFault(("key",), message="schema-key")
    return key
