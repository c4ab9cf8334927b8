"""What a source says of one day: off or at work, and for which holiday."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

FIRST: Final = date(2007, 1, 1)
"""First day on which the two announced sources agree throughout; before it one of them is known to be wrong."""

LAST: Final = date(2100, 12, 31)
"""Last day of the projection: the package holidays is silently empty from 2101 on."""


class Entry(msgspec.Struct, frozen=True):
    """Whether a day is off, the id or the name of its holiday, and the source that says so."""

    off: bool
    name: str
    source: str


Entries = dict[date, Entry]
