"""The page that says why a rule fires on an instance, or why it does not."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from alerts.explain import explain, instances_of
from alerts.explain.telling import as_data
from alerts.models import Rule


@require_safe
@permission_required("ahgd_alerts.view_rule", raise_exception=True)
def explain_rule(request: HttpRequest, name: str) -> HttpResponse:
    """``?instance=`` a fingerprint and ``?at=`` a time in ISO 8601, UTC where it has no offset; now without one."""
    rule = get_object_or_404(Rule, name=name)
    now, known = timezone.now(), instances_of(rule)
    asked, wrong = _time(request.GET.get("at", ""))
    at = now if asked is None else min(asked, now)
    instance = request.GET.get("instance", "").replace("\0", "")[:120]
    chosen = instance or (known[0].fingerprint if known else "")
    found = as_data(explain(rule, chosen, at, now)) if chosen else None
    shown = {"rule": rule, "known": known, "chosen": chosen, "at": asked, "found": found, "wrong": wrong}
    shown["is_gone"] = bool(chosen) and chosen not in {one.fingerprint for one in known}
    return render(request, "alerts/explain.html", shown, status=400 if wrong else 200)


def _time(text: str) -> tuple[datetime | None, str]:
    """The time, or what is wrong with it."""
    if not text.strip():
        return None, ""
    try:
        at = parse_datetime(text.strip().replace(" ", "+"))
    except ValueError:
        at = None
    if at is None:
        return None, "Write the time as 2026-03-04T05:06:07, in UTC."
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at), ""
