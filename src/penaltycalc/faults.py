"""What the system and libraries refuse, as reasons that people read in both languages."""

from __future__ import annotations

import csv
import errno
import socket
import tomllib
from typing import Final

import msgspec

from penaltycalc.errors import Reason

_OF_SYSTEM: Final = {
    "ENOENT": "fault-no-file",
    "EACCES": "fault-not-permitted",
    "EPERM": "fault-not-permitted",
    "EISDIR": "fault-is-folder",
    "ENOTDIR": "fault-no-folder",
    "EEXIST": "fault-exists",
    "ENOSPC": "fault-disk-full",
    "EDQUOT": "fault-quota",
    "EFBIG": "fault-file-too-large",
    "EROFS": "fault-read-only",
    "ENAMETOOLONG": "fault-long-name",
    "EMFILE": "fault-many-files",
    "ENFILE": "fault-many-files",
    "EBUSY": "fault-in-use",
    "ETXTBSY": "fault-in-use",
    "EIO": "fault-disk",
    "EADDRINUSE": "fault-port-in-use",
    "EADDRNOTAVAIL": "fault-no-address",
    "ECONNREFUSED": "fault-refused",
    "ECONNRESET": "fault-cut-off",
    "ECONNABORTED": "fault-cut-off",
    "EPIPE": "fault-cut-off",
    "EHOSTUNREACH": "fault-no-route",
    "ENETUNREACH": "fault-no-route",
    "ETIMEDOUT": "fault-no-reply",
}
"""The reasons of errors of the system that users and operators meet, by symbols; the others are told by theirs."""

_OF_RECORDS: Final = {
    "Object missing": "fault-missing-field",
    "Object contains unknown": "fault-unknown-field",
    "Expected": "fault-kind",
    "Invalid enum value": "fault-value",
    "Invalid": "fault-kind",
}
"""The reasons of records that msgspec refuses, by how its messages begin."""


def describe_fault(fault: Exception) -> Reason:
    """Why a file, its content or a connection is refused: the reason for an error of the system or of a library.

    The `original` of the reason is the message of that error.
    """
    original = str(fault)
    match fault:
        case OSError():
            return _describe_system_error(fault)
        case UnicodeDecodeError():
            code = "fault-encoding"
        case RecursionError():
            code = "fault-depth"
        case tomllib.TOMLDecodeError():
            code = "fault-toml"
        case csv.Error():
            code = "fault-csv"
        case msgspec.ValidationError():
            codes = (code for beginning, code in _OF_RECORDS.items() if original.startswith(beginning))
            code = next(codes, "fault-content")
        case msgspec.MsgspecError():
            code = "fault-json"
        case _:
            code = "fault-content"
    return Reason(code, {"original": original})


def _describe_system_error(fault: OSError) -> Reason:
    # Windows has symbols of its own for sockets, such as WSAECONNREFUSED.
    symbol = errno.errorcode.get(fault.errno or 0, type(fault).__name__).removeprefix("WSA")
    facts = {"original": fault.strerror or str(fault) or symbol}
    match fault:
        case socket.gaierror():  # its numbers are those of getaddrinfo, and some of them mean other errors elsewhere
            return Reason("fault-no-host", facts)
        case TimeoutError():  # of a socket it has no number
            return Reason("fault-no-reply", facts)
        case ConnectionError(errno=None):  # that of an HTTP client, where the other side closes the connection
            return Reason("fault-cut-off", facts)
    if symbol in _OF_SYSTEM:
        return Reason(_OF_SYSTEM[symbol], facts)
    return Reason("fault-system", {"symbol": symbol, **facts})
