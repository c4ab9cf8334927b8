"""The examples on the pages of problems: a request and its answer, as texts in each language."""

from __future__ import annotations

import json

import msgspec

from penaltycalc.api.site import ProblemExample
from penaltycalc.openapi.examples import AnsweredExample, Example, answer_problems, read_examples
from penaltycalc.openapi.in_process import create_service
from penaltycalc.rules.wording import LANGUAGES, Language


def encode_problem_examples() -> bytes:
    """Encode the examples of all problems as JSON, by code."""
    service, examples = create_service(), read_examples().problem
    answers: dict[Language, dict[str, AnsweredExample]] = {
        lang: answer_problems(service, examples, lang) for lang in LANGUAGES
    }
    # An unknown id has two statuses: 404 in a path, 422 in a body.
    statuses: dict[str, set[int]] = {}
    for answered in answers["zh"].values():
        statuses.setdefault(answered.answer["code"], set()).add(answered.answer["status"])
    # Of several examples of one code, the page shows the one that is named like the code.
    pages = {
        code: ProblemExample(
            statuses=tuple(sorted(statuses[code])),
            request={lang: format_request(examples[code], lang) for lang in LANGUAGES},
            answer={lang: _format_json(answers[lang][code].answer) for lang in LANGUAGES},
        )
        for code in statuses
    }
    return msgspec.json.format(msgspec.json.encode(pages), indent=2) + b"\n"


def format_request(example: Example, lang: Language) -> str:
    """Format a request as it goes over the line, for an answer in that language."""
    lines = [f"{example.method} {example.target}", f"Accept-Language: {lang}"]
    headers = {"Content-Type": example.media_type, **example.headers} if example.content else example.headers
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not example.content:
        return "\n".join(lines)
    body = example.shown_body
    return "\n".join([*lines, "", body if isinstance(body, str) else _format_json(body)])


def _format_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
