"""Pages of the project itself, that join what the apps show."""

import sys

from django.contrib.auth.decorators import login_not_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ahgd_ops import changes, demo, live
from ahgd_ops.access import away
from ahgd_ops.reading import VIEW_ALERTS, VIEW_MONITORING
from monitoring.health import look_again
from monitoring.views.data import BEATS
from monitoring.views.ranges import DEFAULT_FROM, DEFAULT_TO, PRESETS, RangeRefused, default_range, parse_range

LAST_CHANGES = 5
CHARTS = (("cpu_usage_percent", "CPU", "cpu"), ("memory_usage_percent", "Memory", "memory-stick"))


@require_safe
@permission_required((VIEW_ALERTS, VIEW_MONITORING), raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    """The first page; a range that cannot be used is said and replaced, never an error."""
    now = timezone.now()
    try:
        span, refusal = parse_range(request.GET.get("from", DEFAULT_FROM), request.GET.get("to", DEFAULT_TO), now), ""
    except RangeRefused as refused:
        span, refusal = default_range(now), f"{refused} Showing the last hour."
    may_see_changes = request.user.has_perm("ahgd_alerts.acknowledge_alert")
    shown = {
        "live": live.answer(now),
        "range": span,
        "refusal": refusal,
        "presets": PRESETS,
        "charts": CHARTS,
        "beats": BEATS,
        "has_demo": demo.is_here(),
        "changes": changes.last(LAST_CHANGES) if may_see_changes else None,
    }
    return render(request, "console/overview.html", shown)


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's own sign-in address: the console's page, or a plain no for those who are in but not staff."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied("Your account may not open the admin. Ask an administrator for the role.")
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For whoever asks at the old address without having read the page."""
    return redirect(static("console/logo.svg"))


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that is away is a 503, which a load balancer takes for what it is: another console may do better."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        look_again()
        return away.answer()
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form was sent from a page that is too old, or by another site."""
    why = "This page was open too long, or the form came from elsewhere. Go back, reload the page and send it again."
    return render(request, "403.html", {"exception": why}, status=403)
