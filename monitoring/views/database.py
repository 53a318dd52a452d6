"""Databases in the console: connections and pools, queries by their shape, and one query with its plan."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import Error as DatabaseError
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from monitoring import series
from monitoring.health.reasons import reason
from monitoring.models import QueryShape, SlowQuery
from monitoring.queries.figures import Moment, by_total, completed, trend
from monitoring.queries.plans import NoPlan, plan_with_advice
from monitoring.quiet import quietly
from monitoring.views.ranges import DEFAULT_FROM, DEFAULT_TO, PRESETS, Range, RangeRefused, default_range, parse_range

QUERIES_ON_A_PAGE = 50
_SEEN_MS = 120_000
_WIDTH, _HEIGHT = 600, 120
VIEW = "ahgd_monitoring.view_series"


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections of one process to one database, as it last said."""

    database: str
    process: str
    instance: str
    in_use: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Served:
    """A database of the console itself. ``connections`` is what its server counts; SQLite has no server."""

    alias: str
    vendor: str
    size_bytes: int | None
    connections: int | None
    most_connections: int | None
    problem: str = ""


@require_safe
@permission_required(VIEW, raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    span, refusal = _range(request)
    found = by_total(span.start_ms, span.end_ms)
    paginator = Paginator(found, QUERIES_ON_A_PAGE)
    part = paginator.get_page(request.GET.get("page"))
    shown = {
        "range": span,
        "refusal": refusal,
        "presets": PRESETS,
        "served": [served(alias) for alias in connections],
        "pools": pools(span.end_ms),
        "part": part,
        "queries": completed(list(part), span.start_ms, span.end_ms),
        "calls": sum(one.calls for one in found),
        "slow": SlowQuery.objects.filter(last_at__gte=span.start, count__gt=0).count(),
        "repeated": SlowQuery.objects.filter(last_at__gte=span.start, repeats__gt=0).count(),
    }
    return render(request, "console/database.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(VIEW, raise_exception=True)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One query; a POST asks the database for its plan."""
    row = get_object_or_404(QueryShape, pk=pk)
    if request.method == "POST":
        _ask_for_plan(request, row)
        return redirect("database-query", pk=pk)
    span, refusal = _range(request)
    figures = [
        one for one in by_total(span.start_ms, span.end_ms) if (one.database, one.query) == (row.database, row.query)
    ]
    moments = trend(row.database, row.query, span.start_ms, span.end_ms)
    shown = {
        "row": row,
        "range": span,
        "refusal": refusal,
        "presets": PRESETS,
        "figures": next(iter(completed(figures, span.start_ms, span.end_ms)), None),
        "slow": SlowQuery.objects.filter(database=row.database, query=row.query).first(),
        "moments": moments,
        "lines": lines(moments, span),
        "can_plan": row.database in connections,
    }
    return render(request, "console/query.html", shown)


def _range(request: HttpRequest) -> tuple[Range, str]:
    """The range that is asked for; one that cannot be used is said and replaced, never an error."""
    now = timezone.now()
    try:
        return parse_range(request.GET.get("from", DEFAULT_FROM), request.GET.get("to", DEFAULT_TO), now), ""
    except RangeRefused as refused:
        return default_range(now), f"{refused} Showing the last hour."


def pools(now_ms: int) -> list[Pool]:
    """Of all processes that said so in the last two minutes."""
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for metric in ("db_pool_connections", "db_pool_waiting"):
        for one in series.latest(metric):
            if one.at_ms < now_ms - _SEEN_MS:
                continue
            of = (one.tags.get("database", ""), one.tags.get("process", ""), one.tags.get("instance", ""))
            found.setdefault(of, {})[one.tags.get("state", "waiting")] = int(one.value)
    return [
        Pool(*of, in_use=counts.get("in use", 0), idle=counts.get("idle", 0), waiting=counts.get("waiting", 0))
        for of, counts in sorted(found.items())
    ]


def served(alias: str) -> Served:
    connection = connections[alias]
    try:
        with quietly(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT pg_database_size(current_database()),"
                    " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
                    " current_setting('max_connections')::int"
                )
                return Served(alias, connection.vendor, *cursor.fetchone())
            if connection.vendor == "sqlite":
                cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                return Served(alias, connection.vendor, cursor.fetchone()[0], None, None)
    except DatabaseError as error:
        return Served(alias, connection.vendor, None, None, None, reason(error))
    return Served(alias, connection.vendor, None, None, None)


def lines(moments: list[Moment], span: Range) -> dict[str, Any]:
    """Mean and p95 as points of an SVG of 600 by 120, and the seconds at its top."""
    top = max((max(one.mean_seconds, one.p95_seconds or 0.0) for one in moments), default=0.0)
    if not top:
        return {}

    def point(at_ms: int, seconds: float) -> str:
        x = (at_ms - span.start_ms) / max(1, span.end_ms - span.start_ms) * _WIDTH
        return f"{x:.1f},{_HEIGHT - seconds / top * (_HEIGHT - 4):.1f}"

    return {
        "top_seconds": top,
        "mean": " ".join(point(one.at_ms, one.mean_seconds) for one in moments),
        "p95": " ".join(point(one.at_ms, one.p95_seconds) for one in moments if one.p95_seconds is not None),
    }


def _ask_for_plan(request: HttpRequest, row: QueryShape) -> None:
    try:
        found = plan_with_advice(row)
    except NoPlan as why:
        messages.warning(request, str(why))
        return
    row.plan, row.advice = found.text, [[one.sql, one.reason] for one in found.advice]
    row.planned_at = timezone.now()
    row.save(update_fields=["plan", "advice", "planned_at"])
