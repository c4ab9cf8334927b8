"""Plain Litestar routes to measure the service against: each decodes the same body into the same type, then answers
constant bytes, as many as the service answers at that path. PLAIN_LENGTHS holds their number by path, as JSON.
"""

from __future__ import annotations

import os
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, post
from litestar.params import JSONBody

from penaltycalc.calculators.deadlines import DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryRequest
from penaltycalc.calculators.penalties import PenaltyRequest
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import decode_value

LENGTHS: Final = msgspec.json.decode(os.environ.get("PLAIN_LENGTHS", "{}"), type=dict[str, int])


def make_response(path: str) -> Response[bytes]:
    """As many bytes as the service answers at that path."""
    return Response(b"x" * LENGTHS[path], media_type="application/json")


@post("/v1/penalties", status_code=200)
async def post_penalty(data: JSONBody[PenaltyRequest]) -> Response[bytes]:
    return make_response("/v1/penalties")


@post("/v1/deadlines", status_code=200)
async def post_deadline(data: JSONBody[DeadlineRequest]) -> Response[bytes]:
    return make_response("/v1/deadlines")


@post("/v1/expiries", status_code=200)
async def post_expiry(data: JSONBody[ExpiryRequest]) -> Response[bytes]:
    return make_response("/v1/expiries")


def is_money(type_: Any) -> bool:
    """Whether Litestar should decode this type with `decode_value`."""
    return type_ is Money


def create_app() -> Litestar:
    """The plain routes."""
    return Litestar(
        [post_penalty, post_deadline, post_expiry],
        openapi_config=None,
        logging_config=None,
        type_decoders=[(is_money, decode_value)],
    )
