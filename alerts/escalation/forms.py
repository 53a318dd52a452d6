"""Forms of policies: steps are numbered as they were entered, unless a number is given."""

from django import forms
from django.forms.models import BaseInlineFormSet

from alerts.models import EscalationPolicy, EscalationStep


class PolicyForm(forms.ModelForm):
    class Meta:
        model = EscalationPolicy
        help_texts = {"name": "Letters, digits, - and _; rules choose the policy by it, under Whom to tell."}
        fields = ("name", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}


class StepForm(forms.ModelForm):
    class Meta:
        model = EscalationStep
        help_texts = {"channels": "All of them are told at once when the wait is over."}
        fields = ("position", "wait_minutes", "channels")
        widgets = {"channels": forms.CheckboxSelectMultiple}
        error_messages = {"channels": {"required": "Choose whom this step tells."}}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["position"].required = False


class StepFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Gives steps without a number the next ones."""
        super().clean()
        kept = [form for form in self.forms if _is_filled(form)]
        last = max((form.cleaned_data.get("position") or 0 for form in kept), default=0)
        for form in kept:
            if not form.cleaned_data.get("position"):
                last += 1
                form.instance.position = last


def _is_filled(form: forms.ModelForm) -> bool:
    data = getattr(form, "cleaned_data", {})
    return bool(data) and not data.get("DELETE") and (form.has_changed() or form.instance.pk is not None)
