"""The route of the worked cases, against which an installation is checked."""

from __future__ import annotations

from typing import Final

from litestar import Response, get

from penaltycalc.api.descriptions import BAD_QUERY, FILE_NAME, list_problems
from penaltycalc.api.media_types import CSV
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_file_response
from penaltycalc.conformance.kit_file import KIT


@get(
    "/v1/conformance/csv",
    operation_id="getConformanceCases",
    summary="标准案例及应有的结果（CSV） / The worked cases with the expected results, as CSV",
    tags=["operations"],
    media_type=CSV,
    responses=list_problems(BAD_QUERY),
    opt={"role": "read", "headers": (FILE_NAME,)},
)
async def get_conformance_cases(request: StrictRequest) -> Response[str]:
    """Send the worked cases; they hold codes and values, and their sources in English only."""
    parse_query(request, (), CSV)
    return build_file_response(request, "en", None, request.worker.site.kit, CSV, KIT.name)


HANDLERS: Final = [get_conformance_cases]
