"""Forms of the admin: a rule is refused where its mistake stands, a channel's secret is written and never shown."""

from collections.abc import Callable
from typing import Any

from django import forms

from alerts.channels import validate_secret, validate_settings
from alerts.models import Channel, Rule


class RuleForm(forms.ModelForm):
    class Meta:
        model = Rule
        fields = (
            "name",
            "enabled",
            "severity",
            "description",
            "condition",
            "for_seconds",
            "keep_firing_for_seconds",
            "channels",
            "message_template",
            "runbook_url",
            "cooldown_minutes",
            "tags",
        )
        widgets = {
            "condition": forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "condition"}),
            "message_template": forms.Textarea(attrs={"rows": 2}),
            "description": forms.Textarea(attrs={"rows": 2}),
            "tags": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        }

    def clean_tags(self) -> dict[str, str]:
        tags = self.cleaned_data["tags"] or {}
        if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
            raise forms.ValidationError('Write names and texts, such as {"team": "data"}.', code="tags")
        return tags


class ChannelForm(forms.ModelForm):
    new_secret = forms.CharField(
        label="secret",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Signs webhooks. Leave empty to keep the one that is set; it is never shown.",
    )

    class Meta:
        model = Channel
        fields = ("name", "kind", "enabled", "settings")
        widgets = {"settings": forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "kind" in cleaned:
            if cleaned.get("enabled"):
                self._check("settings", lambda: validate_settings(cleaned["kind"], cleaned.get("settings") or {}))
            if cleaned.get("new_secret"):
                self._check("new_secret", lambda: validate_secret(cleaned["kind"], cleaned["new_secret"]))
        return cleaned

    def _check(self, field: str, validate: Callable[[], None]) -> None:
        try:
            validate()
        except forms.ValidationError as error:
            self.add_error(field, error)

    def save(self, commit: bool = True) -> Channel:
        if self.cleaned_data["new_secret"]:
            self.instance.secret = self.cleaned_data["new_secret"]
        if self.cleaned_data["enabled"]:
            self.instance.hint = ""
        channel: Channel = super().save(commit)
        return channel
