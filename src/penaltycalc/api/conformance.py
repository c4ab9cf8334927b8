"""The worked cases, for installations to prove themselves."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from litestar import get

from penaltycalc.api.media_types import CSV
from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, Content, answer_headers, bytes_response, with_etag
from penaltycalc.conformance.kit import KIT, read_kit


@get(
    "/v1/conformance/csv",
    operation_id="getConformanceCases",
    tags=["operations"],
    media_type=CSV,
    responses=problem_responses(400, 406, 414, 500),
    opt={"role": "read"},
)
async def get_conformance_cases(request: StrictRequest) -> BytesResponse[str]:
    """标准案例及应得结果（CSV） / The worked cases with the answers that they must have, as CSV."""
    parse_query(request, (), CSV)
    headers: Any = answer_headers("en")  # in one language: codes, values, and sources in English
    headers.append((b"content-disposition", f'attachment; filename="{KIT.name}"'.encode()))
    return bytes_response(request, headers, _kit(), f"{CSV}; charset=utf-8")


@cache
def _kit() -> Content:
    return with_etag(read_kit())


HANDLERS: Final = [get_conformance_cases]
