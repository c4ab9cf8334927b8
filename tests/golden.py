"""Whole answers, byte for byte: fixtures/golden. Run as a script, it writes them anew (`make golden`).

They change only with the law data, the calendar, the wording or the version; a change of anything
else that moves a byte, or the digest of the same inputs, shows here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import penaltycalc
from penaltycalc.calculations import CALCULATIONS, Kind, Request, calculate
from penaltycalc.intake import from_json
from penaltycalc.wording import LANGUAGES

GOLDEN = Path(__file__).parent.parent / "fixtures" / "golden"

REQUESTS: dict[str, tuple[Kind, bytes]] = {
    "sale-below-the-deemed-value": (
        "penalty",
        b'{"violation":"79-1-1","goods_value":"85000","activity":"wholesale","severity":"ordinary","ref":"case 1"}',
    ),
    "forged-material-severe": (
        "penalty",
        b"""{"violation":"82-2","severity":"severe","decision_effective_on":"2028-02-29",
        "conduct":{"from":"2026-05-01","to":"2026-06-30"},"discovered_on":"2026-07-01",
        "responsible_persons":[{"role":"principal","income_during_violation":"0.11"},{"role":"other"}]}""",
    ),
    "platform-undetermined": ("penalty", b'{"violation":"84-1"}'),
    "licence-across-national-day": (
        "deadline",
        b"""{"step":"production-licence","start":"2026-09-18","as_of":"2026-10-09",
        "clock_stops":[{"from":"2026-10-12","to":"2026-10-16","reason":"technical_review"}]}""",
    ),
    "decision-projected-with-ledger": (
        "deadline",
        b'{"step":"licence-delivery","start":"2027-01-25","ledger":true}',
    ),
    "registration-from-march-2023": (
        "expiry",
        b'{"term":"drug-registration","start":"2023-03-01","as_of":"2027-01-01","renewal_lead":{"months":6}}',
    ),
    "orphan-exclusivity-granted": (
        "expiry",
        b'{"term":"orphan-exclusivity","start":"2028-02-29","granted":{"months":30},"convention":"civil-code"}',
    ),
}


def answers() -> Iterator[tuple[str, bytes]]:
    """File name and content of each answer."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)
    for name, (kind, body) in REQUESTS.items():
        request: Request = from_json(body, CALCULATIONS[kind].request)
        for lang in LANGUAGES:
            yield f"{name}.{lang}.json", penaltycalc.encode_answer(calculate(request, rulebook, calendar, lang=lang))


if __name__ == "__main__":
    for file, content in answers():
        (GOLDEN / file).write_bytes(content)
