"""Chunks in the admin: what they hold, what they take, and what happens to them next; holds, and gaps of readers."""

from datetime import datetime, timedelta
from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from monitoring.clock import from_ms
from monitoring.keeping.chunks import ChunkDamaged, opened
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.outlook import outlook
from monitoring.keeping.packing import codec_of
from monitoring.keeping.reopening import NotReopened, reopen
from monitoring.models import Hold, MetricChunk, ReadGap

OPEN_FOR = timedelta(hours=1)
_CODECS = {1: "pcodec", 2: "zstd"}
_COLUMNS = ("value", "count", "total", "minimum", "maximum")


@admin.register(MetricChunk)
class MetricChunkAdmin(admin.ModelAdmin):
    """To be looked at. Corrections are made in snapshots, which a chunk's samples become when it is reopened."""

    list_display = ("series", "resolution", "begins", "ends", "samples", "minimum", "maximum", "size", "bytes_a_sample")
    list_filter = ("resolution",)
    list_select_related = ("series__metric",)
    search_fields = ("series__metric__name",)
    show_full_result_count = False
    ordering = ("-id",)
    list_per_page = 50
    actions = ("reopen",)
    fields = (
        "series",
        ("resolution", "codec"),
        ("begins", "ends"),
        ("samples", "count"),
        ("minimum", "maximum", "total"),
        ("size", "bytes_a_sample"),
    )
    change_list_template = "admin/ahgd_monitoring/metricchunk/change_list.html"
    change_form_template = "admin/ahgd_monitoring/metricchunk/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[MetricChunk]:
        """A list does without the payloads."""
        chunks: QuerySet[MetricChunk] = super().get_queryset(request)
        return chunks.annotate(payload_bytes=Length("payload")).defer("payload")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"outlook": outlook(timezone.now()), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        points = _points(object_id) if self.has_view_permission(request) else {}
        return super().change_view(request, object_id, form_url, {**points, **(extra_context or {})})

    @admin.display(description="begins", ordering="start")
    def begins(self, chunk: MetricChunk) -> str:
        return _time(chunk.start)

    @admin.display(description="last sample", ordering="end")
    def ends(self, chunk: MetricChunk) -> str:
        return _time(chunk.end)

    @admin.display(description="bytes", ordering="payload_bytes")
    def size(self, chunk: MetricChunk) -> int:
        size: int = chunk.payload_bytes  # type: ignore[attr-defined]  # annotated above
        return size

    @admin.display(description="bytes a sample")
    def bytes_a_sample(self, chunk: MetricChunk) -> str:
        return f"{self.size(chunk) / chunk.samples:.2f}"

    @admin.display(description="codec")
    def codec(self, chunk: MetricChunk) -> str:
        return _CODECS.get(codec_of(chunk.payload), "of a later version")

    @admin.action(description="Reopen for an hour, to correct its samples", permissions=["correct"])
    def reopen(self, request: HttpRequest, chunks: QuerySet[MetricChunk]) -> None:
        until = timezone.now() + OPEN_FOR
        for chunk in chunks.select_related("series__metric"):
            try:
                number = reopen(chunk.pk, until)
            except (NotReopened, ChunkDamaged, CodecMissing) as why:
                messages.warning(request, f"{chunk.series} from {_time(chunk.start)}: {why}")
                continue
            _note(chunk, until)
            said = f"{number} samples are snapshots again until {until:%H:%M} UTC: correct them there."
            messages.success(request, f"{chunk.series} from {_time(chunk.start)}: {said}")

    def has_correct_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ahgd_monitoring.change_metricsnapshot")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # facts end by retention


@admin.register(Hold)
class HoldAdmin(admin.ModelAdmin):
    """Alerts write and remove theirs, which nobody else does; people hold what they need for something else."""

    list_display = ("series", "reason", "whose", "begins", "ends")
    list_filter = ("owner",)
    list_select_related = ("series__metric",)
    search_fields = ("reason", "series__metric__name")
    autocomplete_fields = ("series",)

    def has_change_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or not obj.owner)

    def has_delete_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.owner)

    @admin.display(description="held by", ordering="owner")
    def whose(self, hold: Hold) -> str:
        return hold.owner or "people"

    @admin.display(description="from", ordering="start")
    def begins(self, hold: Hold) -> str:
        return _time(hold.start)

    @admin.display(description="to", ordering="end", empty_value="whatever comes")
    def ends(self, hold: Hold) -> str | None:
        return None if hold.end is None else _time(hold.end)


@admin.register(ReadGap)
class ReadGapAdmin(admin.ModelAdmin):
    list_display = ("reader", "rows", "begins", "ends", "noted_at")
    list_filter = ("reader",)

    @admin.display(description="first")
    def begins(self, gap: ReadGap) -> str:
        return _time(gap.start)

    @admin.display(description="last")
    def ends(self, gap: ReadGap) -> str:
        return _time(gap.end)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _note(chunk: MetricChunk, until: datetime) -> None:
    """In the audit log; what is then corrected notes itself."""
    changes = {"chunk": [f"sealed from {_time(chunk.start)}", f"open until {until:%Y-%m-%d %H:%M}"]}
    LogEntry.objects.log_create(chunk.series, force_log=True, action=LogEntry.Action.UPDATE, changes=changes)


def _points(object_id: str) -> dict[str, Any]:
    """The decoded samples for the page, or why they cannot be shown. Read with its times at once: both may change."""
    pk = unquote(object_id)
    chunk = MetricChunk.objects.select_related("times").filter(pk=pk).first() if pk.isdecimal() else None
    if chunk is None:
        return {}
    try:
        frame = opened(chunk)
    except (ChunkDamaged, CodecMissing) as error:
        return {"damage": str(error)}
    names = [name for name in _COLUMNS if getattr(frame, name) is not None]
    columns = [[_shown(value) for value in frame.filled(name).tolist()] for name in names]
    times = [_time(at, "milliseconds") for at in frame.at.tolist()]
    edited = frame.filled("edited").tolist()
    return {"columns": names, "points": list(zip(times, zip(*columns, strict=True), edited, strict=True))}


def _shown(value: float) -> str:
    return "" if value != value or (value == -1 and isinstance(value, int)) else f"{value:.10g}"


def _time(at_ms: int, to_the: str = "minutes") -> str:
    return from_ms(at_ms).isoformat(sep=" ", timespec=to_the).removesuffix("+00:00")
