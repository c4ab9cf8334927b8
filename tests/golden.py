"""Whole answers: fixtures/golden. Run as a script, it writes them anew (`make golden`).

Each answer stands in a file of its own without its provenance, so that an amendment changes the files
whose answers changed and no other. One more file, provenance.json, holds what all answers rest on and
one digest over all of them byte for byte, digests of the inputs included.
"""

from __future__ import annotations

import hashlib
import json
from itertools import product
from pathlib import Path

from msgspec import UNSET

import penaltycalc
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request, calculate
from penaltycalc.calculators.problems import problem_for_row
from penaltycalc.input.json import decode_json
from penaltycalc.rules.wording import LANGUAGES, Language

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
    "use-before-commencement-too-late": (
        "penalty",
        b"""{"violation":"81-1","goods_value":"60000.5","severity":"severe","activity":"retail","assume_in_force":true,
        "conduct":{"from":"2026-01-01","to":"2026-05-14"},"discovered_on":"2028-05-15",
        "harm":{"life_health_or_financial_safety":false}}""",
    ),
    "exempt-for-earlier-conduct": (
        "penalty",
        b"""{"violation":"86-1","conduct":{"from":"2026-01-01","to":"2026-05-14"},"severity":"severe","rectified":true,
        "exemption_facts":{"duties_fulfilled":true,"did_not_know_proven":true}}""",
    ),
    "exemption-half-shown": (
        "penalty",
        b'{"violation":"86-1","exemption_facts":{"duties_fulfilled":true,"did_not_know_proven":false}}',
    ),
    "exemption-open-discovered-late": (
        "penalty",
        b"""{"violation":"86-1","exemption_facts":{"duties_fulfilled":true},
        "conduct":{"from":"2026-06-01","to":"2026-06-10"},"discovered_on":"2031-06-11"}""",
    ),
    "orphan-exclusivity-at-its-ceiling": ("expiry", b'{"term":"orphan-exclusivity","start":"2026-06-01"}'),
    "exemption-open": ("penalty", b'{"violation":"86-1","exemption_facts":{"duties_fulfilled":true}}'),
    "use-of-preparations-of-no-value": ("penalty", b'{"violation":"81-1","goods_value":"0","severity":"ordinary"}'),
    "display-service-corrected": ("penalty", b'{"violation":"84-2","severity":"ordinary","rectified":true}'),
    "platform-undetermined-between-the-limits": (
        "penalty",
        b"""{"violation":"84-1","conduct":{"from":"2026-05-15","to":"2026-06-30"},"discovered_on":"2028-07-01"}""",
    ),
    "platform-undetermined-and-too-late": (
        "penalty",
        b"""{"violation":"84-1","conduct":{"from":"2026-05-15","to":"2026-06-30"},"discovered_on":"2031-07-01"}""",
    ),
    "production-still-going-on": (
        "penalty",
        b"""{"violation":"79-1-3","goods_value":"100000","activity":"production","severity":"severe",
        "conduct":{"from":"2026-05-14"},"discovered_on":"2026-06-01"}""",
    ),
    "platform-severe-though-corrected": (
        "penalty",
        b"""{"violation":"84-1","severity":"severe","rectified":true,"conduct":{"from":"2026-05-15","to":"2026-06-30"},
        "discovered_on":"2031-06-30","harm":{"life_health_or_financial_safety":true,"harmful_consequence":true}}""",
    ),
    "display-service-by-the-other-reading": (
        "penalty",
        b"""{"violation":"84-2","severity":"severe","rectified":false,
        "readings":{"severe_needs_failed_correction":true}}""",
    ),
    "deception-decided-early": (
        "penalty",
        b"""{"violation":"82-1","severity":"severe","conduct":{"from":"2026-05-15","to":"2026-06-30"},
        "decision_effective_on":"2026-06-29",
        "responsible_persons":[{"role":"other","name":"Y","income_during_violation":"100"}]}""",
    ),
    "forged-material-without-a-whole-fen": (
        "penalty",
        b"""{"violation":"82-2","severity":"severe","conduct":{"from":"2026-06-30","to":"2026-06-30"},
        "discovered_on":"2029-06-30",
        "responsible_persons":[{"role":"legal_representative","income_during_violation":"0.01"}]}""",
    ),
    "obstruction-suspended-on-top": ("penalty", b'{"violation":"85-2","severity":"severe"}'),
    "obstruction-suspended-instead": (
        "penalty",
        b"""{"violation":"85-2","severity":"severe","rectified":true,
        "readings":{"obstruction_suspension_replaces_fine":true,"severe_needs_failed_correction":true}}""",
    ),
    "risk-measure-refused-severe": ("penalty", b'{"violation":"85-1","goods_value":"9999.99","severity":"severe"}'),
    "sale-assumed-though-in-force": (
        "penalty",
        b"""{"violation":"79-1-1","goods_value":"85000","activity":"wholesale","severity":"ordinary",
        "assume_in_force":true,"conduct":{"from":"2026-06-01","to":"2026-06-30"},"decision_effective_on":"2026-09-01"}""",
    ),
    "sale-as-of-a-day-beside-a-decision": (
        "penalty",
        b"""{"violation":"79-1-1","goods_value":"85000","activity":"wholesale","severity":"ordinary",
        "as_of":"2026-12-01","decision_effective_on":"2026-12-02"}""",
    ),
    "institution-open": (
        "penalty",
        b'{"violation":"83-1","rectified":false,"severity":"severe","decision_effective_on":"2028-02-29"}',
    ),
    "specialty-decided": (
        "penalty",
        b"""{"violation":"83-2","scope":"specialty","severity":"ordinary","decision_effective_on":"2026-06-01",
        "responsible_persons":[{"role":"principal"}]}""",
    ),
    "granules-without-filing-uncorrected": ("penalty", b'{"violation":"80-1-2","rectified":false}'),
    "sale-of-unknown-activity": ("penalty", b'{"violation":"79-1-4","goods_value":"100000","severity":"ordinary"}'),
    "production-of-unknown-value": ("penalty", b'{"violation":"79-1-2","activity":"production"}'),
    "data-leaked-by-the-regulator": (
        "penalty",
        b"""{"violation":"87-1","goods_value":"1","activity":"retail","severity":"ordinary","rectified":true,
        "scope":"specialty","decision_effective_on":"2026-06-01","discovered_on":"2026-06-01","harm":{},
        "exemption_facts":{"duties_fulfilled":true},"responsible_persons":[{"role":"other"}]}""",
    ),
    "import-promptly": (
        "deadline",
        b'{"step":"urgent-import","start":"2026-05-15","as_of":"2026-05-16","ledger":true,"joint_filing":true}',
    ),
    "permit-filed-jointly": (
        "deadline",
        b'{"step":"narcotic-import-permit","start":"2026-06-06","joint_filing":true,"as_of":"2026-06-15"}',
    ),
    "permit-filed-alone": ("deadline", b'{"step":"narcotic-import-permit","start":"2026-06-05"}'),
    "reference-drug-with-registration-review": (
        "deadline",
        b"""{"step":"reference-drug-import","start":"2026-06-05",
        "clock_stops":[{"from":"2026-06-08","to":"2026-06-12","reason":"registration_review"}]}""",
    ),
    "decision-extended-by-ten-days": (
        "deadline",
        b"""{"step":"licence-decision","start":"2026-06-01","extension_working_days":10,"as_of":"2026-07-20",
        "clock_stops":[{"from":"2026-05-28","to":"2026-06-02","reason":"hearing"},
        {"from":"2026-06-02","to":"2026-06-05","reason":"registration_review"},
        {"from":"2026-05-30","to":"2026-05-31","reason":"testing"},
        {"from":"2027-01-04","to":"2027-01-08","reason":"auction"}]}""",
    ),
    "change-before-commencement-standing": (
        "deadline",
        b"""{"step":"production-licence-change","start":"2026-05-14","assume_in_force":true,"ledger":true,
        "as_of":"2026-05-25","clock_stops":[{"from":"2026-05-19","to":"2026-05-22","reason":"technical_review"},
        {"from":"2026-05-21","reason":"hearing"}]}""",
    ),
    "retest-ends-on-a-rest-day": (
        "deadline",
        b'{"step":"retest-application","start":"2026-05-16","as_of":"2026-05-27","ledger":true}',
    ),
    "retest-ends-on-a-working-day": ("deadline", b'{"step":"retest-application","start":"2026-05-14"}'),
    "completeness-silent": (
        "deadline",
        b'{"step":"application-completeness","start":"2026-06-01","as_of":"2026-06-03"}',
    ),
    "trial-silent-projected": (
        "deadline",
        b'{"step":"clinical-trial-application","start":"2026-12-01","as_of":"2027-01-15"}',
    ),
    "decision-at-the-end-of-the-calendar": ("deadline", b'{"step":"licence-delivery","start":"2100-12-17"}'),
    "data-protection-ended-early": (
        "expiry",
        b"""{"term":"data-protection","start":"2026-05-14","ended_on":"2030-01-01","as_of":"2030-01-02",
        "renewal_lead":{"days":1}}""",
    ),
    "licence-ended-after-its-term": (
        "expiry",
        b"""{"term":"production-licence","start":"2026-05-15","ended_on":"2031-05-15","as_of":"2026-05-14",
        "renewal_lead":{"days":29},"ref":"A"}""",
    ),
    "certificate-until-february": ("expiry", b'{"term":"glp-certificate","start":"2028-02-29"}'),
    "orphan-exclusivity-in-days": (
        "expiry",
        b'{"term":"orphan-exclusivity","start":"2026-06-01","granted":{"days":1000},"convention":"certificate"}',
    ),
    "orphan-exclusivity-in-days-by-the-code": (
        "expiry",
        b'{"term":"orphan-exclusivity","start":"2026-06-01","granted":{"days":1},"convention":"civil-code"}',
    ),
    "paediatric-exclusivity-mixed": (
        "expiry",
        b"""{"term":"paediatric-exclusivity","start":"2026-06-01","granted":{"years":1,"months":2,"days":3},
        "convention":"certificate"}""",
    ),
    "paediatric-exclusivity-mixed-by-the-code": (
        "expiry",
        b"""{"term":"paediatric-exclusivity","start":"2026-06-01","granted":{"months":1,"days":1},
        "convention":"civil-code"}""",
    ),
    "licence-to-the-end-of-the-month-by-the-code": (
        "expiry",
        b'{"term":"distribution-licence","start":"2028-02-29","convention":"civil-code","as_of":"2033-03-01"}',
    ),
    "licence-by-the-code-ending-outside-the-calendar": (
        "expiry",
        b'{"term":"hospital-preparation-licence","start":"2098-06-01","convention":"civil-code"}',
    ),
    "registration-renewed-late": (
        "expiry",
        b"""{"term":"drug-registration","start":"2026-06-01","as_of":"2031-05-20",
        "renewal_approved_on":"2031-07-10"}""",
    ),
    "api-renewed-in-time": (
        "expiry",
        b'{"term":"api-approval","start":"2026-05-14","renewal_approved_on":"2031-03-10"}',
    ),
    "distribution-lead-before-the-window": (
        "expiry",
        b'{"term":"distribution-licence","start":"2026-09-01","renewal_lead":{"months":9}}',
    ),
    "distribution-lead-after-the-window": (
        "expiry",
        b'{"term":"distribution-licence","start":"2026-09-01","renewal_lead":{"months":1}}',
    ),
    "hospital-registration-too-late": (
        "expiry",
        b'{"term":"hospital-preparation-registration","start":"2026-06-01","as_of":"2029-05-10"}',
    ),
    "refused-penalty-days-out-of-reach": (
        "penalty",
        b"""{"violation":"79-1-1","conduct":{"from":"1949-09-30","to":"1949-09-29"},"discovered_on":"1949-09-28",
        "decision_effective_on":"1949-09-27"}""",
    ),
    "refused-penalty-days-out-of-order": (
        "penalty",
        b"""{"violation":"79-1-1","conduct":{"from":"2026-06-01","to":"2026-05-31"},"discovered_on":"2026-05-30",
        "decision_effective_on":"2026-05-29"}""",
    ),
    "refused-penalty-conduct-before-commencement": (
        "penalty",
        b'{"violation":"79-1-1","conduct":{"from":"2026-05-01","to":"2026-05-14"}}',
    ),
    "refused-penalty-decision-before-commencement": (
        "penalty",
        b'{"violation":"79-1-1","decision_effective_on":"2026-05-14"}',
    ),
    "refused-penalty-unknown-violation": (
        "penalty",
        b'{"violation":"79-1-9"}',
    ),
    "refused-penalty-limitation-beyond-9999": (
        "penalty",
        b'{"violation":"79-1-1","conduct":{"from":"2026-06-01","to":"9998-01-01"}}',
    ),
    "refused-penalty-bar-beyond-9999": (
        "penalty",
        b'{"violation":"82-1","severity":"ordinary","decision_effective_on":"9990-01-01"}',
    ),
    "refused-deadline-days-out-of-reach": (
        "deadline",
        b"""{"step":"licence-decision","start":"1949-09-30","as_of":"1949-09-29",
        "clock_stops":[{"from":"2006-12-31","to":"2101-01-01","reason":"hearing"}]}""",
    ),
    "refused-deadline-days-out-of-order": (
        "deadline",
        b"""{"step":"licence-decision","start":"2026-06-02","as_of":"2026-06-01",
        "clock_stops":[{"from":"2026-06-05","to":"2026-06-04","reason":"hearing"},
        {"from":"2026-06-09","to":"2026-06-08","reason":"hearing"}]}""",
    ),
    "refused-deadline-no-stops-and-no-extension": (
        "deadline",
        b"""{"step":"announcement-correction","start":"2026-06-01","extension_working_days":1,
        "clock_stops":[{"from":"2026-06-05","reason":"hearing"}]}""",
    ),
    "refused-deadline-other-stops-and-a-longer-extension": (
        "deadline",
        b"""{"step":"licence-decision","start":"2026-06-01","extension_working_days":11,
        "clock_stops":[{"from":"2026-06-05","reason":"hearing"},{"from":"2026-06-08","reason":"technical_review"}]}""",
    ),
    "refused-deadline-start-before-commencement": (
        "deadline",
        b'{"step":"production-licence","start":"2026-05-14"}',
    ),
    "refused-deadline-start-outside-the-calendar": (
        "deadline",
        b'{"step":"licence-delivery","start":"2101-01-01","as_of":"2101-01-02"}',
    ),
    "refused-deadline-end-outside-the-calendar": (
        "deadline",
        b'{"step":"licence-delivery","start":"2100-12-20"}',
    ),
    "refused-deadline-unknown-step": (
        "deadline",
        b'{"step":"production-licenses","start":"2026-06-01"}',
    ),
    "refused-expiry-days-out-of-reach": (
        "expiry",
        b'{"term":"production-licence","start":"1949-09-30","ended_on":"1949-09-29","as_of":"1949-09-28"}',
    ),
    "refused-expiry-ended-before-its-start": (
        "expiry",
        b'{"term":"production-licence","start":"2026-06-01","ended_on":"2026-05-31"}',
    ),
    "refused-expiry-granted-on-a-fixed-term": (
        "expiry",
        b'{"term":"drug-registration","start":"2026-06-01","granted":{"years":5},"renewal_lead":{}}',
    ),
    "refused-expiry-granted-nothing": (
        "expiry",
        b'{"term":"data-protection","start":"2026-06-01","granted":{}}',
    ),
    "refused-expiry-granted-over-the-cap": (
        "expiry",
        b'{"term":"data-protection","start":"2026-06-01","granted":{"years":6,"days":1}}',
    ),
    "refused-expiry-lead-too-long": (
        "expiry",
        b'{"term":"production-licence","start":"2026-06-01","renewal_lead":{"months":9999}}',
    ),
    "refused-expiry-start-before-commencement": (
        "expiry",
        b'{"term":"orphan-exclusivity","start":"2026-05-14"}',
    ),
    "refused-expiry-end-beyond-9999": (
        "expiry",
        b'{"term":"production-licence","start":"9995-06-01"}',
    ),
    "refused-expiry-unknown-term": (
        "expiry",
        b'{"term":"licence","start":"2026-06-01"}',
    ),
}


def answer(name: str, lang: Language, rulebook: Rulebook, calendar: WorkingCalendar) -> bytes:
    """The answer to one of the requests, or the problem in its place."""
    kind, body = REQUESTS[name]
    request: Request = decode_json(body, CALCULATIONS[kind].request)
    try:
        return penaltycalc.encode_answer(calculate(request, rulebook, calendar, lang=lang))
    except LawRefuses as refusal:
        return penaltycalc.encode_answer(problem_for_row(refusal, rulebook.wordings[lang], instance="#/0", ref=UNSET))


PROVENANCE = GOLDEN / "provenance.json"


def file_of(name: str, lang: Language) -> Path:
    """The file of an answer."""
    return GOLDEN / f"{name}.{lang}.json"


def format_answer(content: bytes) -> bytes:
    """An answer as its file holds it: without its provenance, a member a line."""
    plain = json.loads(content)
    plain.pop("provenance", None)
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def pin_answers(rulebook: Rulebook, calendar: WorkingCalendar) -> bytes:
    """What all answers rest on, and the digest of all of them as they are sent."""
    whole = hashlib.sha256()
    for name, lang in product(REQUESTS, LANGUAGES):
        whole.update(answer(name, lang, rulebook, calendar) + b"\n")
    pin = {
        "engine": penaltycalc.__version__,
        "rulebook": rulebook.digest,
        "calendar": calendar.digest,
        "answers": f"sha256:{whole.hexdigest()}",
    }
    return (json.dumps(pin, indent=1) + "\n").encode()


def write() -> None:
    """Write all answers anew."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)
    for name, lang in product(REQUESTS, LANGUAGES):
        file_of(name, lang).write_bytes(format_answer(answer(name, lang, rulebook, calendar)))
    PROVENANCE.write_bytes(pin_answers(rulebook, calendar))


if __name__ == "__main__":
    write()
