"""What people fill in to silence alerts: which, how long, why."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from alerts.models.muting import MATCHERS_HELP
from alerts.muting.presets import BY_NAME, PRESETS
from alerts.validators import validate_matchers, validate_zone

CUSTOM = "custom"
ONE_TAP_COMMENT = "Silenced from the alert's page"
_TIME = forms.DateTimeInput(attrs={"type": "datetime-local"})
_LENGTHS = [(preset.name, preset.words) for preset in PRESETS]


class ZoneForm(forms.Form):
    """Times are those of the clock of ``zone``, which the page fills in with the browser's; UTC without JavaScript."""

    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_zone(self) -> ZoneInfo:
        name = self.cleaned_data["zone"] or "UTC"
        validate_zone(name)
        return ZoneInfo(name)


class LengthForm(ZoneForm):
    """One of the presets; at one tap from an alert's page."""

    length = forms.ChoiceField(choices=_LENGTHS, error_messages={"invalid_choice": "Choose one of the offered times."})
    comment = forms.CharField(required=False, max_length=500)

    def end(self, now: datetime) -> datetime:
        return BY_NAME[self.cleaned_data["length"]].end(now, self.cleaned_data["zone"])


class SilenceForm(ZoneForm):
    matchers = forms.CharField(
        label="Which alerts",
        max_length=2000,
        validators=[validate_matchers],
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "input mono"}),
        help_text=MATCHERS_HELP,
        error_messages={"required": "Say which alerts, such as rule=high_cpu_usage; every alert is rule=~.*"},
    )
    length = forms.ChoiceField(
        label="How long",
        choices=[*_LENGTHS, (CUSTOM, "Until the end below")],
        initial="1h",
        help_text="From now, or from its start. What is still true when it ends is told then.",
    )
    starts_at = forms.CharField(label="Start", required=False, widget=_TIME, help_text="Empty: now.")
    ends_at = forms.CharField(label="End", required=False, widget=_TIME, help_text="At most a year from now.")
    comment = forms.CharField(
        label="Why",
        max_length=500,
        help_text="For whoever wonders at the quiet.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say why, for whoever wonders at the quiet."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        now = timezone.now()
        cleaned["starts_at"] = self._time("starts_at") or now
        if cleaned.get("length") == CUSTOM:
            cleaned["ends_at"] = self._time("ends_at")
            if cleaned["ends_at"] is None and "ends_at" not in self.errors:
                self.add_error("ends_at", "Say when it ends.")
        elif "length" in cleaned and "zone" in cleaned:
            cleaned["ends_at"] = BY_NAME[cleaned["length"]].end(max(cleaned["starts_at"], now), cleaned["zone"])
        return cleaned

    def _time(self, name: str) -> datetime | None:
        text = self.cleaned_data.get(name) or ""
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
            local = at if at.tzinfo is not None else at.replace(tzinfo=self.cleaned_data.get("zone") or UTC)
            return local.astimezone(UTC)
        except (ValueError, OverflowError):  # the latter at both ends of the calendar
            self.add_error(name, "Write a time such as 2026-03-04T18:00.")
            return None


def first_error(form: forms.Form) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), "")
