"""What people fill in to act on alerts, on the console's pages and in the admin."""

from datetime import timedelta
from typing import Any

from django import forms

from alerts.acknowledging import LONGEST_NOTE
from alerts.models import Alert

_LASTING = (
    ("", "until it resolves"),
    ("30", "for 30 min"),
    ("60", "for 1 h"),
    ("240", "for 4 h"),
    ("480", "for 8 h"),
    ("1440", "for 1 day"),
)


class AcknowledgeForm(forms.Form):
    """What the person who takes alerts on is doing about it, and when that ends by itself."""

    note = forms.CharField(
        label="What are you doing about it?",
        max_length=LONGEST_NOTE,
        error_messages={"required": "Say in a note what you are doing about it."},
    )
    lasting = forms.TypedChoiceField(
        label="You have it",
        choices=_LASTING,
        required=False,
        coerce=lambda minutes: timedelta(minutes=int(minutes)),
        empty_value=None,
        error_messages={"invalid_choice": "Choose one of the offered times."},
        help_text="Afterwards repeats and escalation go on.",
    )


class SeveralForm(forms.Form):
    """The alerts that a person chose from the list."""

    alert = forms.ModelMultipleChoiceField(
        Alert.objects.all(),
        error_messages={
            "required": "Choose at least one alert.",
            "invalid_choice": "One of these alerts is not there any more. Choose again.",
            "invalid_pk_value": "One of these alerts is not there any more. Choose again.",
        },
    )


def first_error(*some: forms.Form) -> str:
    """What to put right first, in words."""
    errors: list[Any] = [error for form in some for said in form.errors.values() for error in said]
    return str(errors[0]) if errors else ""
