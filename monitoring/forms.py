"""What people edit of recording, and what each field means; the rest of these rows is the console's to write."""

from django import forms

from monitoring.models import CollectorState, ExcludedInterval


class CollectorStateForm(forms.ModelForm):
    class Meta:
        model = CollectorState
        fields = ("enabled", "every_seconds")
        help_texts = {"enabled": "Off: it reads nothing any more, and its series end. It stays off across restarts."}


class ExcludedIntervalForm(forms.ModelForm):
    class Meta:
        model = ExcludedInterval
        fields = ("start", "end", "reason", "check_name")
        help_texts = {
            "start": "From here on uptime does not count the time, neither as up nor as down.",
            "end": "After the start; it may lie ahead.",
            "reason": "Shown beside the days of the check, such as: moved to another data centre.",
        }
