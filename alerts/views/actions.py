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

from alerts import acknowledging, lifecycle
from alerts.models import Alert
from alerts.views.pages import AcknowledgeForm, render_detail

_ALREADY = "This alert was already resolved; there was nothing left to do."


@require_POST
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    actor = _actor(request, "ahgd_alerts.acknowledge_alert", "acknowledge")
    alert = get_object_or_404(Alert, pk=alert_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return render_detail(request, alert, form, status=422)
    try:
        acknowledging.acknowledge(alert, actor, form.cleaned_data["note"], timezone.now())
    except lifecycle.AlreadyResolved:
        messages.info(request, _ALREADY)
    else:
        messages.success(request, f"You acknowledged {alert.rule_name}. Repeats stop until it resolves.")
    return _back(request, alert)


@require_POST
def resolve(request: HttpRequest, alert_id: int) -> HttpResponse:
    actor = _actor(request, "ahgd_alerts.resolve_alert", "resolve")
    alert = get_object_or_404(Alert, pk=alert_id)
    try:
        lifecycle.resolve_by_hand(alert, actor, timezone.now())
    except lifecycle.AlreadyResolved:
        messages.info(request, _ALREADY)
    else:
        messages.success(request, f"You resolved {alert.rule_name}. It opens anew if its condition is still true.")
    return _back(request, alert)


def _actor(request: HttpRequest, permission: str, action: str) -> User:
    """Who asks, if they may. Raises PermissionDenied with what to do about it."""
    if isinstance(request.user, User) and request.user.has_perm(permission):
        return request.user
    raise PermissionDenied(f"Your role may not {action} alerts. Ask an administrator for the role Operator.")


def _back(request: HttpRequest, alert: Alert) -> HttpResponse:
    """To ``next`` when that is a page of ours, else to the alert's own page."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return redirect(asked)
    return redirect(reverse("alerts:detail", args=[alert.pk]))
