"""The projection of years that are not announced: statutory days, no swapped weekends.

The statutory days are those of 全国年节及纪念日放假办法 as the package holidays knows them. Which
weekends are swapped around them only a notice decides, so a projected count carries an uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from penaltycalc.calendar.entries import Entries, Entry

PROJECTION_SOURCE: Final = "holidays"

SWAP_REACH: Final = 10
"""How many days before and after a holiday a notice may differ from the projection."""
SWAP_DEPTH: Final = 2
"""By how many working days the count up to a day near a holiday may differ from the projection.

Notices swap whole weekend days around a holiday (办法 6 and 7: made up on working days, six days of
work in a row at most), so the count of working days differs from the projection only around it:
since 2008 at most 8 days before and 9 days after, and never by more than 2. See docs/calendar.md
for how often the bracket built on this held.
"""

_ONE_DAY: Final = timedelta(1)


def list_statutory_days(year: int, names: Mapping[str, str]) -> dict[date, list[str]]:
    """The statutory days off of a year, each with the ids of its holidays (two where they coincide)."""
    from holidays import country_holidays  # noqa: PLC0415  # on first use: the import takes 80 ms, and announced years need none of it

    days: dict[date, list[str]] = {}
    for day, listed in country_holidays("CN", years=year, observed=False, language="en_US").items():
        # Days off by a single notice (swaps, extensions, one-off commemorations) are no statutory days.
        # Two holidays may fall on one day (Mid-Autumn and National Day): the package joins their names.
        ids = [names[f"holidays: {name}"] for name in listed.split("; ") if f"holidays: {name}" in names]
        if ids and day.year == year:
            days[day] = ids
    return days


def project_year(year: int, names: Mapping[str, str]) -> Entries:
    """The days off of a year that is not announced.

    A statutory day on a weekend, and the second of two on one day, is made up on the next working
    day (办法 6; that it is the next one is an assumption).
    """
    statutory = list_statutory_days(year, names)
    entries = {day: Entry(off=True, name=ids[0], source=PROJECTION_SOURCE) for day, ids in statutory.items()}
    for day, ids in sorted(statutory.items()):
        # On a working day the first of the holidays uses the day itself, and only the others are made up; on a
        # weekend all of them are.
        made_up = len(ids) - (0 if day.weekday() >= 5 else 1)
        for name in ids[len(ids) - made_up :]:
            free = day + _ONE_DAY
            # Days that were made up before stand in `entries` too, so no two holidays share a day off.
            while free in entries or free.weekday() >= 5:
                free += _ONE_DAY
            entries[free] = Entry(off=True, name=name, source=PROJECTION_SOURCE)
    return entries
