"""The columns of the calculation sheets, and the formulas that ask the service.

A row builds the address of its request once. Each value is fetched into a hidden column of its own, as the text
that the service sends, and shown as a number, a day or a label in a visible one. Formulas are templates in which
`{name}` stands for the cell of that column in the same row, and `{name_raw}` for the text that was fetched for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from penaltycalc.batch.cell import MAX_CHARACTERS
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.input.words import SERIAL_EPOCH
from penaltycalc.rules.wording import Language

MAX_ADDRESS: Final = 2048
"""Characters of an address that WEBSERVICE() of Excel accepts."""
MAX_ANSWER: Final = MAX_CHARACTERS
"""Characters that WEBSERVICE() returns at most."""

MAX_SERVICE: Final = 209
"""Characters of the service's address, as many as the setting `public_url` takes."""
MAX_KEY: Final = 64
MAX_STOPS: Final = 110
"""Characters of clock stops: three stops, and short enough that no address gets too long, whatever is typed."""
MAX_YUAN: Final = Decimal("99999999999.99")
LAST_DAY: Final = date.fromordinal(SERIAL_EPOCH.toordinal() + 99_999)
"""A day arrives as its serial, which is read with five digits."""

SERVICE: Final = "Service_Address"
KEY: Final = "Access_Key"
BASE: Final = "Service_Base"
KEY_PART: Final = "Service_Key"
NO_ANSWER: Final = "No_Answer"
TOO_LONG: Final = "Too_Long"

InputKind = Literal["text", "id", "choice", "money", "date", "integer", "stops"]
OutputKind = Literal["text", "code", "money", "integer", "date"]


class Input(NamedTuple):
    """A column to fill in: the flat name of its fact, its width in characters, and what it takes.

    `choices` names the list of the sheet Lists that it offers; `rare` columns can be folded away.
    `head` is the name of its head where that differs from the fact's.
    """

    name: str
    kind: InputKind
    width: int
    choices: str = ""
    rare: bool = False
    head: str = ""


class Output(NamedTuple):
    """A column of results: its name, the path of its value in the answer, how it is shown.

    `codes` names the list of the sheet Lists with the labels of its codes. The value is fetched only where the
    formula `condition` is true. Where the service refuses the value in a row that it answers otherwise, and the
    formula `fallback` is true, the cell shows that the value stays open.
    """

    name: str
    out: str
    kind: OutputKind
    width: int = 0
    codes: str = ""
    condition: str = ""
    fallback: str = ""


class SheetSpec(NamedTuple):
    """One calculation sheet.

    The first output shows whether the service answers the row at all; only then the others are fetched. Outputs
    without a width have no visible column: other formulas use them. `result` is the template of the text that
    sums up an answered row. `past` are the days that are coloured once they are over, `uncertain` the columns that
    are coloured where the formula `is_uncertain` is true. `example` are the facts of the first row,
    `example_result` names its text.
    """

    sheet: str
    kind: Kind
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    result: str
    past: tuple[str, ...]
    uncertain: tuple[str, ...]
    is_uncertain: str
    example: Mapping[str, str]
    example_result: str

    @property
    def subject(self) -> str:
        """The name of the fact that holds the id of a row."""
        return CALCULATIONS[self.kind].subject

    @property
    def first_output(self) -> Output:
        """The value that shows whether the service answers a row."""
        return self.outputs[0]

    @property
    def visible_outputs(self) -> tuple[Output, ...]:
        """The outputs that have a visible column."""
        return tuple(output for output in self.outputs if output.width)


# A failed exemption is determined, but its fine is not: other provisions decide on it. The code of that refusal
# tells it, since the title of the tier differs between languages.
_ELSEWHERE: Final = 'LEFT({maximum_raw},22)="#ERR decided-elsewhere"'
_STAYS_OPEN: Final = f'AND(OR({{determined_raw}}="FALSE",{_ELSEWHERE}),LEFT({{self}},4)="#ERR")'

FINES: Final = SheetSpec(
    sheet="fines",
    kind="penalty",
    inputs=(
        Input("ref", "text", 14),
        Input("violation", "id", 27, "violation"),
        Input("goods_value", "money", 14),
        Input("activity", "choice", 13, "activity"),
        Input("severity", "choice", 17, "severity"),
        Input("rectified", "choice", 11, "yes_no"),
        Input("conduct_from", "date", 11),
        Input("conduct_to", "date", 11),
        Input("discovered_on", "date", 14, rare=True),
        Input("decision_effective_on", "date", 19, rare=True),
        Input("scope", "choice", 18, "scope", rare=True),
        Input("duties_fulfilled", "choice", 18, "yes_no", rare=True),
        Input("did_not_know_proven", "choice", 18, "yes_no", rare=True),
        Input("life_health_or_financial_safety", "choice", 26, "yes_no", rare=True),
        Input("harmful_consequence", "choice", 19, "yes_no", rare=True),
        Input("assume_in_force", "choice", 15, "yes_no", rare=True),
    ),
    outputs=(
        Output("determined", "determined", "text"),
        Output("missing", "missing_facts", "text", condition='{determined_raw}="FALSE"'),
        Output("minimum", "minimum", "money", 15, fallback=_STAYS_OPEN),
        Output("maximum", "maximum", "money", 15, fallback=_STAYS_OPEN),
        Output("tier", "outcome.tier_title", "text", 11, condition='{determined_raw}="TRUE"'),
        Output("authority", "outcome.authority", "code", 17, "authority", '{determined_raw}="TRUE"'),
        Output("measures", "outcome.measures", "text", 30, condition='{determined_raw}="TRUE"'),
        Output("barred", "limitation.barred", "code", 13, "barred", 'AND({conduct_to}<>"",{discovered_on}<>"")'),
        Output(
            "depends_on_harm",
            "limitation.depends_on_harm",
            "text",
            condition='AND({conduct_to}<>"",{discovered_on}<>"")',
        ),
        Output("notices", "notices", "text", 62),
    ),
    # That no penalty is imposed stands before the amounts, which are for reference only then.
    result=(
        f'IF({{barred_raw}}="TRUE",{{=barred}},IF({_ELSEWHERE},{{=decided_elsewhere}},'
        'IF({depends_on_harm_raw}="TRUE",{=depends_on_harm},'
        'IF({determined_raw}="TRUE",{=determined},{=missing}&{missing_facts}))))'
    ),
    past=(),
    uncertain=("result", "minimum", "maximum"),
    is_uncertain='{determined_raw}="FALSE"',
    example={
        "violation": "79-1-1",
        "goods_value": "85000",
        "activity": "wholesale",
        "severity": "ordinary",
        "conduct_from": "2026-06-01",
        "conduct_to": "2026-06-30",
    },
    example_result="determined",
)

DEADLINES: Final = SheetSpec(
    sheet="deadlines",
    kind="deadline",
    inputs=(
        Input("ref", "text", 14),
        Input("step", "id", 34, "step"),
        Input("start", "date", 15, head="start_of_step"),
        Input("clock_stops", "stops", 26),
        Input("as_of", "date", 12),
        Input("extension_working_days", "integer", 20, rare=True),
        Input("joint_filing", "choice", 15, "yes_no", rare=True),
        Input("assume_in_force", "choice", 15, "yes_no", rare=True),
    ),
    outputs=(
        Output("due", "due", "date", 13),
        Output("status", "status", "code", 10, "status", '{due_raw}<>""'),
        Output("earliest", "earliest", "date", 12, condition='{status_raw}="projected"'),
        Output("latest", "latest", "date", 12, condition='{status_raw}="projected"'),
        Output("left", "days.left", "integer", 10, condition='{as_of}<>""'),
        Output("overdue", "days.overdue", "integer", 10, condition='{as_of}<>""'),
        Output("notices", "notices", "text", 62),
    ),
    result='IF({due_raw}="",{=no_date},{=computed})',
    past=("due",),
    uncertain=("due", "status", "earliest", "latest"),
    is_uncertain='{status_raw}="projected"',
    example={"step": "production-licence", "start": "2026-09-18", "as_of": "2026-10-09"},
    example_result="computed",
)

EXPIRIES: Final = SheetSpec(
    sheet="expiries",
    kind="expiry",
    inputs=(
        Input("ref", "text", 14),
        Input("term", "id", 34, "term"),
        Input("start", "date", 12),
        Input("renewal_lead_months", "integer", 15),
        Input("as_of", "date", 12),
        Input("renewal_lead_days", "integer", 16, rare=True),
        Input("convention", "choice", 24, "convention", rare=True),
        Input("granted_years", "integer", 13, rare=True),
        Input("granted_months", "integer", 14, rare=True),
        Input("granted_days", "integer", 13, rare=True),
        Input("ended_on", "date", 13, rare=True),
        Input("renewal_approved_on", "date", 14, rare=True),
    ),
    outputs=(
        Output("last_day", "last_day", "date", 13),
        Output("days_left", "days_left", "integer", 10, condition='{as_of}<>""'),
        Output("window_opens", "renewal.window.opens", "date", 13),
        Output("window_closes", "renewal.window.closes", "date", 13, condition='{window_opens_raw}<>""'),
        Output("latest_by_licensing_law", "renewal.latest_by_licensing_law", "date", 13),
        Output("usual_apply_by", "renewal.usual_apply_by", "date", 15),
        Output(
            "apply_by",
            "renewal.apply_by",
            "date",
            13,
            condition='OR({renewal_lead_months}<>"",{renewal_lead_days}<>"")',
        ),
        Output(
            "review_fits_until", "renewal.review_fits_until", "date", 13, condition='{latest_by_licensing_law_raw}<>""'
        ),
        Output("review_status", "renewal.review_status", "text", condition='{review_fits_until_raw}<>""'),
        Output("next_term_start", "renewal.next_term.start", "date", 13, condition='{renewal_approved_on}<>""'),
        Output("next_term_last_day", "renewal.next_term.last_day", "date", 13, condition='{renewal_approved_on}<>""'),
        Output("notices", "notices", "text", 62),
    ),
    result="{=computed}",
    past=("last_day", "window_closes", "latest_by_licensing_law", "usual_apply_by", "apply_by", "review_fits_until"),
    uncertain=("review_fits_until",),
    is_uncertain='{review_status_raw}="projected"',
    example={
        "term": "drug-registration",
        "start": "2023-03-01",
        "renewal_lead_months": "6",
        "as_of": "2026-10-09",
    },
    example_result="computed",
)

SHEETS: Final = (FINES, DEADLINES, EXPIRIES)


# ----------------------------------------------------------------------------------- the formulas


def quote(text: str) -> str:
    """Write a text as it stands in a formula."""
    return '"' + text.replace('"', '""') + '"'


def build_address_formula(spec: SheetSpec, lang: Language) -> str:
    """Build the formula of the address of a row, without the value that is asked for; empty where the row has no id.

    The reference is not sent: the service does not need it. Facts that are not given are left out, and of the
    text that a list offers only the code before the first space is sent.
    """
    path = quote(f"/v1/cells/{spec.kind}?lang={lang}")
    facts = (_build_fact_formula(column) for column in spec.inputs if column.name != "ref")
    return f'IF(TRIM({{{spec.subject}}})="","",{"&".join([BASE + "&" + path, *facts, KEY_PART])})'


def _build_fact_formula(column: Input) -> str:
    cell = f"{{{column.name}}}"
    name = quote(f"&{column.name}=")
    # In files, functions newer than Excel 2007 need the prefix _xlfn, or Excel shows #NAME?.
    sent = f"{name}&_xlfn.ENCODEURL({_SENT_FORMS.get(column.kind, '{cell}').format(cell=cell)})"
    return sent if column.kind == "id" else f'IF({cell}="","",{sent})'


# The space that is added at the end lets FIND() succeed where the text is a code alone.
_FIRST_WORD: Final = 'LEFT(TRIM({cell}),FIND(" ",TRIM({cell})&" ")-1)'
# Other kinds go as they are: a day as its serial, which does not depend on the format of the cell.
_SENT_FORMS: Final[dict[InputKind, str]] = {
    "id": _FIRST_WORD,
    "choice": _FIRST_WORD,
    # Excel joins a number to a text with the decimal sign of the machine, which may be a comma. MID(1/2,2,1) is
    # that sign.
    "money": 'SUBSTITUTE({cell}&"",MID(1/2,2,1),".")',
}


def build_address_end(output: Output) -> str:
    """Build the end of an address, which asks for this value."""
    return ("&as=serial" if output.kind == "date" else "") + f"&out={output.out}"


def build_raw_formula(spec: SheetSpec, output: Output) -> str:
    """Build the formula that fetches a value; its result is a text of the workbook where the service sends none."""
    end = quote(build_address_end(output))
    # WEBSERVICE() gives one error for every cause, so the length is checked beforehand to name this one.
    max_length = MAX_ADDRESS - len(build_address_end(output))
    fetched = f"IFERROR(_xlfn.WEBSERVICE({{address}}&{end}),{NO_ANSWER})"
    if output is spec.first_output:
        return f'IF({{address}}="","",IF(LEN({{address}})>{max_length},{TOO_LONG},{fetched}))'
    condition = f",{output.condition}" if output.condition else ""
    return f'IF(AND({{address}}<>"",{{fault}}=""{condition}),IF(LEN({{address}})>{max_length},{TOO_LONG},{fetched}),"")'


def build_fault_formula(spec: SheetSpec) -> str:
    """Build the formula of what is wrong with a row: a text of the workbook, the refusal of the service, or nothing."""
    first = f"{{{spec.first_output.name}_raw}}"
    return f'IF(OR({first}={NO_ANSWER},{first}={TOO_LONG},LEFT({first},4)="#ERR"),{first},"")'


def build_result_formula(spec: SheetSpec, texts: Mapping[str, str], facts: Mapping[str, str], comma: str) -> str:
    """Build the formula that sums a row up; `facts` are the labels of facts that can be missing."""
    missing = "{missing_raw}"
    for code, label in (*facts.items(), (", ", comma)):
        missing = f"SUBSTITUTE({missing},{quote(code)},{quote(label)})"
    formula = spec.result.replace("{missing_facts}", missing)
    for name, text in texts.items():
        formula = formula.replace(f"{{={name}}}", quote(text))
    return f'IF({{address}}="","",IF({{fault}}<>"",{{fault}},{formula}))'


def build_display_formula(spec: SheetSpec, output: Output, codes: Mapping[str, tuple[str, str]], fallback: str) -> str:
    """Build the formula that shows a fetched text as a number, a day or a label, or as it is where it is none.

    `codes` are the ranges of codes and of labels by the name of their list, `fallback` is the text for what stays
    open. What is wrong with the whole row is shown in its result, and not here.
    """
    raw = f"{{{output.name}_raw}}"
    if output.kind == "text":
        return raw
    if output.kind == "code":
        # A newer service may send a code that this workbook has no label for: then the code itself is shown.
        code_range, label_range = codes[output.codes]
        return f'IF({raw}="","",IFERROR(INDEX({label_range},MATCH({raw},{code_range},0)),{raw}))'
    itself = f"IF({output.fallback.replace('{self}', raw)},{quote(fallback)},{raw})" if output.fallback else raw
    nothing = f'OR({raw}="",{{fault}}<>"")' if output is spec.first_output else f'{raw}=""'
    # VALUE() would expect the decimal sign of the machine; NUMBERVALUE() is told that of the service.
    return f'IF({nothing},"",IFERROR(_xlfn.NUMBERVALUE({raw},".",","),{itself}))'


def list_columns(spec: SheetSpec) -> tuple[str, ...]:
    """List the names of all columns of a sheet in their order; those from `address` on are hidden."""
    return tuple(_name_columns(spec))


def _name_columns(spec: SheetSpec) -> Iterator[str]:
    yield from (column.name for column in spec.inputs)
    yield "result"
    yield from (output.name for output in spec.visible_outputs)
    yield "address"
    yield "fault"
    yield from (f"{output.name}_raw" for output in spec.outputs)
