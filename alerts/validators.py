"""What may be saved in a rule: a condition that parses, a message template that formats."""

from django.core.exceptions import ValidationError

from alerts.conditions import ConditionRefused, parse
from alerts.wording import TemplateRefused, check_template


def validate_condition(text: str) -> None:
    try:
        condition = parse(text)
    except ConditionRefused as refused:
        line, column = refused.line_and_column(text)
        place = f"Line {line}, column {column}" if "\n" in text.strip() else f"Column {column}"
        raise ValidationError(f"{place}: {refused}", code="condition") from refused
    if condition.questions:
        function = condition.questions[0].function
        raise ValidationError(f"{function}() looks at the past, which rules cannot do yet.", code="condition")


def validate_message(text: str) -> None:
    try:
        check_template(text)
    except TemplateRefused as refused:
        raise ValidationError(str(refused), code="message_template") from refused
