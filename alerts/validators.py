"""What may be saved: a condition that parses, a message template that formats, matchers, days and zones that exist."""

import re
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

from alerts.cases import notation
from alerts.conditions import ConditionRefused, parse
from alerts.muting import matchers, weekdays
from alerts.wording import TemplateRefused, check_template


def validate_condition(text: str) -> None:
    try:
        parse(text)
    except ConditionRefused as refused:
        line, column = refused.line_and_column(text)
        place = f"Line {line}, column {column}" if "\n" in text.strip() else f"Column {column}"
        raise ValidationError(f"{place}: {refused}", code="condition") from refused


def validate_message(text: str) -> None:
    try:
        check_template(text)
    except TemplateRefused as refused:
        raise ValidationError(str(refused), code="message_template") from refused


def validate_matchers(text: str) -> None:
    try:
        matchers.parse(text)
    except matchers.MatcherRefused as refused:
        raise ValidationError(str(refused), code="matchers") from refused


def validate_weekdays(text: str) -> None:
    try:
        weekdays.parse(text)
    except weekdays.DayRefused as refused:
        raise ValidationError(str(refused), code="weekdays") from refused


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            f"There is no time zone {name[:64]!r}. Write one such as Australia/Sydney or UTC.", code="zone"
        )


def validate_series_name(text: str) -> None:
    try:
        notation.read_series(text)
    except notation.NotationRefused as refused:
        raise ValidationError(str(refused), code="series") from refused


def validate_case_series(text: str) -> None:
    try:
        notation.read_lines(text)
    except notation.NotationRefused as refused:
        raise ValidationError(str(refused), code="series") from refused


_TAG = re.compile(r"[A-Za-z_][\w.:-]{0,99}")


def validate_group_by(names: object) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) and _TAG.fullmatch(name) for name in names):
        raise ValidationError('Write "rule" or names of tags as a list, such as ["team", "instance"].', code="group_by")
