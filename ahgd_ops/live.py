"""The live answer and charts' data: each app gives its part, here they become one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ahgd_ops import changes, checklist
from ahgd_ops.reading import ALERTS, METRICS, PARTS, Part, is_known, open_parts
from alerts.views import data as alerts_data
from monitoring.clock import to_ms
from monitoring.series import WindowTooLarge
from monitoring.views import data as monitoring_data
from monitoring.views.ranges import DEFAULT_FROM, DEFAULT_TO, RangeRefused, parse_range

WORST_LAST = ("ok", "info", "unknown", "warning", "critical")
SIGNS = {"critical": "▲", "warning": "●", "info": "\u2139", "unknown": "◌", "ok": ""}
LESSER = (("warning", "warning"), ("info", "notice"))
MOST_METRICS = 8
_SECTIONS = ("status", "alerts", "checks", "health", "processes", "changes", "checklist")


def answer(now: datetime, of: Sequence[Part] = PARTS) -> dict[str, Any]:
    """What a page shows live, at ``now``; ``versions`` tells which sections differ from an earlier answer.

    With only some parts, what they do not tell is left out, and so is what takes all of them, as the state of it all.
    """
    parts = [part.make(now) for part in of]
    findings = [finding for part in parts for finding in part.pop("findings")]
    calm = max((at for part in parts if (at := part.pop("calm_since")) is not None), default=None)
    found: dict[str, Any] = {name: value for part in parts for name, value in part.items()}
    if "health" in found:
        found["checks"] = [check["name"] for check in found["health"]]
    if len(parts) == len(PARTS):
        found["status"] = status(findings, calm)
        found["title"] = title(findings)
        found["changes"] = changes.latest_id()
        found["checklist"] = checklist.items(found) if found["sampled_at"] is None else None
    found["stale_after_ms"] = settings.CONFIG.collect_seconds * 3000
    found["versions"] = {name: _digest(found[name]) for name in _SECTIONS if name in found}
    return found | {"now": to_ms(now)}


def status(findings: list[dict[str, Any]], calm_since: int | None) -> dict[str, Any]:
    """The banner: the first of the worst findings in words, since when, and what else there is."""
    level = _worst(findings)
    worst = [finding for finding in findings if finding["level"] == level]
    if not worst:
        return {"level": "ok", "text": "All systems normal", "since": calm_since, "others": ""}
    first, more = worst[0], f", and {len(worst) - 1} more" if len(worst) > 1 else ""
    return {"level": level, "text": first["text"] + more, "since": first["since"], "others": _besides(findings, level)}


def _besides(findings: list[dict[str, Any]], level: str) -> str:
    """The lesser findings, counted: ``also 2 warnings, 1 notice``."""
    counts = Counter(finding["level"] for finding in findings if finding["level"] != level)
    said = [f"{counts[one]} {word}{'s' if counts[one] > 1 else ''}" for one, word in LESSER if counts[one]]
    return f"also {', '.join(said)}" if said else ""


def title(findings: list[dict[str, Any]]) -> str:
    """What the tab's title begins with, such as ``▲1 ``."""
    level = _worst(findings)
    count = sum(finding["level"] == level for finding in findings)
    return f"{SIGNS[level]}{count if level != 'unknown' else ''} " if SIGNS[level] else ""


def _worst(findings: Iterable[dict[str, Any]]) -> str:
    return max((finding["level"] for finding in findings), key=WORST_LAST.index, default="ok")


@login_not_required  # it answers 401 in JSON where a page would lead to the sign-in form
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """``?since=`` (ms) and ``?metric=`` (repeated) add what a chart has to append; 304 when nothing changed.

    Each sees the parts that their role or their token is for.
    """
    parts = open_parts(request)
    if not parts:
        return _refusal(request)
    now = timezone.now()
    since, metrics = request.GET.get("since", ""), request.GET.getlist("metric")
    if (since and not _is_ms(since)) or len(metrics) > MOST_METRICS or not all(map(_is_name, metrics)):
        return _json(
            {"error": f"since is milliseconds since 1970, metric the name of one, at most {MOST_METRICS}."}, 400
        )
    found = answer(now, parts)
    if since and METRICS in parts:
        found["points"] = monitoring_data.points_since(metrics, int(since), now)
    tag = f'W/"{_digest({name: value for name, value in found.items() if name != "now"})}"'
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else _json(found)
    response.headers["ETag"] = tag
    response.headers["X-Ops-Now"] = str(found["now"])
    return response


@login_not_required  # as above
@require_safe
def series(request: HttpRequest) -> HttpResponse:
    """A metric over ``?from=`` and ``?to=``, with the limits of its rules and the times an alert was open."""
    if not METRICS.is_open_to(request):
        return _refusal(request)
    metric = request.GET.get("metric", "")
    if not _is_name(metric):
        return _json({"error": "Name a metric: ?metric=cpu_usage_percent"}, 400)
    try:
        asked = parse_range(request.GET.get("from", DEFAULT_FROM), request.GET.get("to", DEFAULT_TO), timezone.now())
        found = monitoring_data.chart_part(metric, asked)
    except RangeRefused as refused:
        return _json({"error": str(refused)}, 400)
    except monitoring_data.UnknownMetric:
        return _json({"error": f"There is no metric called {metric[:100]!r}."}, 404)
    except WindowTooLarge as too_large:
        return _json({"error": str(too_large)}, 413)
    if ALERTS.is_open_to(request):
        found |= alerts_data.chart_part(metric, asked.start_ms, asked.end_ms)
    return _json(found)


def _refusal(request: HttpRequest) -> HttpResponse:
    if not is_known(request):
        return _json({"error": "You are signed out. Sign in again."}, 401)
    return _json({"error": "Your role, or the scopes of your token, do not allow it. Ask an administrator."}, 403)


def _is_ms(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 200 and text.isprintable()


def _json(value: dict[str, Any], status_code: int = 200) -> HttpResponse:
    response = HttpResponse(orjson.dumps(value), content_type="application/json", status=status_code)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _digest(value: object) -> str:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()
