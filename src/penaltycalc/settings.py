"""The settings of the service: they are read from a TOML file, and from variables PENALTYCALC_* of the environment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, inspect

from penaltycalc.errors import BadSetting, Fact, Reason, find_nearest
from penaltycalc.faults import describe_fault
from penaltycalc.strict_json import MAX_NESTING

PREFIX: Final = "PENALTYCALC_"
CONFIG: Final = f"{PREFIX}CONFIG"
"""The variable that names the TOML file."""

Number = Annotated[int, Meta(ge=1)]
NumberOrZero = Annotated[int, Meta(ge=0)]
# Patterns end in `\Z`, since `$` would also accept a line end behind the text.
Url = Annotated[str, Meta(pattern=r"^https?://[!\"$->A-\[\]-~]{1,201}(?<!/)\Z")]
"""Without user name, password, query, fragment and backslash, since paths are appended to it."""
Origin = Annotated[str, Meta(pattern=r"^(\*|https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[1-9][0-9]{0,4})?)\Z")]
"""An origin as browsers write it, in small letters, without path or slash at its end; `*` stands for every origin."""


class Seconds(Decimal):
    """A length of time in seconds with at most three decimals; more than 0, five digits before the point at most."""

    @classmethod
    def parse(cls, value: object) -> Seconds:
        """Parse a length of time such as 30 or 0.5; ValueError."""
        if not _SECONDS.fullmatch(str(value)) or not (seconds := cls(str(value))):
            raise ValueError("seconds are expected, like 30 or 0.5")
        return seconds


_SECONDS: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings; sizes are in bytes, times in seconds.

    `notices` is the folder of supplied holiday notices. `state` is a folder for files that the processes of one
    service share, by default a private temporary one; two services never share one.

    `keys_file` and `keys` (`id:role:sha256:…`, separated by spaces) hold the keys that may send requests. Where
    neither is set everybody may, on another address than loopback only with `allow_open`. With `key_in_query` a key
    may also be in the query of cells, feeds and the workbook, as `key=`. `requests_per_second` limits one key, or
    one address without a valid key, in one worker; 0 sets no limit. Pages of `cors_origins` may send requests from
    a browser.

    `max_body` limits the body of a single calculation, `max_batch` a batch as JSON or xlsx, `max_rows` its rows,
    `max_stream` a batch as NDJSON or CSV, `max_line` one line of it, `max_unpacked` an xlsx file after it is
    unpacked, `max_uri` path and query, `max_nesting` the depth of JSON. `max_drain` bytes of a refused body are
    read beyond its limit before the connection is closed, so that the client sees the answer. In each worker,
    `max_batches` limits the batches that are answered at the same time, `max_temporary` their bodies and answered
    workbooks in temporary files, `max_connections` the connections; `backlog` connections wait until a worker takes
    them.

    `header_timeout` limits the time for the head of a request, and the time that a connection is open without a
    request. `body_timeout` limits the time in which nothing of a body arrives; in all, a body may take the time of
    `body_pace` bytes a second, and `body_timeout` more. `answer_timeout` limits the time in which a client takes
    nothing of a streamed answer.

    `log` is the format of the log, `log_level` the lowest level that it holds, `access_log` adds a line for each
    request. `metrics` adds the operation `/metrics`.

    `public_url` is the address at which clients reach the service, without a slash at its end; the workbook
    contains it.
    """

    notices: Path | None = None
    state: Path | None = None
    keys_file: Path | None = None
    keys: str = ""
    key_in_query: bool = False
    allow_open: bool = False
    requests_per_second: NumberOrZero = 0
    cors_origins: tuple[Origin, ...] = ()
    max_body: Number = 1_000_000
    max_batch: Number = 64_000_000
    max_rows: Number = 200_000
    max_stream: Number = 1_000_000_000
    max_line: Number = 65_536
    max_unpacked: Number = 256_000_000
    max_drain: Number = 32_000_000
    max_uri: Number = 8_192
    max_nesting: Number = MAX_NESTING
    max_batches: Number = 8
    max_temporary: Number = 4_000_000_000
    max_connections: Number = 4_096
    backlog: Number = 1_024
    header_timeout: Seconds = Seconds(30)
    body_timeout: Seconds = Seconds(30)
    body_pace: Number = 8_192
    answer_timeout: Seconds = Seconds(60)
    log: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False
    metrics: bool = False
    public_url: Url = "http://127.0.0.1:8000"


_LISTS: Final = frozenset({"cors_origins"})

SECRET_SETTINGS: Final = frozenset({"keys"})
"""Settings whose values `penaltycalc config` does not show."""


class LoadedSettings(NamedTuple):
    """The settings, and the source of each: `default`, the name of a variable, or the name of the file."""

    settings: Settings
    sources: dict[str, str]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of an environment, as `load_settings`."""
    return load_settings(environment).settings


def load_settings(environment: Mapping[str, str]) -> LoadedSettings:
    """Read the settings of the file that the environment names, then those of the environment, which win.

    An empty variable counts as absent. The elements of a list are separated by spaces or commas. BadSetting where a
    setting is unknown or malformed.
    """
    file = environment.get(CONFIG, "")
    values: dict[str, object] = _read_file(Path(file)) if file else {}
    sources = dict.fromkeys(Settings.__struct_fields__, "default") | dict.fromkeys(values, file)
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable != CONFIG and text:
            name = variable.removeprefix(PREFIX).lower()
            values[name] = _check_value(variable, name, text)
            sources[name] = variable
    return LoadedSettings(msgspec.convert(values, Settings, strict=False, dec_hook=_decode), sources)


def _read_file(path: Path) -> dict[str, object]:
    try:
        # Numbers with a point stay texts: as floats, times such as 0.1 would not be what was written.
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"), parse_float=str)
    except (OSError, ValueError) as fault:
        raise BadSetting(str(path), describe_fault(fault)) from None
    return {name: _check_value(f"{path}: {name}", name, value) for name, value in content.items()}


def _check_value(source: str, name: str, value: object) -> object:
    """Return the value of a setting, a list split; BadSetting, which names the source, where it does not fit."""
    # A misspelt limit would otherwise have no effect, and nobody would notice.
    if name not in Settings.__struct_fields__:
        hint = find_nearest(name, Settings.__struct_fields__)
        unknown = Reason("fault-no-setting-near", {"nearest": hint}) if hint else Reason("fault-no-setting")
        raise BadSetting(source, unknown)
    # Each value is converted alone, since an error of msgspec for all of them would not name the variable or the file.
    if name in _LISTS and isinstance(value, str):
        value = value.replace(",", " ").split()
    try:
        msgspec.convert({name: value}, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as fault:
        raise BadSetting(source, _describe_expected(name, str(fault).partition(" - at ")[0])) from None
    return value


def _describe_expected(name: str, original: str) -> Reason:
    """What is expected of a setting: the reason for an error of msgspec, which names types and regular expressions."""
    facts: dict[str, Fact] = {"original": original}
    if name in ("public_url", "cors_origins"):
        return Reason("fault-address" if name == "public_url" else "fault-origins", facts)
    info = inspect.type_info(Settings)
    assert isinstance(info, inspect.StructType)
    expected = next(field.type for field in info.fields if field.name == name)
    match expected:
        case inspect.IntType():
            return Reason("fault-whole-number", {"least": expected.ge or 0, **facts})
        case inspect.BoolType():
            return Reason("fault-switch", facts)
        case inspect.LiteralType():
            return Reason("fault-choice", {"choices": ", ".join(map(str, expected.values)), **facts})
        case inspect.CustomType(cls=cls) if cls is Seconds:
            return Reason("fault-seconds", facts)
        case _:
            return Reason("fault-text", facts)


def _decode(type: Any, value: object) -> object:
    return Seconds.parse(value) if type is Seconds else type(str(value))
