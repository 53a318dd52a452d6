"""Pages of health: every check at a glance, and the past of one; CSV and JSON of the same."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import wraps
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_not_required, permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.clock import from_ms
from monitoring.health import past
from monitoring.health.present import present
from monitoring.models import HealthCheckState, HealthRecord
from monitoring.views import health_data
from monitoring.views.probes import LIVE_CHECKS_PATH
from monitoring.views.ranges import Range, RangeRefused, parse_range

VIEW = "ahgd_monitoring.view_healthcheckstate"
PAGE_LENGTH = 50
MOST_EXPORTED = 100_000
_CUT = "Cut after {} records: ask for the rest with a later ?from="
_COLUMNS = ("time", "check", "instance", "status", "message", "duration_ms", "is_transition")
_LARGEST_KEY = 2**63 - 1
View = Callable[..., HttpResponseBase]


def open_to_machines(view: View) -> View:
    """For people who may see health, and for tokens with the scope ``health:read``; others get JSON that says so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        scopes: frozenset[str] = getattr(request, "scopes", frozenset())
        if "health:read" in scopes or request.user.has_perm(VIEW):
            return view(request, *args, **kwargs)
        status = 403 if request.user.is_authenticated or scopes else 401
        return JsonResponse({"error": "Sign in, or send a token with the scope health:read."}, status=status)

    guarded_view: View = login_not_required(require_safe(guarded))
    return guarded_view


@require_safe
@permission_required(VIEW, raise_exception=True)
def overall(request: HttpRequest) -> HttpResponse:
    shown = health_data.overview(timezone.now()) | {"live_checks": LIVE_CHECKS_PATH}
    return render(request, "health/overall.html", shown)


@require_safe
@permission_required(VIEW, raise_exception=True)
def check(request: HttpRequest, name: str) -> HttpResponse:
    """``?only=changes`` leaves out results that changed nothing, ``?before=`` a number goes on."""
    state = _state_or_404(name)
    only, before = request.GET.get("only", ""), request.GET.get("before", "")
    rows = state.records.order_by("-id")
    if only == "changes":
        rows = rows.filter(is_transition=True)
    if before.isascii() and before.isdecimal():
        rows = rows.filter(pk__lt=min(int(before), _LARGEST_KEY))
    found = list(rows[: PAGE_LENGTH + 1])
    older = found[PAGE_LENGTH - 1].pk if len(found) > PAGE_LENGTH else None
    listed = {"records": [health_data.record_row(row) for row in found[:PAGE_LENGTH]], "only": only, "older": older}
    return render(request, "health/check.html", health_data.one(state, timezone.now()) | listed)


@open_to_machines
def overall_json(request: HttpRequest) -> HttpResponse:
    """Each check with its state and its uptime."""
    return JsonResponse(health_data.summary(timezone.now()))


@open_to_machines
def check_json(request: HttpRequest, name: str) -> HttpResponse:
    """One check with its records from ``?from=`` to ``?to=``."""
    state = _state_or_404(name)
    now = timezone.now()
    try:
        records = _records(request, now).filter(state=state)
    except RangeRefused as refused:
        return JsonResponse({"error": str(refused)}, status=400)
    found_rows = list(islice(_rows(records), MOST_EXPORTED + 1))
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in found_rows[:MOST_EXPORTED]]
    days = [{name: day[name] for name in ("day", "share")} for day in health_data.days(state, now)]
    found, known = present([state], now)[state.pk], past.read([state], now - past.LONGEST, now)[state.pk]
    return JsonResponse(
        health_data.described(state, found, known, now) | {"days": days, "records": rows} | _cut(found_rows)
    )


@open_to_machines
def overall_csv(request: HttpRequest) -> HttpResponseBase:
    return _csv(request, "health.csv")


@open_to_machines
def check_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    _state_or_404(name)
    return _csv(request, "health-check.csv", name)


def _csv(request: HttpRequest, filename: str, name: str = "") -> HttpResponseBase:
    try:
        records = _records(request, timezone.now())
    except RangeRefused as refused:
        return HttpResponse(f"{refused}\n", status=400, content_type="text/plain; charset=utf-8")
    rows = _rows(records.filter(state__name=name) if name else records)
    writer = csv.writer(_Line())
    lines = (writer.writerow(row) for row in _with_head_and_cut(rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _state_or_404(name: str) -> HealthCheckState:
    if "\0" in name:  # PostgreSQL does not take it
        raise Http404
    return get_object_or_404(HealthCheckState, name=name)


class _Line:
    """A file for ``csv`` that gives back each line, to be sent."""

    def write(self, text: str) -> str:
        return text


def _records(request: HttpRequest, now: datetime) -> QuerySet[HealthRecord]:
    """Of the last day unless asked otherwise. Raises RangeRefused."""
    asked: Range = parse_range(request.GET.get("from", "now-24h"), request.GET.get("to", "now"), now)
    rows = HealthRecord.objects.filter(at__gte=asked.start_ms, at__lte=asked.end_ms)
    return rows.select_related("state").order_by("at", "id")


def _rows(records: QuerySet[HealthRecord]) -> Iterator[tuple[Any, ...]]:
    for row in records[: MOST_EXPORTED + 1].iterator(chunk_size=2000):
        when = from_ms(row.at).isoformat(timespec="milliseconds")
        name = row.state.name.partition("@")[0] if row.state.instance else row.state.name
        yield (when, name, row.state.instance, row.status, _harmless(row.message), row.duration_ms, row.is_transition)


def _with_head_and_cut(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield _COLUMNS
    yield from islice(rows, MOST_EXPORTED)
    if next(rows, None) is not None:
        yield ("", "", "", "", _CUT.format(MOST_EXPORTED), "", "")


def _cut(rows: Sequence[object]) -> dict[str, str]:
    return {"cut": _CUT.format(MOST_EXPORTED)} if len(rows) > MOST_EXPORTED else {}


def _harmless(text: str) -> str:
    """A spreadsheet takes what begins like a formula for one (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
