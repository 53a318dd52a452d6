"""Policies are edited here, steps and all; how far an alert has come in one is shown with the alert."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from alerts.dead_ends import dead_ends_of
from alerts.escalation.forms import PolicyForm, StepForm, StepFormSet
from alerts.history_admin import HistoryInline
from alerts.models import Escalation, EscalationPolicy, EscalationStep


class StepInline(admin.TabularInline):
    model = EscalationStep
    form = StepForm
    formset = StepFormSet
    extra = 1
    min_num = 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=True, **kwargs)


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(admin.ModelAdmin):
    form = PolicyForm
    list_display = ("name", "way", "rule_count", "updated_at")
    search_fields = ("name", "description")
    fields = ("name", "description", "used_by", "origin")
    readonly_fields = ("used_by", "origin")
    inlines = (StepInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        policies: QuerySet[EscalationPolicy] = super().get_queryset(request)
        counted = policies.annotate(rule_count=Count("rules", distinct=True))
        return counted.prefetch_related("steps__channels", "rules")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for end in dead_ends_of("policy", form.instance.name, timezone.now()):
            self.message_user(request, str(end), messages.WARNING)

    @admin.display(description="steps")
    def way(self, policy: EscalationPolicy) -> str:
        """``after 15 min pager, after 60 min more mail, boss``"""
        said: list[str] = []
        for step in policy.steps.all():
            names = ", ".join(channel.name for channel in step.channels.all()) or "nobody"
            said.append(f"after {step.wait_minutes} min{' more' if said else ''} {names}")
        return ", ".join(said) or "none"

    @admin.display(description="rules", ordering="rule_count")
    def rule_count(self, policy: Any) -> int:
        count: int = policy.rule_count
        return count

    @admin.display(description="rules")
    def used_by(self, policy: EscalationPolicy) -> str:
        if policy.pk is None:
            return "choose it in a rule, under Whom to tell"
        return (
            ", ".join(rule.name for rule in policy.rules.all()) or "no rule yet: choose it in one, under Whom to tell"
        )

    @admin.display(description="came from")
    def origin(self, policy: EscalationPolicy) -> str:
        return policy.seeded_from or "made by hand"


class EscalationInline(HistoryInline):
    """How far an alert has come."""

    model = Escalation
    fields = ("policy", "position", "due_at", "reason", "late_seconds")
