"""What people do to an alert: plain POST forms that lead back to where they were sent from."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from alerts import acknowledging, lifecycle, outbox
from alerts.models import Alert, Notification
from alerts.views.forms import AcknowledgeForm
from alerts.views.pages import render_detail

ACKNOWLEDGE, RESOLVE = "ahgd_alerts.acknowledge_alert", "ahgd_alerts.resolve_alert"
_ALREADY = "This alert was already resolved; there was nothing left to do."


@require_POST
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    actor = actor_of(request, ACKNOWLEDGE, "acknowledge")
    alert = get_object_or_404(Alert, pk=alert_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return render_detail(request, alert, form, status=422)
    try:
        acknowledging.acknowledge(alert, actor, now=timezone.now(), **form.cleaned_data)
    except lifecycle.AlreadyResolved:
        messages.info(request, _ALREADY)
    else:
        messages.success(request, f"You acknowledged {alert.rule_name}. Repeats and escalation stop {_until(alert)}.")
    return back(request, alert)


@require_POST
def give_back(request: HttpRequest, alert_id: int) -> HttpResponse:
    actor = actor_of(request, ACKNOWLEDGE, "give back")
    alert = get_object_or_404(Alert, pk=alert_id)
    try:
        acknowledging.give_back(alert, actor, timezone.now())
    except acknowledging.NotAcknowledged:
        messages.info(request, "Nobody has this alert; there was nothing to give back.")
    else:
        messages.success(request, f"{alert.rule_name} is nobody's again. Repeats and escalation go on.")
    return back(request, alert)


@require_POST
def resolve(request: HttpRequest, alert_id: int) -> HttpResponse:
    actor = actor_of(request, RESOLVE, "resolve")
    alert = get_object_or_404(Alert, pk=alert_id)
    try:
        lifecycle.resolve_by_hand(alert, actor, timezone.now())
    except lifecycle.AlreadyResolved:
        messages.info(request, _ALREADY)
    else:
        messages.success(request, f"You resolved {alert.rule_name}. It opens anew if its condition is still true.")
    return back(request, alert)


@require_POST
def send_again(request: HttpRequest, notification_id: int) -> HttpResponse:
    actor_of(request, RESOLVE, "send messages of")
    notification = get_object_or_404(Notification.objects.select_related("alert", "channel"), pk=notification_id)
    if outbox.send_again(notification, timezone.now()):
        messages.success(request, f"It goes to {notification.channel.name} again within seconds.")
    else:
        messages.info(request, "There was nothing to send again: it is on its way, or arrived.")
    return back(request, notification.alert)


def actor_of(request: HttpRequest, permission: str, action: str) -> User:
    """Who asks, if they may. Raises PermissionDenied with what to do about it."""
    if isinstance(request.user, User) and request.user.has_perm(permission):
        return request.user
    raise PermissionDenied(f"Your role may not {action} alerts. Ask an administrator for the role Operator.")


def _until(alert: Alert) -> str:
    until = alert.acknowledged_until
    return "until it resolves" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC, or until it resolves"


def back(request: HttpRequest, alert: Alert | None = None) -> HttpResponse:
    """To ``next`` when that is a page of ours, else to the alert's own page, or the list."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return redirect(asked)
    return redirect(reverse("alerts:detail", args=[alert.pk]) if alert is not None else reverse("alerts:active"))
