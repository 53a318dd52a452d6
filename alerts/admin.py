"""Rules are edited here; alerts and their events are history, to be read. Channels: ``alerts.delivery_admin``."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, TextField
from django.forms import Textarea
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from alerts.acting import Acting
from alerts.cases.running import failures
from alerts.conditions import parse
from alerts.dead_ends import dead_ends_of
from alerts.delivery_admin import AttemptAdmin, ChannelAdmin, NotificationAdmin
from alerts.drafts import draft, unknown_metrics
from alerts.escalation.admin import EscalationInline
from alerts.forms import RuleForm
from alerts.history_admin import HistoryAdmin, HistoryInline
from alerts.lifecycle import ITSELF
from alerts.models import Alert, AlertEvent, Case, Instance, MaintenanceWindow, Rule, Severity, Silence
from alerts.muting.admin import MaintenanceWindowAdmin, SilenceAdmin
from alerts.restoring_admin import Restoring

__all__ = ["AlertAdmin", "AttemptAdmin", "ChannelAdmin", "NotificationAdmin", "RuleAdmin"]


def with_state(rules: QuerySet[Rule], now: datetime) -> QuerySet[Rule]:
    """Rules with what their list shows: whether they fire or wait, when they last fired, how often in a week."""
    alerts = Alert.objects.filter(rule=OuterRef("pk")).exclude(fingerprint=ITSELF).order_by()
    waits = Instance.objects.filter(rule=OuterRef("pk"), state=Instance.State.PENDING)
    recent = alerts.filter(opened_at__gte=now - timedelta(days=7)).values("rule")
    return rules.annotate(
        is_firing=Exists(alerts.filter(resolved_at__isnull=True)),
        is_pending=Exists(waits),
        last_fired_at=Subquery(alerts.values("rule").annotate(last=Max("opened_at")).values("last")),
        fires=Subquery(recent.annotate(count=Count("pk")).values("count")),
    )


def copy_of(rule: Rule) -> Rule:
    """A disabled copy under a name of its own, with the same channels and parents."""
    channels, parents = list(rule.channels.all()), list(rule.depends_on.all())
    names = set(Rule.objects.filter(name__startswith=f"{rule.name[:90]}-copy").values_list("name", flat=True))
    candidates = (f"{rule.name[:90]}-copy{number}" for number in ("", *range(2, 1000)))
    fields = {field.attname: getattr(rule, field.attname) for field in Rule._meta.concrete_fields}
    fresh: dict[str, Any] = {
        "id": None,
        "enabled": False,
        "seeded_from": "",
        "coded": {},
        "broken_reason": "",
        "version": 1,
        "revision": 1,
    }
    copy = Rule(**fields | fresh | {"name": next(name for name in candidates if name not in names)})
    copy.save()
    copy.channels.set(channels)
    copy.depends_on.set(parents)
    for case in rule.cases.all():
        case.pk, case.rule = None, copy
        case.save(force_insert=True)
    return copy


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word.capitalize()) for word in ("firing", "pending", "broken", "quiet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        broken = Q(enabled=True) & ~Q(broken_reason="")
        chosen = {
            "firing": Q(is_firing=True),
            "pending": Q(is_pending=True, is_firing=False),
            "broken": broken,
            "quiet": Q(is_pending=False, is_firing=False) & ~broken,
        }
        return queryset.filter(chosen[value]) if (value := self.value()) in chosen else queryset


class CaseInline(admin.StackedInline):
    model = Case
    extra = 0
    fields = ("name", ("must_fire", "at_seconds", "interval_seconds"), "instance", "series")
    formfield_overrides = {
        TextField: {"widget": Textarea(attrs={"rows": 3, "spellcheck": "false"})},
    }


@admin.register(Rule)
class RuleAdmin(Restoring):
    form = RuleForm
    list_display = ("name", "state", "level", "text", "last_fired", "noise")
    list_filter = ("enabled", StateFilter, "severity", "channels", "no_data")
    search_fields = ("name", "condition", "description")
    filter_horizontal = ("channels", "depends_on")
    readonly_fields = ("verdicts", "replayed", "origin", "broken_reason")
    inlines = (CaseInline,)
    actions = ("enable", "disable", "duplicate")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "severity", "description")}),
        ("When", {"fields": ("condition", "verdicts", "replayed", "for_seconds", "broken_reason")}),
        ("Worse", {"fields": ("worse_condition", "worse_severity")}),
        ("Until", {"fields": ("recovery_condition", "keep_firing_for_seconds")}),
        ("No data", {"classes": ("collapse",), "fields": ("no_data", "no_data_after_seconds")}),
        ("Whom to tell", {"fields": ("channels", "escalation_policy", "message_template", "runbook_url")}),
        ("How often", {"fields": ("cooldown_minutes", "max_alerts_per_hour", "repeat_interval_minutes", "group_by")}),
        (
            "More",
            {
                "classes": ("collapse",),
                "fields": ("depends_on", "owner_channel", "tags", "origin"),
            },
        ),
    )

    class Media:
        css = {
            "all": (
                "vendor/uplot-1.6.32/uPlot.min.css",
                "console/charts.css",
                "console/rule-form.css",
                "console/rule-replay.css",
            )
        }
        js = (
            "vendor/uplot-1.6.32/uPlot.iife.min.js",
            Script("console/rule-form.js", type="module"),
            Script("console/rule-replay.js", type="module"),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rules: QuerySet[Rule] = super().get_queryset(request)
        return with_state(rules, timezone.now())

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for text in (obj.condition, obj.worse_condition, obj.recovery_condition):
            for warning in unknown_metrics(parse(text)) if text else ():
                self.message_user(request, warning, messages.WARNING)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for end in dead_ends_of("rule", form.instance.name, timezone.now()):
            self.message_user(request, str(end), messages.WARNING)
        for failure in failures(Rule.objects.get(pk=form.instance.pk)):
            self.message_user(request, f"Saved, but {failure}.", messages.WARNING)

    @admin.display(description="state")
    def state(self, rule: Any) -> SafeString:
        sign, word, kind = _rule_state(rule)
        return format_html('<span class="badge badge-{}">{} {}</span>', kind, sign, word)

    @admin.display(description="condition", ordering="condition")
    def text(self, rule: Rule) -> SafeString | str:
        """The condition, and why it cannot be judged where it cannot."""
        why = rule.broken_reason if rule.enabled else ""
        return format_html('{}<div class="help">{}</div>', rule.condition, why) if why else rule.condition

    @admin.display(description="severity", ordering="severity")
    def level(self, rule: Rule) -> str:
        severity = Severity(rule.severity).label
        return f"{severity} to {Severity(rule.worse_severity).label}" if rule.worse_condition else severity

    @admin.display(description="last fired", ordering="last_fired_at")
    def last_fired(self, rule: Any) -> datetime | None:
        fired_at: datetime | None = rule.last_fired_at
        return fired_at

    @admin.display(description="fires per week", ordering="fires")
    def noise(self, rule: Any) -> int:
        return rule.fires or 0

    @admin.display(description="now")
    def verdicts(self, rule: Rule) -> SafeString | str:
        """What the saved condition says of each of its instances, also without JavaScript."""
        lines = draft(rule.condition, timezone.now()).lines if rule.pk else ()
        shown = ((one.subject, f"{one.value:g}", one.verdict, one.reason) for one in lines)
        return format_html_join("\n", "<p>{} is {}: {} {}</p>", shown) or "about no series or check that there is now"

    @admin.display(description="replay")
    def replayed(self, rule: Rule) -> SafeString:
        """Where the form shows what the rule would have done."""
        return render_to_string("alerts/_replay.html", {"rule": rule, "may_mark": bool(rule.pk)})

    @admin.display(description="came from")
    def origin(self, rule: Rule) -> str:
        return rule.seeded_from or "made by hand"

    @admin.action(description="Enable the selected rules", permissions=["change"])
    def enable(self, request: HttpRequest, rules: QuerySet[Rule]) -> None:
        self._switch(request, rules, True)

    @admin.action(description="Disable the selected rules (their alerts resolve)", permissions=["change"])
    def disable(self, request: HttpRequest, rules: QuerySet[Rule]) -> None:
        self._switch(request, rules, False)

    @admin.action(description="Duplicate the selected rules (the copies are disabled)", permissions=["add"])
    def duplicate(self, request: HttpRequest, rules: QuerySet[Rule]) -> None:
        copies = [copy_of(rule) for rule in rules]
        self.message_user(request, "Made " + ", ".join(copy.name for copy in copies) + ".")

    def _switch(self, request: HttpRequest, rules: QuerySet[Rule], enabled: bool) -> None:
        changed = [rule for rule in rules if rule.enabled != enabled]
        for rule in changed:  # saved one by one, so that the audit log and the history name each
            rule.enabled = enabled
            setattr(rule, "_history_user", request.user)  # noqa: B010  (django-simple-history's name, on no model)
            rule.save(update_fields=["enabled", "updated_at"])
        self.message_user(request, f"{'Enabled' if enabled else 'Disabled'} {len(changed)} rule(s).")


def _rule_state(rule: Any) -> tuple[str, str, str]:
    """Sign, word and badge of a rule annotated with ``is_firing`` and ``is_pending``; the sign is not colour alone."""
    if not rule.enabled:
        return "◌", "disabled", "none"
    if rule.broken_reason:
        return "▲", "broken", "crit"
    if rule.is_firing:
        return ("▲", "firing", "crit") if rule.severity >= Severity.HIGH else ("●", "firing", "warn")
    return ("ℹ", "pending", "info") if rule.is_pending else ("✓", "ok", "ok")  # noqa: RUF001  (the sign of CONSOLE.md)


class EventInline(HistoryInline):
    model = AlertEvent
    fields = ("at", "kind", "value", "reason", "actor")


@admin.register(Alert)
class AlertAdmin(Acting, HistoryAdmin):
    list_display = ("rule_name", "subject", "severity", "value", "opened_at", "resolved_at", "acknowledged_by")
    list_filter = ("severity", ("resolved_at", admin.EmptyFieldListFilter), "rule_name")
    search_fields = ("rule_name", "subject", "summary")
    list_select_related = ("acknowledged_by",)
    inlines = (EscalationInline, EventInline)


admin.site.register(Silence, SilenceAdmin)
admin.site.register(MaintenanceWindow, MaintenanceWindowAdmin)
