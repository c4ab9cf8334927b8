"""The worked cases, for installations to prove themselves."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from litestar import get

from penaltycalc.api.feeds import CSV
from penaltycalc.api.problems import documented
from penaltycalc.api.request import StrictRequest, asked
from penaltycalc.api.response import Answered, Content, answer_headers, ready, tagged
from penaltycalc.conformance.kit import KIT, kit_content


@get(
    "/v1/conformance/csv",
    operation_id="getConformanceCases",
    tags=["operations"],
    media_type=CSV,
    responses=documented(400, 406, 414, 500),
)
async def get_conformance_cases(request: StrictRequest) -> Answered[str]:
    """标准案例及应得结果（CSV） / The worked cases with the answers that they must have, as CSV."""
    asked(request, (), CSV)
    headers: Any = answer_headers("en")  # in one language: codes, values, and sources in English
    headers.append((b"content-disposition", f'attachment; filename="{KIT.name}"'.encode()))
    return ready(request, headers, _kit(), f"{CSV}; charset=utf-8")


@cache
def _kit() -> Content:
    return tagged(kit_content())


HANDLERS: Final = [get_conformance_cases]
