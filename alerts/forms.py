"""Forms of the admin: a rule is refused where its mistake stands, a channel's secret is written and never shown."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy

from alerts.channels import require_secret, validate_secret, validate_settings
from alerts.fallback import refuse_circle
from alerts.models import Channel, Rule


def _condition(rows: int) -> forms.Textarea:
    """A field that says what is wrong while it is written, where there is JavaScript."""
    addresses = {
        "data-check": reverse_lazy("alerts:check-condition"),
        "data-words": reverse_lazy("alerts:condition-words"),
    }
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "class": "condition", **addresses})


class RuleForm(forms.ModelForm):
    class Meta:
        model = Rule
        help_texts = {
            "enabled": "Off: it is not judged, and its open alerts resolve.",
            "channels": "Where its alerts are told. None: they stand in the console only.",
            "severity": "How bad it is while the condition holds. A rise is told at once, past cooldown and limits.",
            "worse_severity": "How bad it is while the worse condition holds.",
        }
        fields = (
            "name",
            "enabled",
            "severity",
            "description",
            "condition",
            "for_seconds",
            "worse_condition",
            "worse_severity",
            "recovery_condition",
            "keep_firing_for_seconds",
            "no_data",
            "no_data_after_seconds",
            "depends_on",
            "owner_channel",
            "channels",
            "escalation_policy",
            "message_template",
            "runbook_url",
            "cooldown_minutes",
            "max_alerts_per_hour",
            "repeat_interval_minutes",
            "group_by",
            "tags",
        )
        widgets = {
            "condition": _condition(3),
            "worse_condition": _condition(2),
            "recovery_condition": _condition(2),
            "message_template": forms.Textarea(attrs={"rows": 2}),
            "description": forms.Textarea(attrs={"rows": 2}),
            "tags": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            "group_by": forms.TextInput(attrs={"spellcheck": "false"}),
        }

    def clean_depends_on(self) -> QuerySet[Rule]:
        """Refuses a circle: a rule that waits for itself would never be told."""
        parents: QuerySet[Rule] = self.cleaned_data["depends_on"]
        circle = _way_back(parents, self.instance.pk)
        if circle is not None:
            raise forms.ValidationError(f"{circle} depends on this rule already.", code="depends_on")
        return parents

    def clean_tags(self) -> dict[str, str]:
        tags = self.cleaned_data["tags"] or {}
        if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
            raise forms.ValidationError('Write names and texts, such as {"team": "data"}.', code="tags")
        return tags


def _way_back(parents: QuerySet[Rule], rule_id: int | None) -> Rule | None:
    """The first of these that is the rule, or leads to it."""
    links: dict[int, set[int]] = {}
    for child, parent in Rule.depends_on.through.objects.values_list("from_rule_id", "to_rule_id"):
        links.setdefault(child, set()).add(parent)
    for one in parents:
        seen: set[int] = set()
        ahead = {one.pk}
        while ahead:
            seen |= ahead
            ahead = {parent for child in ahead for parent in links.get(child, ())} - seen
        if rule_id in seen:
            return one
    return None


class ChannelForm(forms.ModelForm):
    new_secret = forms.CharField(
        label="new secret",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave empty to keep the one that is set; it is never shown. Webhook: whsec_…, signs each message. "
        "Alertmanager: user:password, or a token. Chat: the service's address, such as slack://….",
    )
    clear_secret = forms.BooleanField(
        label="remove the secret",
        required=False,
        help_text="Deletes the one that is set; a new one above wins over this.",
    )

    class Meta:
        model = Channel
        help_texts = {
            "name": "Letters, digits, - and _; rules, silences and the history of alerts show it.",
            "kind": "How people are reached. It decides what the settings and the secret below may be.",
            "enabled": "Off: it is told nothing until it is on again, and then what is still true.",
        }
        fields = ("name", "kind", "enabled", "fallback", "settings")
        widgets = {"settings": forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "kind" in cleaned:
            if cleaned.get("enabled"):
                self._check("settings", lambda: validate_settings(cleaned["kind"], cleaned.get("settings") or {}))
                self._check("new_secret", lambda: require_secret(cleaned["kind"], self._secret()))
            if cleaned.get("new_secret"):
                self._check("new_secret", lambda: validate_secret(cleaned["kind"], cleaned["new_secret"]))
        self._check("fallback", lambda: refuse_circle(self.instance, cleaned.get("fallback")))
        return cleaned

    def _secret(self) -> str:
        """What it will be once this is saved; a new one wins over removing the old."""
        new: str = self.cleaned_data.get("new_secret") or ""
        return new or ("" if self.cleaned_data.get("clear_secret") else self.instance.secret)

    def _check(self, field: str, validate: Callable[[], None]) -> None:
        try:
            validate()
        except forms.ValidationError as error:
            self.add_error(field, error)

    def save(self, commit: bool = True) -> Channel:
        self.instance.secret = self._secret()
        self.instance.probe_at = None  # who edits a channel has mended it: what waits is tried at once
        if self.cleaned_data["enabled"]:
            self.instance.hint = ""
        channel: Channel = super().save(commit)
        return channel
