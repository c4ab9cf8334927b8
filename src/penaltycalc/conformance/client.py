"""Sends the cases of the kit to a deployment over HTTP; knows nothing of what they expect.

The HTTP client is that of the standard library: it keeps connections open, and it trusts the certificates that
the machine trusts, those of an office's own authority included. It follows no redirection, so that the key is
sent to the address that was given and nowhere else. Neither the key nor a password in an address appears in a
message.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
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
from penaltycalc.errors import NoDeployment, Reason, SchemaFault
from penaltycalc.faults import describe_fault
from penaltycalc.rules.wording import Language

CONNECTIONS: Final = 8
"""Cases that are sent at the same time."""
MAX_BYTES: Final = 8_000_000
"""Bytes of an answer that are read."""
TRIES: Final = 5
MAX_PAUSE: Final = 60
"""Seconds at most before a case is sent again to a deployment that is too busy; TRIES says how often it is sent."""

PATHS: Final[dict[Kind, str]] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}
CASES: Final = "/v1/conformance/csv"
# Printable ASCII only: what cannot stand in a request line must not reach one.
_URL: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_FOREIGN_PARTS: Final = re.compile(r"[?#@\\]")
"""Begins a query, a fragment, or follows a password: none of them belongs to the address of a service."""


class Reply(NamedTuple):
    """A response; `media_type` without parameters, `retry_after` in seconds."""

    status: int
    media_type: str
    content: bytes
    retry_after: int

    @property
    def problem(self) -> str:
        """The code of the problem in it; the status where there is none."""
        content = _decode_object(self.content)
        return str(content["code"]) if "code" in content else f"HTTP {self.status}"


class Deployment:
    """A deployment at an address, and a few connections to it; to be closed.

    `timeout` is in seconds, for each wait. SchemaFault where address or key are malformed; its methods raise
    NoDeployment where the deployment does not answer as one.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout: int = 10, lang: Language = "zh") -> None:
        self.url = url.rstrip("/")
        self._address = _parse_address(self.url)
        self._timeout = timeout
        self._headers = {
            # The same headers fetch the kit in CSV, answers in JSON, and problems, which are of a third type.
            "Accept": "*/*",
            "Accept-Language": lang,
            "User-Agent": f"penaltycalc/{__version__}",
            **({} if key is None else {"Authorization": f"Bearer {_check_key(key)}"}),
        }
        # Threads take a connection from here and put it back, so that each is used by one of them at a time.
        self._idle: SimpleQueue[HTTPConnection] = SimpleQueue()

    def close(self) -> None:
        """Close its connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def fetch_kit_digest(self) -> str | UnsetType:
        """Fetch the deployment's own kit and return its digest; UNSET where its version hands out none."""
        reply = self._send_patiently("GET", CASES)
        if reply.status == 200 and reply.media_type == "text/csv":
            return digest_kit(reply.content)
        # Only a deployment answers 404 with this code; any other 404 comes from a server that is none.
        if reply.status == 404 and reply.problem == "not-found":
            return UNSET
        raise NoDeployment(f"{self.url}{CASES}", _describe_reply(reply))

    def send_cases(self, cases: Sequence[Case]) -> Iterator[tuple[Case, ReportedAnswer]]:
        """Send the cases, and yield each with its answer, in their order."""
        # All are submitted at once, and read in order: the bar moves on, and the report is the same each time.
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            pending = [pool.submit(self._send_case, case) for case in cases]
            try:
                for case, future in zip(cases, pending, strict=True):
                    yield case, future.result()
            finally:
                # Leaving the `with` alone would wait until all cases are sent, also after one has failed.
                pool.shutdown(cancel_futures=True)

    def _send_case(self, case: Case) -> ReportedAnswer:
        path = PATHS[case.kind]
        reply = self._send_patiently("POST", path, encode_case(case))
        if reply.status == 404:  # every deployment has this path: the address is not that of one
            raise NoDeployment(f"{self.url}{path}", _describe_reply(reply))
        return _decode_object(reply.content) if reply.status == 200 else {"problem": reply.problem}

    def _send_patiently(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Send a request and return the reply; send it again where the deployment says that it is too busy."""
        reply = self._exchange(method, path, body)
        for _ in range(1, TRIES):
            if reply.status != 429:
                break
            wait(min(reply.retry_after, MAX_PAUSE))
            reply = self._exchange(method, path, body)
        return reply

    def _exchange(self, method: str, path: str, body: bytes | None) -> Reply:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._connect()
        # http.client opens the socket at a request, so a connection that has none cannot have grown stale.
        is_reused = connection.sock is not None
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        try:
            connection.request(method, self._address.path.rstrip("/") + path, body, headers)
            reply = _read_reply(connection)
        except (OSError, HTTPException) as fault:
            connection.close()
            if is_reused and not isinstance(fault, TimeoutError):  # a server may close a connection that was idle
                return self._exchange(method, path, body)
            raise NoDeployment(f"{self.url}{path}", _describe_error(fault)) from None
        self._idle.put(connection)
        return reply

    def _connect(self) -> HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        if self._address.scheme == "https":
            return HTTPSConnection(host, port, timeout=self._timeout, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=self._timeout)


def check(kit: Kit, deployment: Deployment, package: Installation) -> Conformance:
    """Check a deployment against the kit, compared by this `package`; a bar on a terminal shows the progress."""
    kit_there = deployment.fetch_kit_digest()
    answers = tqdm(deployment.send_cases(kit.cases), total=len(kit.cases), disable=None, leave=False)
    return compare_answers(answers, kit, package, url=deployment.url, kit_there=kit_there)


def wait(seconds: int) -> None:
    """Wait; a function of its own, which tests replace."""
    Event().wait(seconds)


def _read_reply(connection: HTTPConnection) -> Reply:
    response = connection.getresponse()
    content = response.read(MAX_BYTES)
    if not response.isclosed():  # the rest was not read, so the connection cannot be used again
        connection.close()
    seconds = response.getheader("Retry-After", "")
    # Retry-After may be a date or missing: then one second is waited.
    # isdigit() alone accepts a superscript two as well, which int() refuses.
    return Reply(
        status=response.status,
        media_type=response.getheader("Content-Type", "").partition(";")[0].strip().lower(),
        content=content,
        retry_after=int(seconds) if seconds.isascii() and seconds.isdigit() else 1,
    )


def _decode_object(content: bytes) -> dict[str, Any]:
    """Decode a JSON object; empty where the content is none."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _describe_reply(reply: Reply) -> Reason:
    """Why a reply is not that of a deployment which can be checked."""
    # What is no problem of this program has a status alone; 200 says nothing, but the media type does.
    said = reply.problem if reply.status != HTTPStatus.OK else reply.media_type
    facts = {"reply": f"{reply.status} {said}" if "HTTP" not in said else said}
    if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Reason("fault-key-wanted", facts)
    is_busy = reply.status == HTTPStatus.TOO_MANY_REQUESTS or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Reason("fault-not-ready" if is_busy else "fault-other-service", facts)


def _describe_error(fault: OSError | HTTPException) -> Reason:
    """Why a connection failed."""
    match fault:
        case ssl.SSLCertVerificationError():
            return Reason("fault-certificate", {"original": fault.verify_message})
        case ssl.SSLError():
            return Reason("fault-tls", {"original": fault.reason or str(fault)})
        case OSError():
            return describe_fault(fault)
        case _:
            return Reason("fault-not-http", {"original": f"{type(fault).__name__} {fault}".strip()})


def _parse_address(url: str) -> SplitResult:
    """Split an address into scheme, host, port, and the path before that of the service; SchemaFault."""
    # A wrong port and a host that IDNA refuses raise ValueErrors too.
    # Port 0 parses, but nobody can listen there.
    try:
        address = urlsplit(url)
        has_host = bool(address.hostname and address.hostname.encode("idna")) and address.port != 0
    except ValueError:
        has_host = False
    if not has_host or not _URL.fullmatch(url) or _FOREIGN_PARTS.search(url):
        raise SchemaFault(("url",), message="schema-url")
    return address


def _check_key(key: str) -> str:
    """Return the key if it can stand in a header; SchemaFault, whose message does not show the key."""
    # http.client refuses a header with a line break too, but the message of its error shows the header.
    if not (key.isascii() and key.isprintable() and key.strip() == key != ""):
        raise SchemaFault(("key",), message="schema-key")
    return key
