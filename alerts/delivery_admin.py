"""Channels are edited and tried out here; what they were sent, and each attempt at it, is history."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from alerts.audit import audit
from alerts.channels import DeliveryFailed, without_path
from alerts.dead_ends import rules_that_tell_nobody
from alerts.forms import ChannelForm
from alerts.history_admin import HistoryAdmin, HistoryInline
from alerts.models import Attempt, Channel, Notification
from alerts.outbox import send_again
from alerts.trial import send_test


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    form = ChannelForm
    list_display = ("name", "kind", "enabled", "state", "last_sent_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name",)
    readonly_fields = ("hint", "shown_settings", "has_secret", "origin", "health", "last_sent_at")
    actions = ("test",)

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        may_edit = obj is None or self.has_change_permission(request, obj)
        secret = ("has_secret", "new_secret", "clear_secret") if obj is not None else ("new_secret",)
        settings = ("settings", *secret) if may_edit else ("shown_settings", "has_secret")
        return ("name", "kind", "enabled", "hint", "fallback", *settings, "origin", "health", "last_sent_at")

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        alone = rules_that_tell_nobody().filter(channels=obj).values_list("name", flat=True)
        if alone:
            text = f"Nobody is told any more of {', '.join(alone)}: {obj.name} was their last enabled channel."
            self.message_user(request, text, messages.WARNING)

    def response_post_save_add(self, request: HttpRequest, obj: Channel) -> HttpResponseRedirect:
        return self._tested(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Channel) -> HttpResponseRedirect:
        return self._tested(request, obj) or super().response_post_save_change(request, obj)

    def _tested(self, request: HttpRequest, channel: Channel) -> HttpResponseRedirect | None:
        """Back on the form, with what came of a test message, when that button was pressed."""
        if "_test" not in request.POST:
            return None
        self._send_test(request, channel)
        return redirect("admin:ahgd_alerts_channel_change", channel.pk)

    @admin.display(description="settings")
    def shown_settings(self, channel: Channel) -> str:
        """For who may look only: the path of a webhook's address often is its secret."""
        kept = channel.settings if isinstance(channel.settings, dict) else {}
        hidden = {"url": without_path(kept["url"])} if "url" in kept else {}
        return json.dumps(kept | hidden, ensure_ascii=False)

    @admin.display(description="came from")
    def origin(self, channel: Channel) -> str:
        return channel.seeded_from or "made by hand"

    @admin.display(description="has a secret", boolean=True)
    def has_secret(self, channel: Channel) -> bool:
        return bool(channel.secret)

    @admin.display(description="health")
    def health(self, channel: Channel) -> str:
        if channel.unhealthy_since is None:
            return f"works; the last attempt failed: {channel.last_error}" if channel.last_error else "works"
        again = f"; tried again at {channel.probe_at:%H:%M:%S} UTC" if channel.probe_at is not None else ""
        why = channel.last_error.rstrip(".")
        return f"does not work since {channel.unhealthy_since:%Y-%m-%d %H:%M:%S} UTC: {why}{again}"

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
            self._send_test(request, channel)

    def _send_test(self, request: HttpRequest, channel: Channel) -> None:
        try:
            receipt = send_test(channel, timezone.now())
        except DeliveryFailed as failure:
            self.message_user(request, f"The test of {channel.name} failed: {failure.reason}", messages.ERROR)
        else:
            self.message_user(request, f"The test of {channel.name} arrived: {receipt}", messages.SUCCESS)
        audit(channel, "sent a test message through", request.user)


class AttemptInline(HistoryInline):
    model = Attempt
    fields = ("at", "accepted", "took", "answer")
    readonly_fields = ("took",)

    @admin.display
    def took(self, attempt: Attempt) -> str:
        return f"{attempt.took_milliseconds} ms"


@admin.register(Notification)
class NotificationAdmin(HistoryAdmin):
    list_display = ("alert", "kind", "channel", "state", "gate", "held_reason", "attempts", "due_at", "sent_at")
    list_filter = ("state", "gate", "channel", "kind")
    list_select_related = ("alert", "channel")
    actions = ("again",)
    inlines = (AttemptInline,)
    change_form_template = "admin/alerts/notification.html"

    def get_urls(self) -> list[URLPattern]:
        again = path("<int:pk>/again/", self.admin_site.admin_view(require_POST(self.one_again)))
        return [again, *super().get_urls()]

    def one_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_resend_permission(request):
            raise PermissionDenied
        notification = get_object_or_404(Notification, pk=pk)
        if send_again(notification, timezone.now()):
            self.message_user(request, "It will be sent again within seconds.", messages.SUCCESS)
        else:
            self.message_user(request, "Nothing to send again: it is on its way, or arrived.", messages.WARNING)
        return redirect("admin:ahgd_alerts_notification_change", pk)

    @admin.action(description="Send again what was given up, withheld or refused", permissions=["resend"])
    def again(self, request: HttpRequest, notifications: QuerySet[Notification]) -> None:
        due = sum(send_again(notification, timezone.now()) for notification in notifications)
        self.message_user(request, f"{due} of {len(notifications)} will be sent again within seconds.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ahgd_alerts.resolve_alert")


@admin.register(Attempt)
class AttemptAdmin(HistoryAdmin):
    """The delivery log: every attempt of every channel, the latest first."""

    list_display = ("at", "channel", "alert", "accepted", "took", "answer")
    list_filter = ("accepted", "notification__channel", "at")
    list_select_related = ("notification__alert", "notification__channel")
    search_fields = ("answer", "notification__alert__rule_name")
    ordering = ("-at", "-id")

    @admin.display(ordering="notification__channel")
    def channel(self, attempt: Attempt) -> str:
        return attempt.notification.channel.name

    @admin.display
    def alert(self, attempt: Attempt) -> str:
        return str(attempt.notification.alert)

    @admin.display(ordering="took_seconds")
    def took(self, attempt: Attempt) -> str:
        return f"{attempt.took_milliseconds} ms"
