"""Fonts, colours and cell formats of the workbook."""

from __future__ import annotations

from typing import Any, Final

FONT: Final = "Microsoft YaHei"
MONOSPACE: Final = "Consolas"
_DARK, _LINE, _GREY, _WHITE = "#1F4E5F", "#D3DCE0", "#6B7B83", "#FFFFFF"
_INPUT, _RESULT = "#FFFAE6", "#F4F8F9"
_RED, _ON_RED, _AMBER, _ON_AMBER, _FAULT, _GREEN = (
    "#F8D9D5",
    "#8E2A1E",
    "#FCE8C8",
    "#7A5200",
    "#C0271A",
    "#1E7145",
)
_CELL: Final = {
    "border": 1,
    "border_color": _LINE,
    "valign": "top",
    "align": "left",
    "indent": 1,
    "text_wrap": True,
}
_LEGEND_CELL: Final = {"border": 1, "border_color": _LINE, "align": "center", "shrink": True, "font_size": 9}
_INPUT_CELL: Final = {**_CELL, "bg_color": _INPUT}
_RESULT_CELL: Final = {**_CELL, "bg_color": _RESULT}
_BAND: Final = {"bold": True, "align": "left", "indent": 1, "font_color": _WHITE}
_DATE, _YUAN = {"num_format": "yyyy-mm-dd"}, {"num_format": "#,##0.00", "align": "right"}

# The names of fill_in, result, past, open and fault are those of the legend in wording/workbook.toml.
STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "font_color": _DARK},
    "hint": {"font_color": _GREY},
    "heading": {"bold": True, "font_size": 11, "font_color": _DARK, "bottom": 1, "bottom_color": _DARK},
    "body": {"text_wrap": True, "valign": "top"},
    "program": {"font_name": MONOSPACE, "font_size": 9},
    "label": {**_CELL, "bold": True},
    "about": {"font_color": _GREY, "text_wrap": True, "valign": "top", "align": "left", "indent": 1},
    "band_own": {**_BAND, "bg_color": _GREY},
    "band_facts": {**_BAND, "bg_color": _DARK},
    "band_rare": {**_BAND, "bg_color": "#5B7F8C"},
    "band_results": {**_BAND, "bg_color": "#3B6B4F"},
    "name": {"font_size": 8, "font_color": _GREY, "left": 1, "right": 1, "border_color": _LINE, "indent": 1},
    "head": {**_CELL, "bold": True, "bg_color": "#E6EEF1", "bottom": 2, "bottom_color": _DARK, "valign": "vcenter"},
    "hidden": {"font_color": _GREY, "font_size": 8},
    # The format @ keeps what is typed a text: a spreadsheet would turn the id 79-1-1 into a date.
    "text": {**_INPUT_CELL, "num_format": "@"},
    "money": {**_INPUT_CELL, **_YUAN},
    "date": {**_INPUT_CELL, **_DATE},
    "integer": {**_INPUT_CELL, "num_format": "0", "align": "center", "indent": 0},
    "shown_text": {**_RESULT_CELL},
    "shown_small": {**_RESULT_CELL, "font_size": 9},
    "shown_money": {**_RESULT_CELL, **_YUAN, "bold": True},
    "shown_date": {**_RESULT_CELL, **_DATE, "bold": True},
    "shown_integer": {**_RESULT_CELL, "num_format": "0", "align": "center", "indent": 0},
    "listed": {**_CELL},
    "fill_in": {**_LEGEND_CELL, "bg_color": _INPUT},
    "result": {**_LEGEND_CELL, "bg_color": _RESULT},
    "past": {**_LEGEND_CELL, "bg_color": _RED, "font_color": _ON_RED},
    "open": {**_LEGEND_CELL, "bg_color": _AMBER, "font_color": _ON_AMBER},
    "fault": {**_LEGEND_CELL, "font_color": _FAULT, "bold": True},
}
# Conditional formats: only what they change, since a spreadsheet keeps the rest of the cell.
MARKS: Final[dict[str, dict[str, Any]]] = {
    "past": {"bg_color": _RED, "font_color": _ON_RED},
    "open": {"bg_color": _AMBER, "font_color": _ON_AMBER},
    "fault": {"font_color": _FAULT, "bold": True},
    "good": {"font_color": _GREEN, "bold": True},
}
TAB_COLOURS: Final = {"fines": _DARK, "deadlines": _DARK, "expiries": _DARK, "settings": "#C9A227"}
