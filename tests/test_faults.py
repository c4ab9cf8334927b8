"""Why files, settings and services cannot be used: a reason for each error, in both languages."""

from __future__ import annotations

import csv
import errno
import socket
import tomllib
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Literal

import msgspec
import pytest

import words
from penaltycalc import BrokenLaw, Rulebook
from penaltycalc.calculators.problems import error_message
from penaltycalc.calendar.notices import NoticeFile
from penaltycalc.errors import BadNotice, BadSetting, PenaltycalcError, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.keys import parse_hashes, parse_keys
from penaltycalc.settings import Settings, read_settings

FOUND = Path(__file__)


def raised(call: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whichever error it is
        call()
    return caught.value


def decode_toml() -> object:
    return tomllib.loads("a = ")


def decode_csv() -> object:
    return list(csv.reader(['a,"b'], strict=True))


def decode_notice(content: str) -> Callable[[], object]:
    return lambda: msgspec.json.decode(content, type=NoticeFile)


LIBRARIES = [
    (raised(decode_toml), "fault-toml"),
    (raised(decode_csv), "fault-csv"),
    (raised(b"\xff".decode), "fault-encoding"),
    (RecursionError("maximum recursion depth exceeded"), "fault-depth"),
    (raised(decode_notice("{")), "fault-json"),
    (raised(decode_notice("{}")), "fault-missing-field"),
    (raised(decode_notice('{"x": 1}')), "fault-unknown-field"),
    (raised(decode_notice('{"year": "x"}')), "fault-kind"),
    (raised(decode_notice('{"year": 2027, "days": [{"name": "x", "date": "x"}]}')), "fault-kind"),
    (raised(lambda: msgspec.convert("x", Literal["read"])), "fault-value"),
    (msgspec.ValidationError("Something else"), "fault-content"),
    (ValueError("embedded null byte"), "fault-content"),
]
SYSTEM = [
    (FileNotFoundError(errno.ENOENT, "No such file or directory"), "fault-no-file"),
    (PermissionError(errno.EACCES, "Permission denied"), "fault-not-permitted"),
    (PermissionError(errno.EPERM, "Operation not permitted"), "fault-not-permitted"),
    (IsADirectoryError(errno.EISDIR, "Is a directory"), "fault-is-folder"),
    (NotADirectoryError(errno.ENOTDIR, "Not a directory"), "fault-no-folder"),
    (OSError(errno.ENOSPC, "No space left on device"), "fault-disk-full"),
    (OSError(errno.EFBIG, "File too large"), "fault-file-too-large"),
    (OSError(errno.EADDRINUSE, "Address already in use"), "fault-port-in-use"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "fault-refused"),
    (RemoteDisconnected("Remote end closed connection without response"), "fault-cut-off"),
    (TimeoutError("timed out"), "fault-no-reply"),
    (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "fault-no-reply"),
    # The number of this error is that of another one on some systems.
    (socket.gaierror(errno.ENOENT, "Name or service not known"), "fault-no-host"),
    (OSError(errno.EXDEV, "Invalid cross-device link"), "fault-system"),
    (OSError("odd"), "fault-system"),
]


@pytest.mark.parametrize(("fault", "code"), [*LIBRARIES, *SYSTEM], ids=lambda value: str(value)[:40])
def test_an_error_of_a_library_or_the_system_has_a_reason_and_keeps_its_words_for_the_log(
    fault: Exception, code: str
) -> None:
    reason = describe_fault(fault)
    assert reason.code == code
    assert reason.facts["original"] == ((isinstance(fault, OSError) and fault.strerror) or str(fault))


def test_an_error_that_no_sentence_tells_is_told_by_its_symbol() -> None:
    assert describe_fault(OSError(errno.EXDEV, "x")).facts["symbol"] == "EXDEV"
    assert describe_fault(OSError("odd")).facts["symbol"] == "OSError"


# ------------------------------------------------------------------- no English sentence in Chinese


def refuse_settings() -> Iterator[PenaltycalcError]:
    """A BadSetting for each kind of setting, and for keys."""
    for name, text in {
        "NOTICE": "x",
        "ZZZ": "x",
        "MAX_BODY": "much",
        "REQUESTS_PER_SECOND": "-1",
        "METRICS": "maybe",
        "LOG": "xml",
        "BODY_TIMEOUT": "0",
        "PUBLIC_URL": "x",
        "CORS_ORIGINS": "x",
        "CONFIG": str(FOUND.parent),
    }.items():
        with pytest.raises(BadSetting) as refused:
            read_settings({f"PENALTYCALC_{name}": text})
        yield refused.value
    for content in (b"", b"[]", b"\xff", b'{"keys": [{"id": "1"}]}'):
        with pytest.raises(BadSetting) as refused:
            parse_keys(content, "keys.json")
        yield refused.value
    with pytest.raises(BadSetting) as refused:
        parse_hashes("x", "PENALTYCALC_KEYS")
    yield refused.value


def list_errors() -> Iterator[PenaltycalcError]:
    yield from refuse_settings()
    for fault, _ in (*LIBRARIES, *SYSTEM):
        yield BadNotice("2027.json", "-", describe_fault(fault))
        yield BrokenLaw("plan.toml", "temporary-import-reply", describe_fault(fault))


def test_no_reason_has_words_of_the_other_language(rulebook: Rulebook) -> None:
    for error in list_errors():
        place = [str(fact) for fact in error.facts.values() if not isinstance(fact, Reason) and fact != "-"]
        zh, en = (error_message(error, rulebook.wordings[lang]) for lang in ("zh", "en"))
        assert words.find_words_in_chinese(zh, in_problem=True, echoed=place) == [], zh
        assert words.find_words_in_english(en, in_problem=True, echoed=place) == [], en
        assert (zh[-1], en[-1]) == ("。", ".")


def test_every_kind_of_setting_says_what_it_expects(tmp_path: Path) -> None:
    found = {reason.code for error in refuse_settings() if isinstance(reason := error.facts["fault"], Reason)}
    assert {f"fault-{name}" for name in ("whole-number", "switch", "choice", "seconds", "address", "origins")} < found
    file = tmp_path / "settings.toml"
    file.write_text("keys = 1\n")
    with pytest.raises(BadSetting, match="fault-text"):
        read_settings({"PENALTYCALC_CONFIG": str(file)})
    assert Settings().keys == ""
