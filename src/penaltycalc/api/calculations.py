"""The routes of the three calculations: facts as JSON in the body, or in path and query."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from penaltycalc.api.descriptions import (
    BAD_BODY,
    BAD_QUERY,
    DEADLINE_FACTS_REFUSED,
    DEADLINE_REFUSED,
    DIGESTS_WITH_INPUTS,
    EXPIRY_FACTS_REFUSED,
    EXPIRY_REFUSED,
    NO_SUCH_STEP,
    NO_SUCH_TERM,
    NO_SUCH_VIOLATION,
    PENALTY_FACTS_REFUSED,
    PENALTY_REFUSED,
    Link,
    list_body_problems,
    list_problems,
)
from penaltycalc.api.request import StrictRequest, parse_facts, parse_query
from penaltycalc.api.response import build_json_response
from penaltycalc.calculators.calculate import Request as CalculationRequest
from penaltycalc.calculators.calculate import calculate
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest
from penaltycalc.calculators.penalties import PenaltyAnswer, PenaltyRequest
from penaltycalc.rules.wording import Language

_PENALTY_LINKS: Final = (Link("getViolation", "violation", {"violation": "$response.body#/violation"}),)
_BODY_START: Final = "$request.body#/start"
_QUERY_START: Final = "$request.query.start"


def _link_deadline(start: str) -> tuple[Link, ...]:
    """Link a deadline to its step and its event; `start` says where the request holds the start day."""
    step = {"step": "$response.body#/step"}
    return Link("getStep", "step", step), Link("getDeadlineEvent", "event", {**step, "start": start})


def _link_expiry(start: str) -> tuple[Link, ...]:
    """Link an expiry to its term and its event; `start` says where the request holds the start day."""
    term = {"term": "$response.body#/term"}
    return Link("getTerm", "term", term), Link("getExpiryEvent", "event", {**term, "start": start})


def _answer(request: StrictRequest, lang: Language, facts: CalculationRequest) -> Response[Any]:
    """Calculate, with explanation, and make the response."""
    law = request.law
    answer = calculate(facts, law.rulebook, law.calendar, lang=lang, explain=True)
    return build_json_response(request, lang, answer, answer.provenance)


# ------------------------------------------------------------------------------------ facts in the body
# Litestar decodes `data` by way of StrictRequest.json, which `build_app` names as the class of all requests: it bounds
# the body, checks its media type and refuses repeated names.


@post(
    "/v1/penalties",
    operation_id="calculatePenalty",
    summary="违法行为的法律后果 / The legal consequences of a violation",
    tags=["penalties"],
    status_code=200,
    responses=list_body_problems(BAD_BODY, PENALTY_REFUSED),
    opt={"role": "read", "headers": DIGESTS_WITH_INPUTS, "links": _PENALTY_LINKS},
)
async def post_penalty(request: StrictRequest, data: JSONBody[PenaltyRequest]) -> Response[PenaltyAnswer]:
    """Calculate the legal consequences of a violation."""
    return _answer(request, parse_query(request).lang, data)


@post(
    "/v1/deadlines",
    operation_id="calculateDeadline",
    summary="办理期限何时届满 / When a step is due",
    tags=["deadlines"],
    status_code=200,
    responses=list_body_problems(BAD_BODY, DEADLINE_REFUSED),
    opt={"role": "read", "headers": DIGESTS_WITH_INPUTS, "links": _link_deadline(_BODY_START)},
)
async def post_deadline(request: StrictRequest, data: JSONBody[DeadlineRequest]) -> Response[DeadlineAnswer]:
    """Calculate when a step is due."""
    return _answer(request, parse_query(request).lang, data)


@post(
    "/v1/expiries",
    operation_id="calculateExpiry",
    summary="证件有效期、保护期何时届满 / When a licence or protection ends",
    tags=["expiries"],
    status_code=200,
    responses=list_body_problems(BAD_BODY, EXPIRY_REFUSED),
    opt={"role": "read", "headers": DIGESTS_WITH_INPUTS, "links": _link_expiry(_BODY_START)},
)
async def post_expiry(request: StrictRequest, data: JSONBody[ExpiryRequest]) -> Response[ExpiryAnswer]:
    """Calculate when a licence or a protection ends."""
    return _answer(request, parse_query(request).lang, data)


# --------------------------------------------------------------------------- facts in path and query


@get(
    "/v1/penalties/{violation:str}",
    operation_id="getPenalty",
    summary="违法行为的法律后果（查询形式） / The legal consequences of a violation, facts in the query",
    tags=["penalties"],
    responses=list_problems(BAD_QUERY, NO_SUCH_VIOLATION, PENALTY_FACTS_REFUSED),
    opt={"role": "read", "query": (PenaltyRequest,), "headers": DIGESTS_WITH_INPUTS, "links": _PENALTY_LINKS},
)
async def get_penalty(request: StrictRequest, violation: FromPath[str]) -> Response[PenaltyAnswer]:
    """Calculate the legal consequences of a violation."""
    return _answer(request, *parse_facts(request, "penalty", violation))


@get(
    "/v1/deadlines/{step:str}",
    operation_id="getDeadline",
    summary="办理期限何时届满（查询形式） / When a step is due, facts in the query",
    tags=["deadlines"],
    responses=list_problems(BAD_QUERY, NO_SUCH_STEP, DEADLINE_FACTS_REFUSED),
    opt={
        "role": "read",
        "query": (DeadlineRequest,),
        "headers": DIGESTS_WITH_INPUTS,
        "links": _link_deadline(_QUERY_START),
    },
)
async def get_deadline(request: StrictRequest, step: FromPath[str]) -> Response[DeadlineAnswer]:
    """Calculate when a step is due."""
    return _answer(request, *parse_facts(request, "deadline", step))


@get(
    "/v1/expiries/{term:str}",
    operation_id="getExpiry",
    summary="证件有效期、保护期何时届满（查询形式） / When a licence or protection ends, facts in the query",
    tags=["expiries"],
    responses=list_problems(BAD_QUERY, NO_SUCH_TERM, EXPIRY_FACTS_REFUSED),
    opt={
        "role": "read",
        "query": (ExpiryRequest,),
        "headers": DIGESTS_WITH_INPUTS,
        "links": _link_expiry(_QUERY_START),
    },
)
async def get_expiry(request: StrictRequest, term: FromPath[str]) -> Response[ExpiryAnswer]:
    """Calculate when a licence or a protection ends."""
    return _answer(request, *parse_facts(request, "expiry", term))


HANDLERS: Final = [post_penalty, post_deadline, post_expiry, get_penalty, get_deadline, get_expiry]
