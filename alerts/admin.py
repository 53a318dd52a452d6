"""Rules and channels are edited here; alerts, their events and notifications are history, to be read."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.audit import audit
from alerts.channels import DeliveryFailed, without_path
from alerts.forms import ChannelForm, RuleForm
from alerts.models import Alert, AlertEvent, Channel, Instance, Notification, Rule, Severity
from alerts.outbox import send_again
from alerts.trial import send_test


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    form = RuleForm
    list_display = ("name", "state", "level", "condition", "enabled", "updated_at")
    list_filter = ("enabled", "severity", "channels")
    search_fields = ("name", "condition", "description")
    filter_horizontal = ("channels",)
    readonly_fields = ("origin", "broken_reason")
    actions = ("enable", "disable")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "severity", "description")}),
        ("When", {"fields": ("condition", "for_seconds", "keep_firing_for_seconds", "broken_reason")}),
        ("Whom to tell", {"fields": ("channels", "message_template", "runbook_url", "cooldown_minutes")}),
        ("More", {"classes": ("collapse",), "fields": ("tags", "origin")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        fires = Alert.objects.filter(rule=OuterRef("pk"), resolved_at__isnull=True)
        waits = Instance.objects.filter(rule=OuterRef("pk"), state=Instance.State.PENDING)
        rules: QuerySet[Rule] = super().get_queryset(request)
        return rules.annotate(is_firing=Exists(fires), is_pending=Exists(waits))

    @admin.display(description="state")
    def state(self, rule: Any) -> SafeString:
        sign, word, kind = _rule_state(rule)
        return format_html('<span class="badge badge-{}">{} {}</span>', kind, sign, word)

    @admin.display(description="severity", ordering="severity")
    def level(self, rule: Rule) -> str:
        return Severity(rule.severity).label

    @admin.display(description="came from")
    def origin(self, rule: Rule) -> str:
        return rule.seeded_from or "made by hand"

    @admin.action(description="Enable the selected rules", permissions=["change"])
    def enable(self, request: HttpRequest, rules: QuerySet[Rule]) -> None:
        self._switch(request, rules, True)

    @admin.action(description="Disable the selected rules (their alerts resolve)", permissions=["change"])
    def disable(self, request: HttpRequest, rules: QuerySet[Rule]) -> None:
        self._switch(request, rules, False)

    def _switch(self, request: HttpRequest, rules: QuerySet[Rule], enabled: bool) -> None:
        changed = [rule for rule in rules if rule.enabled != enabled]
        for rule in changed:  # saved one by one, so that the audit log names each
            rule.enabled = enabled
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


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    form = ChannelForm
    list_display = ("name", "kind", "enabled", "state", "last_sent_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name",)
    readonly_fields = ("hint", "shown_settings", "origin", "last_sent_at", "last_error")
    actions = ("test",)

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        may_edit = obj is None or self.has_change_permission(request, obj)
        settings = ("settings", "new_secret") if may_edit else ("shown_settings",)
        return ("name", "kind", "enabled", "hint", *settings, "origin", "last_sent_at", "last_error")

    @admin.display(description="settings")
    def shown_settings(self, channel: Channel) -> str:
        """For who may look only: the path of a webhook's address often is its secret."""
        kept = channel.settings if isinstance(channel.settings, dict) else {}
        hidden = {"url": without_path(kept["url"])} if "url" in kept else {}
        return json.dumps(kept | hidden, ensure_ascii=False)

    @admin.display(description="came from")
    def origin(self, channel: Channel) -> str:
        return channel.seeded_from or "made by hand"

    @admin.display(description="state")
    def state(self, channel: Channel) -> SafeString:
        if not channel.enabled:
            return format_html('<span class="badge badge-none">◌ {}</span>', channel.hint or "disabled")
        if channel.unhealthy_since:
            return format_html('<span class="badge badge-crit">▲ {}</span>', channel.last_error[:80] or "unhealthy")
        return format_html('<span class="badge badge-ok">✓ {}</span>', "ready")

    @admin.action(description="Send a test message through the selected channels", permissions=["change"])
    def test(self, request: HttpRequest, channels: QuerySet[Channel]) -> None:
        for channel in channels:
            try:
                receipt = send_test(channel, timezone.now())
            except DeliveryFailed as failure:
                self.message_user(request, f"{channel.name}: {failure.reason}", messages.ERROR)
            else:
                self.message_user(request, f"{channel.name}: {receipt}", messages.SUCCESS)
            audit(channel, "sent a test message through", request.user)


class HistoryAdmin(admin.ModelAdmin):
    """History is appended by the console and by people's actions on its pages; nobody edits it."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EventInline(admin.TabularInline):
    model = AlertEvent
    fields = ("at", "kind", "value", "reason", "actor")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Alert)
class AlertAdmin(HistoryAdmin):
    list_display = ("rule_name", "subject", "severity", "value", "opened_at", "resolved_at", "acknowledged_by")
    list_filter = ("severity", ("resolved_at", admin.EmptyFieldListFilter), "rule_name")
    search_fields = ("rule_name", "subject", "summary")
    list_select_related = ("acknowledged_by",)
    inlines = (EventInline,)


@admin.register(Notification)
class NotificationAdmin(HistoryAdmin):
    list_display = ("alert", "kind", "channel", "state", "gate", "attempts", "due_at", "sent_at", "last_error")
    list_filter = ("state", "channel", "kind")
    list_select_related = ("alert", "channel")
    actions = ("again",)

    @admin.action(description="Send again what was given up", permissions=["resend"])
    def again(self, request: HttpRequest, notifications: QuerySet[Notification]) -> None:
        due = sum(send_again(notification, timezone.now()) for notification in notifications)
        self.message_user(request, f"{due} of {len(notifications)} will be sent again within seconds.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ahgd_alerts.resolve_alert")
