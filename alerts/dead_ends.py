"""Dead ends between rules and people: what nobody would be told of, and what was to keep quiet and does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from alerts.models import Channel, EscalationPolicy, EscalationStep, MaintenanceWindow, Rule, Silence
from alerts.muting import matchers


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """``kind`` and ``name`` say which row; ``what`` is wrong with it, and what to do."""

    kind: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind.capitalize()} {self.name} {self.what}"


def dead_ends(now: datetime) -> list[DeadEnd]:
    """Those of enabled rules, of the policies that these use, and of silences and windows that are not over."""
    return [*_of_rules(), *_of_policies(), *_of_steps(), *_of_mutes(now)]


def dead_ends_of(kind: str, name: str, now: datetime) -> list[DeadEnd]:
    """Those of one row, for whoever has just saved it."""
    return [one for one in dead_ends(now) if (one.kind, one.name) == (kind, name)]


def rules_that_tell_nobody() -> QuerySet[Rule]:
    """Enabled rules without an enabled channel, also among those of their escalation policy."""
    enabled = Channel.objects.filter(enabled=True).order_by()
    told_at_once = enabled.filter(rules=OuterRef("pk"))
    told_later = enabled.filter(escalation_steps__policy__rules=OuterRef("pk"))
    return Rule.objects.filter(~Exists(told_at_once), ~Exists(told_later), enabled=True)


def _of_rules() -> Iterator[DeadEnd]:
    for rule in rules_that_tell_nobody():
        yield DeadEnd("rule", rule.name, "tells nobody: choose a channel that is enabled, or enable one of its own.")


def _of_policies() -> Iterator[DeadEnd]:
    for policy in EscalationPolicy.objects.filter(rules__enabled=True, steps__isnull=True).distinct():
        yield DeadEnd("policy", policy.name, "has no steps: add one, or take the policy away from its rules.")


def _of_steps() -> Iterator[DeadEnd]:
    told = Channel.objects.filter(enabled=True, escalation_steps=OuterRef("pk")).order_by()
    used = EscalationStep.objects.filter(~Exists(told), policy__rules__enabled=True).distinct()
    for step in used.select_related("policy").order_by("policy__name", "position"):
        what = f"tells nobody in its step {step.position}: choose a channel that is enabled, or enable one of its own."
        yield DeadEnd("policy", step.policy.name, what)


def _of_mutes(now: datetime) -> Iterator[DeadEnd]:
    for silence in Silence.objects.filter(ended_at__isnull=True, ends_at__gt=now):
        if wrong := matchers.trouble(silence.matchers):
            yield DeadEnd("silence", f"“{str(silence)[:80]}”", f"is without effect. {wrong}")
    for window in MaintenanceWindow.objects.filter(enabled=True):
        if wrong := matchers.trouble(window.matchers):
            yield DeadEnd("maintenance window", window.name, f"is without effect. {wrong}")
