"""Settings of the service, in one typed place: from a TOML file, and from the environment as PENALTYCALC_*."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta

from penaltycalc.errors import BadSetting, nearest

PREFIX: Final = "PENALTYCALC_"
CONFIG: Final = f"{PREFIX}CONFIG"
"""Names the TOML file."""

Number = Annotated[int, Meta(ge=1)]
NumberOrNone = Annotated[int, Meta(ge=0)]
Url = Annotated[str, Meta(pattern=r"^https?://[!\"$->A-\[\]-~]{1,201}(?<!/)\Z")]
"""No query, fragment, name with a password or backslash: paths are put behind it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator can set; sizes in bytes.

    `notices` is a folder with supplied holiday notices. `state` is a folder in which the processes of one
    service share what they must agree on, by default a private temporary one; no two services share it.

    `keys_file` and `keys` (`id:role:sha256:…`, apart by spaces) let keys in; where neither is set
    everybody may ask, off loopback only with `allow_open`. With `key_in_query` a key may also stand in
    the query of cells, feeds and the workbook, as `key=`. `requests_per_second` limits one key, or one
    address without keys, in one worker; 0 sets no limit.

    `max_body` limits a single calculation,
    `max_batch` a batch as JSON or xlsx, `max_rows` its rows, `max_stream` a batch as NDJSON or CSV,
    `max_line` a line in it, `max_unpacked` an xlsx file unpacked, `max_drain` what is still read of a
    refused body beyond its limit, so that the client sees the answer, `max_uri` path and query.
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
    max_body: Number = 1_000_000
    max_batch: Number = 64_000_000
    max_rows: Number = 200_000
    max_stream: Number = 1_000_000_000
    max_line: Number = 65_536
    max_unpacked: Number = 256_000_000
    max_drain: Number = 32_000_000
    max_uri: Number = 8_192
    public_url: Url = "http://127.0.0.1:8000"


_NO_ADDRESS: Final = (
    "an address is expected like https://penaltycalc.example.cn:8000,"
    " without user name, password, query or fragment, and without a slash at its end"
)

SECRET: Final = frozenset({"keys"})
"""Settings whose values are not shown."""


class Configured(NamedTuple):
    """The settings, and where each of them comes from: `default`, the name of a variable, or of the file."""

    settings: Settings
    sources: dict[str, str]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment gives, as `configured`."""
    return configured(environment).settings


def configured(environment: Mapping[str, str]) -> Configured:
    """The settings of the file that the environment names, and over them those of the environment itself.

    BadSetting where one is unknown or malformed; an empty variable is not set.
    """
    file = environment.get(CONFIG, "")
    values: dict[str, object] = _of_file(Path(file)) if file else {}
    sources = dict.fromkeys(Settings.__struct_fields__, "default") | dict.fromkeys(values, file)
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable != CONFIG and text:
            name = variable.removeprefix(PREFIX).lower()
            values[name] = _checked(variable, name, text)
            sources[name] = variable
    return Configured(msgspec.convert(values, Settings, strict=False, dec_hook=_path), sources)


def _of_file(path: Path) -> dict[str, object]:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise BadSetting(str(path), str(fault)) from None
    return {name: _checked(f"{path}: {name}", name, value) for name, value in content.items()}


def _checked(told: str, name: str, value: object) -> object:
    """The value, where it fits; `told` is what a person calls the setting."""
    if name not in Settings.__struct_fields__:
        hint = nearest(name, Settings.__struct_fields__)
        raise BadSetting(told, f"there is no such setting{f'; did you mean {hint}?' if hint else ''}")
    try:
        msgspec.convert({name: value}, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as fault:
        raise BadSetting(told, _NO_ADDRESS if name == "public_url" else str(fault).partition(" - at ")[0]) from None
    return value


def _path(type: type, value: object) -> object:
    return Path(str(value)) if type is Path else value
