"""Settings of the service, in one typed place; from the environment as PENALTYCALC_*."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from penaltycalc.errors import BadSetting

PREFIX: Final = "PENALTYCALC_"

Bytes = Annotated[int, Meta(ge=1)]
Number = Annotated[int, Meta(ge=1)]
Url = Annotated[str, Meta(pattern=r"^https?://[!-~]{1,200}[^/]$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can set.

    `notices`: folder with supplied holiday notices, or none. `max_body`: bytes of a single
    calculation's body, `max_batch` that of a batch as JSON or xlsx, `max_rows` its rows, `max_stream`
    bytes of a batch as NDJSON or CSV, `max_line` those of a line in it. `max_unpacked`: bytes of an
    xlsx file unpacked. `max_drain`: bytes beyond its limit that are still read of a refused body, so
    that the client sees the answer. `max_uri`: bytes of path and query. `public_url`: the address at
    which clients reach the service, without a slash at its end; the workbook carries it.
    """

    notices: Path | None = None
    max_body: Bytes = 1_000_000
    max_batch: Bytes = 64_000_000
    max_rows: Number = 200_000
    max_stream: Bytes = 1_000_000_000
    max_line: Bytes = 65_536
    max_unpacked: Bytes = 256_000_000
    max_drain: Bytes = 32_000_000
    max_uri: Bytes = 8_192
    public_url: Url = "http://127.0.0.1:8000"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment gives; BadSetting where one is malformed."""
    given = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.__struct_fields__
        if environment.get(PREFIX + name.upper())
    }
    for name, text in given.items():
        try:
            msgspec.convert({name: text}, Settings, strict=False, dec_hook=_path)
        except msgspec.ValidationError as fault:
            raise BadSetting(PREFIX + name.upper(), str(fault)) from None
    return msgspec.convert(given, Settings, strict=False, dec_hook=_path)


def _path(type: type, value: object) -> object:
    return Path(str(value)) if type is Path else value
