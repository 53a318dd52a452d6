"""Silences and maintenance windows in the admin. ``alerts.admin`` registers them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.models import MaintenanceWindow, Silence
from alerts.muting import matchers, silences
from alerts.muting.current import plan_of
from alerts.muting.maintenance import replan


class SilenceForm(forms.ModelForm):
    """Made by the same rules as on the console's page."""

    class Meta:
        model = Silence
        help_texts = {
            "starts_at": "In UTC. Alerts that match are told until then.",
            "ends_at": "In UTC. What is still true then is told.",
        }
        fields = ("matchers", "comment", "starts_at", "ends_at")
        widgets = {"matchers": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts_at, ends_at, now = cleaned.get("starts_at"), cleaned.get("ends_at"), timezone.now()
        if starts_at and ends_at:
            try:
                silences.check_times(max(starts_at, now), ends_at, now)
            except silences.SilenceRefused as refused:
                self.add_error("ends_at", str(refused))
        return cleaned


class SilenceAdmin(admin.ModelAdmin):
    form = SilenceForm
    list_display = ("__str__", "state", "comment", "created_by", "starts_at", "ends_at")
    list_filter = ("created_by",)
    list_select_related = ("created_by",)
    search_fields = ("matchers", "comment")
    readonly_fields = ("hits", "created_by", "created_at", "ended_at", "ended_by")
    actions = ("end",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History: a silence is ended, not deleted."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Silence | None = None) -> bool:
        is_over = obj is not None and obj.over_at <= timezone.now()
        return not is_over and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Silence, form: Any, change: bool) -> None:
        asked: dict[str, Any] = {name: form.cleaned_data[name] for name in ("comment", "starts_at", "ends_at")}
        asked["text"] = form.cleaned_data["matchers"]
        actor, now = _user(request), timezone.now()
        if not change:
            obj.pk = silences.create(**asked, actor=actor, now=now).pk
            obj.refresh_from_db()
            return
        try:
            silences.change(Silence.objects.get(pk=obj.pk), **asked, actor=actor, now=now)
        except silences.AlreadyOver:
            self.message_user(request, "It was over before you saved it; nothing has changed.", messages.WARNING)

    @admin.display(description="state")
    def state(self, silence: Silence) -> SafeString:
        now = timezone.now()
        if silence.over_at > now and matchers.trouble(silence.matchers):
            return format_html('<span class="badge badge-warn">▲ {}</span>', "without effect")
        if silence.is_active(now):
            return format_html('<span class="badge badge-info">ℹ {}</span>', "in force")  # noqa: RUF001  (CONSOLE.md)
        word = "planned" if silence.is_planned(now) else "ended" if silence.ended_at else "expired"
        return format_html('<span class="badge badge-none">◌ {}</span>', word)

    @admin.display(description="holds back")
    def hits(self, silence: Silence) -> str:
        """What it is about now, and would have been in the last 24 h."""
        if not silence.matchers:
            return "Save it to see, or use the preview on the console's page of silences."
        if wrong := matchers.trouble(silence.matchers):
            return wrong
        found = silences.hits(matchers.stored(silence.matchers), timezone.now())
        now = ", ".join(map(str, found.now[:10])) or "no open alert"
        return f"{now}; in the last 24 h {len(found.lately)} more that are over"

    @admin.action(description="End the selected silences now", permissions=["change"])
    def end(self, request: HttpRequest, rows: QuerySet[Silence]) -> None:
        ended = 0
        for silence in rows:
            try:
                silences.end(silence, _user(request), timezone.now())
            except silences.AlreadyOver:
                continue
            ended += 1
        self.message_user(request, f"Ended {ended} of {len(rows)}; the others were over already.", messages.SUCCESS)


class WindowForm(forms.ModelForm):
    class Meta:
        model = MaintenanceWindow
        help_texts = {
            "name": "What the work is; the page of silences and the history of alerts show it.",
            "enabled": "Off: it does not take place, and one that goes on ends at once.",
        }
        exclude = ()  # noqa: DJ006  (the admin's fieldsets say which)


class MaintenanceWindowAdmin(admin.ModelAdmin):
    form = WindowForm
    list_display = ("name", "enabled", "state", "weekdays", "starts_on", "starts_at", "duration_minutes", "zone")
    list_filter = ("enabled",)
    search_fields = ("name", "matchers")
    readonly_fields = ("state", "created_by")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "state", "matchers")}),
        ("When", {"fields": ("zone", "starts_on", "starts_at", "duration_minutes", "weekdays", "ends_on")}),
        ("Uptime", {"fields": ("counts_in_uptime", "created_by")}),
    )

    def save_model(self, request: HttpRequest, obj: MaintenanceWindow, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = _user(request)
        super().save_model(request, obj, form, change)
        replan(obj.pk, timezone.now())

    def delete_model(self, request: HttpRequest, obj: MaintenanceWindow) -> None:
        _switch_off(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MaintenanceWindow]) -> None:
        for window in queryset:
            _switch_off(window)
        super().delete_queryset(request, queryset)

    @admin.display(description="now")
    def state(self, window: MaintenanceWindow) -> str:
        if window._state.adding:
            return "save it to see when it takes place"
        if not window.enabled:
            return "switched off"
        if wrong := matchers.trouble(window.matchers):
            return wrong
        plan, now = plan_of(window), timezone.now()
        current = plan.current(now)
        if current is not None:
            return f"goes on until {_text(current.end)}"
        coming = plan.next(now)
        return "over" if coming is None else f"next at {_text(coming.start)}"


def _switch_off(window: MaintenanceWindow) -> None:
    """Lets go what it holds back and takes back what uptime was not to count, before it is deleted."""
    window.enabled = False
    window.save()
    replan(window.pk, timezone.now())


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user
