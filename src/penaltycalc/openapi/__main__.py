"""Write openapi/openapi.json and web/problems.json of this checkout anew: `python -m penaltycalc.openapi`."""

from __future__ import annotations

from penaltycalc.api.site import WEB, find_document
from penaltycalc.openapi.document import encode_document
from penaltycalc.openapi.problem_pages import encode_problem_examples

if __name__ == "__main__":
    find_document().write_bytes(encode_document())
    (WEB / "problems.json").write_bytes(encode_problem_examples())
