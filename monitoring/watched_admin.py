"""Checks that people enter, in the admin: written, tried at once with the result on the page, switched on and off."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.health.entering import mistakes
from monitoring.health.running import BY_HAND_SECONDS, run_by_hand
from monitoring.health.status import Result
from monitoring.health.times import span
from monitoring.health.watched import check_of
from monitoring.models import HealthCheckState, Status, WatchedCheck

_BADGES = {
    Status.HEALTHY: ("✓", "ok"),
    Status.WARNING: ("●", "warn"),
    Status.CRITICAL: ("▲", "crit"),
    Status.UNKNOWN: ("◌", "none"),
}
_LEVELS = {Status.HEALTHY: messages.SUCCESS, Status.WARNING: messages.WARNING}


class WatchedCheckForm(forms.ModelForm):
    """Says of each field what is wrong with it."""

    class Meta:
        model = WatchedCheck
        fields = (
            "name", "kind", "enabled", "target", "note", "every_seconds", "timeout_seconds", "statuses", "text",
            "warning", "critical", "rules",
        )  # fmt: skip
        help_texts = {
            "kind": "What is looked at: an address, a port, a certificate, or files of data.",
            "enabled": "Off: it is not checked, has no result, and rules see none. Its history stays.",
        }
        widgets = {
            "target": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "rules": forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField mono"}),
            "note": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            found = mistakes(WatchedCheck(**self.cleaned_data))
            if found:
                raise ValidationError({name: text for name, text in found.items() if name in self.fields})
        return cleaned


@admin.register(WatchedCheck)
class WatchedCheckAdmin(admin.ModelAdmin):
    form = WatchedCheckForm
    list_display = ("name", "state", "kind", "address", "every_seconds", "enabled", "checked_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name", "target", "note")
    readonly_fields = ("tried", "address")
    actions = ("run_now", "switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("name", "kind", "enabled", "target", "note")}),
        ("When", {"fields": ("every_seconds", "timeout_seconds")}),
        ("Good or bad", {"fields": ("statuses", "text", "warning", "critical", "rules")}),
        ("Last run by hand", {"fields": ("tried",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WatchedCheck]:
        states = HealthCheckState.objects.filter(name=OuterRef("name"), retired_at__isnull=True)
        rows: QuerySet[WatchedCheck] = super().get_queryset(request)
        return rows.annotate(status=Subquery(states.values("status")), seen_at=Subquery(states.values("checked_at")))

    def get_readonly_fields(self, request: HttpRequest, obj: WatchedCheck | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "name") if obj else self.readonly_fields  # its history has that name

    def get_fieldsets(self, request: HttpRequest, obj: WatchedCheck | None = None) -> Any:
        """Those who may not change it see the target without its query, which may hold a token."""
        if self.has_change_permission(request, obj) or self.has_add_permission(request):
            return self.fieldsets
        first, *others = self.fieldsets
        shown = tuple("address" if name == "target" else name for name in first[1]["fields"])
        return ((first[0], {"fields": shown}), *others)

    @admin.display(description="target", ordering="target")
    def address(self, row: WatchedCheck) -> str:
        return row.target.partition("?")[0]

    @admin.display(description="state", ordering="status")
    def state(self, row: Any) -> SafeString:
        return _badge(Status(row.status)) if row.enabled and row.status else _badge(Status.UNKNOWN, _why_none(row))

    @admin.display(description="last checked", ordering="seen_at", empty_value="never")
    def checked_at(self, row: Any) -> Any:
        return row.seen_at

    @admin.display(description="result")
    def tried(self, row: WatchedCheck) -> SafeString | str:
        if row.tried_at is None:
            return "Not yet: choose “Save and run now”."
        ago = span((timezone.now() - row.tried_at).total_seconds())
        return format_html("{} {} ({} ago)", _badge(Status(row.tried_status)), row.tried_message, ago)

    @admin.action(description="Run the selected checks now", permissions=["change"])
    def run_now(self, request: HttpRequest, rows: QuerySet[WatchedCheck]) -> None:
        self._run(request, rows)

    @admin.action(description="Switch the selected checks on", permissions=["change"])
    def switch_on(self, request: HttpRequest, rows: QuerySet[WatchedCheck]) -> None:
        self._switch(request, rows, True)

    @admin.action(description="Switch the selected checks off", permissions=["change"])
    def switch_off(self, request: HttpRequest, rows: QuerySet[WatchedCheck]) -> None:
        self._switch(request, rows, False)

    def response_add(
        self, request: HttpRequest, obj: WatchedCheck, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._ran(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: WatchedCheck) -> HttpResponse:
        return self._ran(request, obj) or super().response_change(request, obj)

    def _ran(self, request: HttpRequest, row: WatchedCheck) -> HttpResponse | None:
        """To the same page, with the result on it, when that button was pressed."""
        if "_run" not in request.POST:
            return None
        self._run(request, [row])
        return HttpResponseRedirect(reverse("admin:ahgd_monitoring_watchedcheck_change", args=[row.pk]))

    def _run(self, request: HttpRequest, rows: Iterable[WatchedCheck]) -> None:
        chosen, now = list(rows), timezone.now()
        found = run_by_hand([check_of(row) for row in chosen], now)
        for row in chosen:
            self._tell(request, row, found.get(row.name), now)

    def _tell(self, request: HttpRequest, row: WatchedCheck, result: Result | None, now: datetime) -> None:
        status = Status.UNKNOWN if result is None else result.status
        message = f"Still running after {BY_HAND_SECONDS:g} s" if result is None else result.finding.message
        WatchedCheck.objects.filter(pk=row.pk).update(tried_at=now, tried_status=status, tried_message=message)
        self.message_user(request, f"“{row.name}” is {status}: {message}", _LEVELS.get(status, messages.ERROR))

    def _switch(self, request: HttpRequest, rows: QuerySet[WatchedCheck], enabled: bool) -> None:
        changed = [row for row in rows if row.enabled != enabled]
        for row in changed:  # saved one by one, so that the audit log names each
            row.enabled = enabled
            row.save(update_fields=["enabled"])
        self.message_user(request, f"Switched {len(changed)} check(s) {'on' if enabled else 'off'}.")


def _badge(status: Status, word: str = "") -> SafeString:
    sign, kind = _BADGES[status]
    return format_html('<span class="badge badge-{}">{} {}</span>', kind, sign, word or status.value)


def _why_none(row: WatchedCheck) -> str:
    return "waits for its first run" if row.enabled else "switched off"
