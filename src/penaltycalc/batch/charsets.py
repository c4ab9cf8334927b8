"""The charsets that CSV files are read and written in."""

from __future__ import annotations

from typing import Final, Literal

Charset = Literal["utf-8", "gb18030"]
CHARSETS: Final[tuple[Charset, ...]] = ("utf-8", "gb18030")
