"""Facts in the admin, to be read; people edit a metric's text, and a snapshot's value, which is then marked."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Length
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.timesince import timesince

from monitoring.clock import from_ms
from monitoring.forms import CollectorStateForm, ExcludedIntervalForm
from monitoring.keeping.forgetting import kept_of
from monitoring.keeping_admin import MetricChunkAdmin as MetricChunkAdmin  # registered by being loaded
from monitoring.limits import MOST_SERIES_OF_A_METRIC
from monitoring.models import (
    CollectorState,
    ExcludedInterval,
    HealthCheckState,
    HealthDay,
    HealthRecord,
    Lease,
    Metric,
    MetricChunk,
    MetricSnapshot,
    ProcessState,
    Series,
    SlowQuery,
)
from monitoring.queries.plans import NoPlan, plan
from monitoring.sketch import Sketch
from monitoring.watched_admin import WatchedCheckAdmin as WatchedCheckAdmin  # registered by being loaded

_DAY = timedelta(days=1)


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
    list_display = ("name", "kind", "unit", "category", "last_value", "series_count", "limit", "kept", "help")
    list_filter = ("kind", "category")
    search_fields = ("name", "help")
    readonly_fields = ("name", "kind", "last_value", "series_count", "size")
    fields = (
        *("name", "kind", "unit", "category", "help", "most_series", "raw_days", "hourly_days"),
        *("last_value", "series_count", "size"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Metric]:
        newest = Series.objects.filter(metric=OuterRef("pk"), last_at__isnull=False).order_by("-last_at")
        metrics: QuerySet[Metric] = super().get_queryset(request)
        return metrics.annotate(newest_value=Subquery(newest.values("last_value")[:1]), number=Count("series"))

    @admin.display(description="last value", ordering="newest_value", empty_value="none")
    def last_value(self, metric: Metric) -> float | None:
        """Of the series that was recorded last."""
        value: float | None = metric.newest_value  # type: ignore[attr-defined]  # annotated above
        return value

    @admin.display(description="series", ordering="number")
    def series_count(self, metric: Metric) -> int:
        number: int = metric.number  # type: ignore[attr-defined]  # annotated above
        return number

    @admin.display(description="limit", ordering="most_series")
    def limit(self, metric: Metric) -> int:
        return MOST_SERIES_OF_A_METRIC if metric.most_series is None else metric.most_series

    @admin.display(description="kept (days)")
    def kept(self, metric: Metric) -> str:
        """Its samples, then its hours."""
        one = kept_of(metric)
        return f"{one.raw / _DAY:.4g}, hours {one.hourly / _DAY:.4g}"

    @admin.display(description="stored")
    def size(self, metric: Metric) -> str:
        rows = MetricSnapshot.objects.filter(series__metric=metric).count()
        chunks = MetricChunk.objects.filter(series__metric=metric)
        found = chunks.aggregate(chunks=Count("id"), samples=Sum("samples"), bytes=Sum(Length("payload")))
        sealed = f"{found['samples'] or 0:,} samples in {found['chunks']:,} chunks of {found['bytes'] or 0:,} bytes"
        return f"{rows:,} rows, {sealed}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a metric begins with its first sample


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "last_value", "last_seen", "count", "total")
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
    fields = ("series", "time", "value", "count", "total", "minimum", "maximum", "percentiles", "edited")
    readonly_fields = ("series", "time", "count", "total", "minimum", "maximum", "percentiles", "edited")
    ordering = ("-id",)

    @admin.display(description="time", ordering="at")
    def time(self, snapshot: MetricSnapshot) -> str:
        return from_ms(snapshot.at).isoformat(sep=" ", timespec="milliseconds")

    @admin.display(empty_value="only timings have some")
    def percentiles(self, snapshot: MetricSnapshot) -> str | None:
        if snapshot.sketch is None or snapshot.minimum is None or snapshot.maximum is None:
            return None
        sketch = Sketch.decode(bytes(snapshot.sketch))
        found = {q: sketch.quantile(q / 100, snapshot.minimum, snapshot.maximum) for q in (50, 95, 99)}
        return ", ".join(f"p{q} {value:.3g}" for q, value in found.items())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # facts end by retention

    def save_model(self, request: HttpRequest, obj: MetricSnapshot, form: ModelForm, change: bool) -> None:
        obj.edited = True  # the audit log has who, when and what
        if MetricSnapshot.objects.select_for_update().filter(pk=obj.pk).first() is not None:
            obj.save(force_update=True)  # never an insert: what was sealed meanwhile would be there twice

    def response_change(self, request: HttpRequest, obj: MetricSnapshot) -> HttpResponse:
        if MetricSnapshot.objects.filter(pk=obj.pk).exists():
            return super().response_change(request, obj)
        said = "It was packed into a chunk meanwhile, and is as before: reopen the chunk to correct it."
        messages.error(request, said)
        return redirect("admin:ahgd_monitoring_metricchunk_changelist")


@admin.register(HealthCheckState)
class HealthCheckStateAdmin(ReadOnlyAdmin):
    search_fields = ("name", "message")
    list_display = ("name", "instance", "status", "message", "duration_ms", "checked_at", "changed_at", "retired_at")
    list_filter = ("status", "instance")


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


@admin.register(HealthDay)
class HealthDayAdmin(ReadOnlyAdmin):
    list_display = ("state", "day", "uptime", "down_seconds", "excluded_seconds", "results", "transitions")
    list_filter = ("state",)
    list_select_related = ("state",)
    date_hierarchy = "day"

    @admin.display(description="uptime", empty_value="nothing counted")
    def uptime(self, day: HealthDay) -> str | None:
        counted = day.up_seconds + day.down_seconds
        return f"{100 * day.up_seconds / counted:.3f} %" if counted else None


@admin.register(ExcludedInterval)
class ExcludedIntervalAdmin(admin.ModelAdmin):
    """Maintenance and our own outages come by themselves; people add what nobody could know."""

    form = ExcludedIntervalForm
    list_display = ("start", "end", "reason", "check_name", "source")
    list_filter = ("source", "check_name")
    search_fields = ("reason",)
    fields = ("start", "end", "reason", "check_name", "source")
    readonly_fields = ("source",)


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "finished_at", "duration_ms", "error")


@admin.register(ProcessState)
class ProcessStateAdmin(ReadOnlyAdmin):
    list_display = ("name", "instance", "phase", "restarts", "changed_at", "seen_at", "reason")


@admin.register(CollectorState)
class CollectorStateAdmin(admin.ModelAdmin):
    """People switch a collector off, or give it an interval of its own; what came of it is the console's to write."""

    form = CollectorStateForm
    list_display = ("name", "instance", "enabled", "every_seconds", "age", "duration_ms", "series", "error")
    list_filter = ("enabled", "instance", "name")
    fields = ("name", "instance", "enabled", "every_seconds", "age", "started_at", "duration_ms", "series", "error")
    readonly_fields = ("name", "instance", "age", "started_at", "duration_ms", "series", "error")

    @admin.display(description="last read", ordering="finished_at")
    def age(self, state: CollectorState) -> str:
        return "never" if state.finished_at is None else f"{timesince(state.finished_at)} ago"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a collector has its row from its first run

    def save_model(self, request: HttpRequest, obj: CollectorState, form: ModelForm, change: bool) -> None:
        obj.save(update_fields=form.changed_data)  # what a worker writes meanwhile stays


@admin.register(SlowQuery)
class SlowQueryAdmin(ReadOnlyAdmin):
    """Slow and repeated queries, with their plan on demand."""

    list_display = ("query", "count", "slowest_seconds", "where", "repeats", "repeated_in", "last_at")
    list_filter = ("database", "where")
    search_fields = ("query", "text")
    actions = ("ask_for_plan",)

    @admin.action(description="Ask the database for the plan", permissions=["view"])
    def ask_for_plan(self, request: HttpRequest, queries: QuerySet[SlowQuery]) -> None:
        for query in queries:
            try:
                query.plan = plan(query)
            except NoPlan as why:
                messages.warning(request, f"{query}: {why}")
                continue
            query.planned_at = timezone.now()
            query.save(update_fields=["plan", "planned_at"])
            messages.success(request, f"{query}: its plan is on its page.")
