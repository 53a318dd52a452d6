"""Facts in the admin, to be read; people edit a metric's text, and a snapshot's value, which is then marked."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.timesince import timesince

from monitoring.clock import from_ms
from monitoring.models import (
    HealthCheckState,
    HealthRecord,
    Lease,
    Metric,
    MetricSnapshot,
    ProcessState,
    Series,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the console writes by itself: to be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Metric)
class MetricAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "unit", "category", "help")
    list_filter = ("kind", "category")
    search_fields = ("name", "help")
    readonly_fields = ("name", "kind")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a metric begins with its first sample


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "last_value", "last_seen")
    list_filter = ("metric__category",)
    list_select_related = ("metric",)
    search_fields = ("metric__name",)

    @admin.display(description="last seen", ordering="last_at")
    def last_seen(self, series: Series) -> str:
        return "never" if series.last_at is None else f"{timesince(from_ms(series.last_at))} ago"


@admin.register(MetricSnapshot)
class MetricSnapshotAdmin(admin.ModelAdmin):
    list_display = ("series", "time", "value", "count", "edited")
    list_select_related = ("series__metric",)
    search_fields = ("series__metric__name",)
    show_full_result_count = False
    fields = ("series", "time", "value", "count", "total", "minimum", "maximum", "edited")
    readonly_fields = ("series", "time", "count", "total", "minimum", "maximum", "edited")
    ordering = ("-id",)

    @admin.display(description="time", ordering="at")
    def time(self, snapshot: MetricSnapshot) -> str:
        return from_ms(snapshot.at).isoformat(sep=" ", timespec="milliseconds")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # facts end by retention

    def save_model(self, request: HttpRequest, obj: MetricSnapshot, form: ModelForm, change: bool) -> None:
        obj.edited = True  # the audit log has who, when and what
        super().save_model(request, obj, form, change)


@admin.register(HealthCheckState)
class HealthCheckStateAdmin(ReadOnlyAdmin):
    list_display = ("name", "status", "message", "duration_ms", "checked_at", "changed_at")
    list_filter = ("status",)


@admin.register(HealthRecord)
class HealthRecordAdmin(ReadOnlyAdmin):
    list_display = ("state", "time", "status", "message", "duration_ms", "is_transition")
    list_filter = ("status", "is_transition", "state")
    list_select_related = ("state",)
    show_full_result_count = False
    ordering = ("-id",)

    @admin.display(description="time", ordering="at")
    def time(self, record: HealthRecord) -> str:
        return from_ms(record.at).isoformat(sep=" ", timespec="seconds")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "finished_at", "duration_ms", "error")


@admin.register(ProcessState)
class ProcessStateAdmin(ReadOnlyAdmin):
    list_display = ("name", "instance", "phase", "restarts", "changed_at", "seen_at", "reason")
