"""Pages of alerts: what is active, what was, and the life of one."""

from datetime import timedelta

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.models import Alert, Severity
from alerts.views import data
from alerts.views.forms import AcknowledgeForm

PAGE_LENGTH = 50
VIEW = "ahgd_alerts.view_alert"
_CHART_BEFORE, _CHART_AFTER = timedelta(minutes=30), timedelta(minutes=15)
_LONGEST_CHART = timedelta(days=7)
_OF_DELIVERY = ("channel", "instead_of", "leader__alert", "parent_alert", "told_before")
_LARGEST_KEY = 2**63 - 1


@require_safe
@permission_required(VIEW, raise_exception=True)
def active(request: HttpRequest) -> HttpResponse:
    return render(request, "alerts/active.html", {"place": "active"})


@require_safe
@permission_required(VIEW, raise_exception=True)
def history(request: HttpRequest) -> HttpResponse:
    """Resolved alerts, the latest first; ``?severity=`` and ``?rule=`` narrow, ``?before=`` a number goes on."""
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("rule", "severity", "before")}
    known = {one.word: one for one in Severity}
    rows = Alert.objects.filter(resolved_at__isnull=False).order_by("-pk")
    if asked["rule"]:
        rows = rows.filter(rule_name=asked["rule"])
    if asked["severity"] in known:
        rows = rows.filter(severity=known[asked["severity"]])
    if asked["before"].isdecimal():
        rows = rows.filter(pk__lt=min(int(asked["before"]), _LARGEST_KEY))
    found = list(rows[: PAGE_LENGTH + 1])
    older = found[PAGE_LENGTH - 1].pk if len(found) > PAGE_LENGTH else None
    shown = {"place": "history", "found": found[:PAGE_LENGTH], "older": older, "severities": list(known)}
    return render(request, "alerts/history.html", shown | asked)


@require_safe
@permission_required(VIEW, raise_exception=True)
def detail(request: HttpRequest, alert_id: int) -> HttpResponse:
    alert = get_object_or_404(
        Alert.objects.select_related("rule", "acknowledged_by", "escalation__policy"), pk=alert_id
    )
    return render_detail(request, alert, AcknowledgeForm())


def render_detail(request: HttpRequest, alert: Alert, form: AcknowledgeForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    end = min(now, (alert.resolved_at or now) + _CHART_AFTER, alert.opened_at + _LONGEST_CHART)
    shown = {
        "alert": alert,
        "form": form,
        "events": alert.events.select_related("actor"),
        "deliveries": alert.notifications.select_related(*_OF_DELIVERY)
        .prefetch_related("tries")
        .order_by("created_at", "id"),
        "chart_from": round((alert.opened_at - _CHART_BEFORE).timestamp() * 1000),
        "chart_to": round(end.timestamp() * 1000),
        "metric": alert.labels.get("metric", ""),
        "duration": (alert.resolved_at or now) - alert.opened_at,
        "level": data.level_of(alert.severity),
        "severity": Severity(alert.severity).word,
    }
    return render(request, "alerts/detail.html", shown, status=status)
