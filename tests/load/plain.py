"""A plain Litestar route that decodes a request and returns constant bytes: what the service is measured against."""

from __future__ import annotations

import os

from litestar import Litestar, Response, post
from litestar.params import JSONBody

from penaltycalc.answers import decode_value
from penaltycalc.deadlines import DeadlineRequest
from penaltycalc.expiries import ExpiryRequest
from penaltycalc.money import Money
from penaltycalc.penalties import PenaltyRequest


def create_app() -> Litestar:
    """The route for one kind of request, answering as many bytes as the service does."""
    answer = b"x" * int(os.environ["PLAIN_LENGTH"])

    @post("/plain", status_code=200)
    async def penalty(data: JSONBody[PenaltyRequest]) -> Response[bytes]:
        return Response(answer, media_type="application/json")

    @post("/plain", status_code=200)
    async def deadline(data: JSONBody[DeadlineRequest]) -> Response[bytes]:
        return Response(answer, media_type="application/json")

    @post("/plain", status_code=200)
    async def expiry(data: JSONBody[ExpiryRequest]) -> Response[bytes]:
        return Response(answer, media_type="application/json")

    handlers = {"penalty": penalty, "deadline": deadline, "expiry": expiry}
    return Litestar(
        [handlers[os.environ["PLAIN_KIND"]]],
        openapi_config=None,
        logging_config=None,
        type_decoders=[(lambda type_: type_ is Money, decode_value)],
    )
