"""Asks a service through the generated client, and prints what came back as JSON.

Run with the folder of the generated package on the path, and the address of the service as its argument.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date
from typing import Any

from penaltycalc_client import Client
from penaltycalc_client.api.batch import calculate_batch, calculate_batch_csv
from penaltycalc_client.api.cells import get_deadline_cell
from penaltycalc_client.api.deadlines import calculate_deadline, get_deadline
from penaltycalc_client.api.expiries import calculate_expiry
from penaltycalc_client.api.penalties import calculate_penalty
from penaltycalc_client.models import (
    ClockStop,
    Conduct,
    DeadlineAnswer,
    DeadlineRequest,
    DeadlineRow,
    DeadlineRowKind,
    ExpiryAnswer,
    ExpiryRequest,
    ExpiryRow,
    ExpiryRowKind,
    Granted,
    Language,
    PenaltyAnswer,
    PenaltyRequest,
    PenaltyRow,
    PenaltyRowKind,
    Problem,
    ResponsiblePerson,
    Role,
    RowProblem,
    Severity,
    StopReason,
)
from penaltycalc_client.types import File, Unset


def penalty(client: Client) -> dict[str, Any]:
    """A penalty whose persons' fines are known for one and null for the other."""
    request = PenaltyRequest(
        violation="82-2",
        severity=Severity.SEVERE,
        decision_effective_on=date(2028, 2, 29),
        conduct=Conduct(from_=date(2026, 5, 1), to=date(2026, 6, 30)),
        responsible_persons=[
            ResponsiblePerson(role=Role.PRINCIPAL, income_during_violation="0.11"),
            ResponsiblePerson(role=Role.OTHER),
        ],
    )
    answer = calculate_penalty.sync(client=client, body=request, lang=Language.EN)
    assert isinstance(answer, PenaltyAnswer)
    outcome = answer.outcome
    assert not isinstance(outcome, Unset)
    assert outcome.fine is not None
    return {
        "tier": outcome.tier.value,
        "fine": [outcome.fine.minimum, outcome.fine.maximum, outcome.fine.basis.kind.value],
        "measures": [measure.kind.value for measure in outcome.measures],
        "persons": [[person.fine.minimum, person.fine.maximum] for person in outcome.persons],
        "notices": [notice.code for notice in answer.notices],
    }


def deadline(client: Client) -> dict[str, Any]:
    """A deadline across a stop of the clock."""
    request = DeadlineRequest(
        step="production-licence",
        start=date(2026, 9, 18),
        as_of=date(2026, 10, 9),
        clock_stops=[ClockStop(from_=date(2026, 10, 12), to=date(2026, 10, 16), reason=StopReason.TECHNICAL_REVIEW)],
    )
    answer = calculate_deadline.sync(client=client, body=request)
    assert isinstance(answer, DeadlineAnswer)
    assert isinstance(answer.due, date)
    assert not isinstance(answer.days, Unset)
    return {"due": answer.due.isoformat(), "used": answer.days.used, "left": answer.days.left}


def without_a_date(client: Client) -> object:
    """The due date of a step that is due promptly: null."""
    answer = get_deadline.sync("urgent-import", client=client, start=date(2026, 6, 1))
    assert isinstance(answer, DeadlineAnswer)
    return answer.due


def expiry(client: Client) -> dict[str, Any]:
    """A protection of a granted length."""
    request = ExpiryRequest(term="orphan-exclusivity", start=date(2028, 2, 29), granted=Granted(months=30))
    answer = calculate_expiry.sync(client=client, body=request)
    assert isinstance(answer, ExpiryAnswer)
    return {
        "last_day": answer.last_day.isoformat(),
        "civil_code": answer.by_convention.civil_code.isoformat(),
        "ended_early": answer.ended_early,
    }


def batch(client: Client) -> list[Any]:
    """Three rows, the last one refused."""
    rows: list[DeadlineRow | ExpiryRow | PenaltyRow] = [
        DeadlineRow(kind=DeadlineRowKind.DEADLINE, step="licence-delivery", start=date(2026, 6, 1), ref="a"),
        ExpiryRow(kind=ExpiryRowKind.EXPIRY, term="drug-registration", start=date(2026, 6, 1), ref="b"),
        PenaltyRow(kind=PenaltyRowKind.PENALTY, violation="79-1-9", ref="c"),
    ]
    answers = calculate_batch.sync(client=client, body=rows)
    assert isinstance(answers, list)
    deadline, expiry, refused = answers
    assert isinstance(deadline, DeadlineAnswer)
    assert isinstance(deadline.due, date)
    assert isinstance(expiry, ExpiryAnswer)
    assert isinstance(refused, RowProblem)
    return [
        ["deadline", deadline.ref, deadline.due.isoformat()],
        ["expiry", expiry.ref, expiry.last_day.isoformat()],
        ["problem", refused.ref, refused.code],
    ]


def table(client: Client) -> str:
    """A CSV file as it comes back."""
    content = b"kind,step,start,x_file\ndeadline,licence-delivery,2026-06-01,17\n"
    answer = calculate_batch_csv.sync(client=client, body=File(io.BytesIO(content), "rows.csv", "text/csv"))
    assert isinstance(answer, File)
    return answer.payload.read().decode()


def problem(client: Client) -> dict[str, Any]:
    """A request that is refused."""
    answer = calculate_penalty.sync(client=client, body=PenaltyRequest(violation="79-1-9"), lang=Language.EN)
    assert isinstance(answer, Problem)
    return {
        "status": answer.status,
        "code": answer.code,
        "title": answer.title,
        "where": [fault.where for fault in answer.errors],
    }


def cell(client: Client) -> object:
    """One value as text."""
    return get_deadline_cell.sync(client=client, step="licence-delivery", start="2026/6/1")


if __name__ == "__main__":
    with Client(base_url=sys.argv[1]) as client:
        found = {
            "penalty": penalty(client),
            "deadline": deadline(client),
            "without_a_date": without_a_date(client),
            "expiry": expiry(client),
            "batch": batch(client),
            "problem": problem(client),
            "cell": cell(client),
            "table": table(client),
        }
    sys.stdout.write(json.dumps(found))
