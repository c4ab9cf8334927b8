"""What is wrong with a command, told on standard error in the language that its arguments ask for."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import click

from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.calculators.fact_names import name_fact
from penaltycalc.calculators.problems import fault_message, write_message
from penaltycalc.errors import Fact, Label, Path, PenaltycalcError, find_nearest, quote_value
from penaltycalc.input.flat import FlatField, find_flat_name, list_fields
from penaltycalc.rules.wording import LANGUAGES, Language, Wording

Facts = dict[str, Fact]


def find_language(words: Sequence[str]) -> Language:
    """Find the language of messages in the arguments of a command, also where they cannot be parsed."""
    pairs = pairwise(part for word in words for part in word.split("=", 1))
    given = [lang for name, value in pairs if name == "--lang" for lang in LANGUAGES if lang == value]
    return given[-1] if given else "zh"  # of an option that is given twice the last one counts


# ---------------------------------------------------------------------------------------- refusals


def print_error(error: PenaltycalcError, words: Sequence[str], wording: Wording) -> None:
    """Print every fault on a line of its own: the option that it is about, the sentence, and the code for programs."""
    for fault in error.faults:
        sentence = _describe_fault(fault, words, wording)
        click.echo(wording.label("heading", "with_code").format(label=sentence, code=fault.code), err=True)


def _describe_fault(fault: PenaltycalcError, words: Sequence[str], wording: Wording) -> str:
    calculation = next((CALCULATIONS[kind] for kind in CALCULATIONS if words[:1] == [kind]), None)
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    subject, facts = "", fault.facts
    if calculation is None:
        # Only what has a label as an option: a place in a file may have the name of another option.
        options = [_write_option(str(name)) for name in fault.where[:1] if wording.has_label("option", str(name))]
    else:
        request, subject = calculation.request, calculation.subject
        options = [_write_option(name) for name in _list_names(request, fault.where) if name != subject]
        facts = {name: _name_by_option(fact, list_fields(request)) for name, fact in fault.facts.items()}
    if not options:  # an argument, which has no name that could be typed, or a place in a file
        return fault_message(fault, wording, subject)
    # Of a record in which several options give facts, one that was given is meant.
    option = next((option for option in options if option in given), options[0])
    return wording.label("heading", "fault").format(place=option, message=write_message(fault.message, facts, wording))


def _list_names(request: type, where: Path) -> list[str]:
    """The flat names of the facts at a place in a request: of one, or of all in a record."""
    inner = [field.name for field in list_fields(request).values() if where and field.path[: len(where)] == where]
    return inner or ([find_flat_name(request, where)] if where else [])


def _name_by_option(fact: Fact, fields: Mapping[str, FlatField]) -> Fact:
    """A fact whose labels have the options of facts behind them in place of the names of fields."""
    if isinstance(fact, tuple):
        return tuple(_name_label_by_option(label, fields) for label in fact)
    return _name_label_by_option(fact, fields) if isinstance(fact, Label) else fact


def _name_label_by_option(label: Label, fields: Mapping[str, FlatField]) -> Label:
    name = name_fact(label.code)
    return replace(label, name=_write_option(name)) if label.group == "fact" and name in fields else label


def _write_option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


# ---------------------------------------------------------------------------------- errors of usage

_EXTRA: Final = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)
_GIVEN: Final = re.compile(r"(['\"].*['\"]) is not|(\S+) is not in the range", re.DOTALL)
"""How click's messages name the value of a choice (as a literal of Python) or a number; no attribute holds it."""
_QUOTED: Final = re.compile(r"'(.*)'", re.DOTALL)
"""What click's message quotes: for a file its path, which no attribute of the error holds."""


def print_usage_error(error: click.UsageError, wording: Wording) -> None:
    """Print what click refuses: how the command is used, where its help is, and what is wrong."""
    if error.ctx is not None:
        click.echo(_describe_usage(error.ctx, wording), err=True)
    code, facts = _describe_usage_error(error, wording)
    click.echo(write_message(code, facts, wording), err=True)


def _describe_usage(ctx: click.Context, wording: Wording) -> str:
    command = ctx.command
    names = {command.options_metavar: "usage-options"}
    if isinstance(command, click.Group):
        names[command.subcommand_metavar] = "usage-subcommand"
    pieces = [
        write_message(names[piece], {}, wording) if piece in names else piece
        for piece in command.collect_usage_pieces(ctx)
    ]
    usage = write_message("usage", {"usage": " ".join((ctx.command_path, *pieces))}, wording)
    longest = max(ctx.help_option_names, key=len)
    return f"{usage}\n{write_message('usage-help', {'command': f'{ctx.command_path} {longest}'}, wording)}\n"


def _describe_usage_error(error: click.UsageError, wording: Wording) -> tuple[str, Facts]:
    """The message of an error of click, and its facts."""
    match error:
        case click.MissingParameter(param=click.Parameter() as parameter):
            command = "" if error.ctx is None else str(error.ctx.command.name)
            return _describe_missing_parameter(parameter, command, wording)
        case click.BadParameter(param=click.Parameter() as parameter):
            return _describe_bad_value(error, parameter)
        case click.NoSuchOption(option_name=name, ctx=click.Context() as ctx):
            options = [option for parameter in ctx.command.get_params(ctx) for option in parameter.opts]
            return _describe_unknown("usage-no-option", name, options)
        case click.NoSuchCommand(command_name=name, ctx=click.Context(command=click.Group() as group) as ctx):
            return _describe_unknown("usage-no-command", name, group.list_commands(ctx))
        case click.BadOptionUsage(option_name=name):
            takes_none = "not take a value" in error.message  # the error has no context, and so not its option
            return "usage-takes-no-value" if takes_none else "usage-needs-value", {"parameter": name}
    return _describe_other_error(error)


def _describe_other_error(error: click.UsageError) -> tuple[str, Facts]:
    # For arguments too many click has no class of its own.
    extra = _EXTRA.search(error.message)
    if extra:
        return "usage-extra", {"extra": extra.group(1)}
    return "usage-other", {"original": error.format_message()}


def _name_parameter(parameter: click.Parameter) -> str:
    """An option as it is typed, in its long form; an argument as the usage line shows it."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name


def _describe_missing_parameter(parameter: click.Parameter, command: str, wording: Wording) -> tuple[str, Facts]:
    facts: Facts = {"parameter": _name_parameter(parameter)}
    name = str(parameter.name)
    # The start of a step and that of a term are days of different events.
    if wording.has_label("option", f"{command}_{name}"):
        return "usage-missing-fact", {**facts, "meaning": Label("option", f"{command}_{name}", alone=True)}
    if wording.has_label("fact", name):
        return "usage-missing-fact", {**facts, "meaning": Label("fact", name, alone=True)}
    return "usage-missing", facts


def _describe_bad_value(error: click.BadParameter, parameter: click.Parameter) -> tuple[str, Facts]:
    facts: Facts = {"parameter": _name_parameter(parameter)}
    given = _GIVEN.match(error.message)
    if given:
        facts["given"] = quote_value(literal_eval(given[1]) if given[1] else given[2])
    match parameter.type:
        case click.Choice(choices=choices) if given:
            return "usage-choice", {**facts, "choices": ", ".join(map(str, choices))}
        case click.IntRange(min=least, max=most) if given:
            return "usage-integer", {**facts, "least": str(least), "most": str(most)}
        case click.Path():
            quoted = _QUOTED.search(error.message)
            path = quoted.group(1) if quoted else ""
            if "does not exist" in error.message:
                return "usage-no-file", {**facts, "path": path}
            if "is a directory" in error.message:
                return "usage-folder", {**facts, "path": path}
    return "usage-value", {**facts, "original": error.message}


def _describe_unknown(message: str, name: str, known: Sequence[str]) -> tuple[str, Facts]:
    # Without the hyphens in front, which make every option look like every other.
    by_word = {word.lstrip("-"): word for word in known}
    nearest = find_nearest(name.lstrip("-"), by_word)
    return (f"{message}-near", {"given": name, "near": by_word[nearest]}) if nearest else (message, {"given": name})
