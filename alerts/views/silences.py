"""The page of silences: what is quiet now, what will be and what was; begun, extended and ended here."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts.models import Alert, MaintenanceWindow, Silence
from alerts.muting import matchers, silences
from alerts.muting.current import Mutes, plan_of
from alerts.muting.presets import PRESETS
from alerts.muting.windows import Occurrence
from alerts.views import data
from alerts.views.silence_forms import ONE_TAP_COMMENT, LengthForm, SilenceForm, first_error

VIEW, ADD, CHANGE = (f"ahgd_alerts.{action}_silence" for action in ("view", "add", "change"))
SHOWN_FOR = timedelta(days=7)
_MOST_EXPIRED = 50
_OVER = "This silence was over already."


@require_safe
@permission_required(VIEW, raise_exception=True)
def listing(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(
        Silence.objects.filter(ends_at__gt=now - SHOWN_FOR).select_related("created_by", "ended_by").order_by("ends_at")
    )
    alerts = silences.open_alerts()
    expired = [row for row in rows if row.over_at <= now and now - row.over_at < SHOWN_FOR]
    shown = {
        "active": [
            (row, silences.matching(matchers.parse(row.matchers), alerts)) for row in rows if row.is_active(now)
        ],
        "planned": [row for row in rows if row.is_planned(now)],
        "expired": sorted(expired, key=lambda row: row.over_at, reverse=True)[:_MOST_EXPIRED],
        "windows": _windows(now),
        "now": now,
        "may_add": request.user.has_perm(ADD),
        "may_change": request.user.has_perm(CHANGE),
        "presets": PRESETS,
    }
    return render(request, "silences/list.html", shown)


@require_safe
@permission_required("ahgd_alerts.view_alert", raise_exception=True)
def silenced(request: HttpRequest) -> HttpResponse:
    """Open alerts that are held back."""
    mutes = Mutes.at(timezone.now())
    held = [one for one in data.open_alerts() if mutes.maintenance_of(one) or mutes.silence_of(one)]
    return render(request, "alerts/silenced.html", {"place": "silenced", "alerts": held})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """``GET`` with ``matchers`` shows what they hit now and would have hit in the last 24 h; ``POST`` silences."""
    actor = _actor(request, ADD)
    if request.method != "POST":
        asked = _asked(request)
        return _form(request, SilenceForm(initial=asked), asked["matchers"])
    form = SilenceForm(request.POST)
    if "preview" in request.POST or not form.is_valid():
        status = 200 if "preview" in request.POST else 422
        return _form(request, form, request.POST.get("matchers", ""), status)
    filled = form.cleaned_data
    try:
        silence = silences.create(
            text=filled["matchers"],
            actor=actor,
            comment=filled["comment"],
            starts_at=filled["starts_at"],
            ends_at=filled["ends_at"],
            now=timezone.now(),
        )
    except silences.SilenceRefused as refused:
        form.add_error("ends_at", str(refused))
        return _form(request, form, filled["matchers"], 422)
    messages.success(request, _said(silence))
    return redirect("silences:list")


@require_POST
def silence_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """At one tap: this instance, for one of the presets."""
    actor = _actor(request, ADD)
    alert = get_object_or_404(Alert, pk=alert_id)
    form, now = LengthForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("alerts:detail", alert.pk)
    silence = silences.create(
        text=silences.matchers_of(alert),
        actor=actor,
        comment=form.cleaned_data["comment"] or ONE_TAP_COMMENT,
        starts_at=now,
        ends_at=form.end(now),
        now=now,
    )
    messages.success(request, _said(silence))
    return redirect("alerts:detail", alert.pk)


@require_POST
def extend(request: HttpRequest, silence_id: int) -> HttpResponse:
    """By one of the presets, counted from its present end."""
    actor = _actor(request, CHANGE)
    silence = get_object_or_404(Silence, pk=silence_id)
    form = LengthForm(request.POST)
    try:
        if form.is_valid():
            silences.extend(silence, form.end(silence.ends_at), actor, timezone.now())
            messages.success(request, f"Extended until {silence.ends_at:%Y-%m-%d %H:%M} UTC.")
        else:
            messages.error(request, first_error(form))
    except silences.AlreadyOver:
        messages.info(request, _OVER)
    except silences.SilenceRefused as refused:
        messages.error(request, str(refused))
    return redirect("silences:list")


@require_POST
def end(request: HttpRequest, silence_id: int) -> HttpResponse:
    actor = _actor(request, CHANGE)
    silence = get_object_or_404(Silence, pk=silence_id)
    try:
        silences.end(silence, actor, timezone.now())
    except silences.AlreadyOver:
        messages.info(request, _OVER)
    else:
        messages.success(request, "Ended. What it held back and is still true is told now.")
    return redirect("silences:list")


def _form(request: HttpRequest, form: SilenceForm, text: str, status: int = 200) -> HttpResponse:
    """The form, with what the matchers hit where they can be read."""
    shown: dict[str, object] = {"form": form}
    try:
        shown["hits"] = silences.hits(matchers.parse(text), timezone.now()) if text.strip() else None
    except matchers.MatcherRefused as refused:
        if not form.is_bound:
            shown["refused"] = str(refused)
    return render(request, "silences/new.html", shown, status=status)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the address fills the form with: matchers, or an alert to take them from."""
    alert_id = request.GET.get("alert", "")
    if alert_id.isdecimal() and len(alert_id) < 19:
        return {"matchers": silences.matchers_of(get_object_or_404(Alert, pk=int(alert_id)))}
    return {"matchers": request.GET.get("matchers", "")}


def _windows(now: datetime) -> list[tuple[MaintenanceWindow, Occurrence, bool]]:
    """Enabled maintenance windows with the time they go on, or the next one, the first first; and whether it is now."""
    plans = [(row, plan_of(row)) for row in MaintenanceWindow.objects.filter(enabled=True)]
    times = [(row, plan.current(now) or plan.next(now)) for row, plan in plans]
    coming = [(row, one, one.holds(now)) for row, one in times if one is not None]
    return sorted(coming, key=lambda each: each[1].start)


def _said(silence: Silence) -> str:
    if silence.starts_at > timezone.now():
        return f"Planned: quiet from {silence.starts_at:%Y-%m-%d %H:%M} to {silence.ends_at:%Y-%m-%d %H:%M} UTC."
    return f"Silenced until {silence.ends_at:%Y-%m-%d %H:%M} UTC. What is still true then is told."


def _actor(request: HttpRequest, permission: str) -> User:
    """Who asks, if they may. Raises PermissionDenied with what to do about it."""
    if isinstance(request.user, User) and request.user.has_perm(permission):
        return request.user
    raise PermissionDenied("Your role may not silence alerts. Ask an administrator for the role Operator.")
