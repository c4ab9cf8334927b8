"""Settings of the service, in one typed place: from a TOML file, and from the environment as PENALTYCALC_*."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from penaltycalc.errors import BadSetting, find_nearest
from penaltycalc.strict_json import MAX_NESTING

PREFIX: Final = "PENALTYCALC_"
CONFIG: Final = f"{PREFIX}CONFIG"
"""Names the TOML file."""

Number = Annotated[int, Meta(ge=1)]
NumberOrNone = Annotated[int, Meta(ge=0)]
Url = Annotated[str, Meta(pattern=r"^https?://[!\"$->A-\[\]-~]{1,201}(?<!/)\Z")]
"""No query, fragment, name with a password or backslash: paths are put behind it."""
Origin = Annotated[str, Meta(pattern=r"^(\*|https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[1-9][0-9]{0,4})?)\Z")]
"""As browsers write it: in small letters, no path, no slash at its end; `*` alone is every origin."""


class Seconds(Decimal):
    """A length of time in seconds, to the millisecond; more than none, about a day at the most."""

    @classmethod
    def read(cls, value: object) -> Seconds:
        """A length of time as it is written; ValueError."""
        if not _SECONDS.fullmatch(str(value)) or not (seconds := cls(str(value))):
            raise ValueError("seconds are expected, like 30 or 0.5")
        return seconds


_SECONDS: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator can set; sizes in bytes, times in seconds.

    `notices` is a folder with supplied holiday notices. `state` is a folder in which the processes of one
    service share what they must agree on, by default a private temporary one; no two services share it.

    `keys_file` and `keys` (`id:role:sha256:…`, apart by spaces) let keys in; where neither is set
    everybody may ask, off loopback only with `allow_open`. With `key_in_query` a key may also stand in
    the query of cells, feeds and the workbook, as `key=`. `requests_per_second` limits one key, or one
    address without keys, in one worker; 0 sets no limit. Pages from `cors_origins` may ask from within
    a browser.

    `max_body` limits a single calculation,
    `max_batch` a batch as JSON or xlsx, `max_rows` its rows, `max_stream` a batch as NDJSON or CSV,
    `max_line` a line in it, `max_unpacked` an xlsx file unpacked, `max_drain` what is still read of a
    refused body beyond its limit, so that the client sees the answer, `max_uri` path and query,
    `max_nesting` how deep JSON may be nested. Of each worker, `max_batches` limits the batches that it
    answers at the same time, `max_temporary` their temporary files, `max_connections` its connections;
    `backlog` is how many wait for a worker to take them.

    `header_timeout` is how long a client may take for the head of a request, and how long a connection
    stays open between two; `body_timeout` how long it may send nothing of a body, and how much longer in
    all than `body_pace` bytes a second take; `answer_timeout` how long it may take nothing of a
    streamed answer.

    `log` is the form of the log, `log_level` the least that stands there, `access_log` a line for each
    request. `metrics` opens `/metrics`.

    `public_url` is where clients reach the service, without a slash at its end; the workbook carries
    it.
    """

    notices: Path | None = None
    state: Path | None = None
    keys_file: Path | None = None
    keys: str = ""
    key_in_query: bool = False
    allow_open: bool = False
    requests_per_second: NumberOrNone = 0
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


_NO_ADDRESS: Final = (
    "an address is expected like https://penaltycalc.example.cn:8000,"
    " without user name, password, query or fragment, and without a slash at its end"
)
_IN_PLAIN_WORDS: Final = {
    "public_url": _NO_ADDRESS,
    "cors_origins": "origins are expected like https://law.example.cn:8443, in small letters, without a path;"
    " * stands for every one",
}
_LISTS: Final = frozenset({"cors_origins"})

SECRET_SETTINGS: Final = frozenset({"keys"})
"""Settings whose values are not shown."""


class LoadedSettings(NamedTuple):
    """The settings, and where each of them comes from: `default`, the name of a variable, or of the file."""

    settings: Settings
    sources: dict[str, str]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment gives, as `configured`."""
    return load_settings(environment).settings


def load_settings(environment: Mapping[str, str]) -> LoadedSettings:
    """The settings of the file that the environment names, and over them those of the environment itself.

    BadSetting where one is unknown or malformed; an empty variable is not set. A list stands in the
    environment with spaces or commas between.
    """
    file = environment.get(CONFIG, "")
    values: dict[str, object] = _of_file(Path(file)) if file else {}
    sources = dict.fromkeys(Settings.__struct_fields__, "default") | dict.fromkeys(values, file)
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable != CONFIG and text:
            name = variable.removeprefix(PREFIX).lower()
            values[name] = _checked(variable, name, text)
            sources[name] = variable
    return LoadedSettings(msgspec.convert(values, Settings, strict=False, dec_hook=_read), sources)


def _of_file(path: Path) -> dict[str, object]:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"), parse_float=str)
    except (OSError, ValueError) as fault:
        raise BadSetting(str(path), str(fault)) from None
    return {name: _checked(f"{path}: {name}", name, value) for name, value in content.items()}


def _checked(told: str, name: str, value: object) -> object:
    """The value, where it fits; `told` is what a person calls the setting."""
    if name not in Settings.__struct_fields__:
        hint = find_nearest(name, Settings.__struct_fields__)
        raise BadSetting(told, f"there is no such setting{f'; did you mean {hint}?' if hint else ''}")
    if name in _LISTS and isinstance(value, str):
        value = value.replace(",", " ").split()
    try:
        msgspec.convert({name: value}, Settings, strict=False, dec_hook=_read)
    except msgspec.ValidationError as fault:
        raise BadSetting(told, _IN_PLAIN_WORDS.get(name) or str(fault).partition(" - at ")[0]) from None
    return value


def _read(type: Any, value: object) -> object:
    return Seconds.read(value) if type is Seconds else type(str(value))
