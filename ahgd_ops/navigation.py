"""Where people can go: the places of the left navigation and, on a phone, of the bottom bar and its menu."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from ahgd_ops.reading import VIEW_ALERTS, VIEW_MONITORING


@dataclass(frozen=True, slots=True)
class Place:
    """A destination; ``permission`` hides it from those it would refuse, ``in_admin`` from those who are not staff.

    On a phone four stand at the bottom (``is_docked``), what an alarm at night needs; the others in a menu.
    """

    name: str
    icon: str
    route: str
    permission: str = ""
    in_admin: bool = False
    is_docked: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    icon: str
    url: str
    is_current: bool
    is_docked: bool
    counts_alerts: bool


PLACES = (
    Place("Overview", "layout-dashboard", "overview", VIEW_MONITORING),
    Place("Alerts", "bell", "alerts:active", VIEW_ALERTS),
    Place("Silences", "bell-off", "silences:list", "ahgd_alerts.view_silence", is_docked=False),
    Place("Health", "circle-check", "health:overall", "ahgd_monitoring.view_healthcheckstate"),
    Place("Cache", "hard-drive", "cache", VIEW_MONITORING, is_docked=False),
    Place("Database", "memory-stick", "database", VIEW_MONITORING, is_docked=False),
    Place("Jobs", "calendar-range", "jobs", VIEW_MONITORING, is_docked=False),
    Place("Rules", "scale", "admin:ahgd_alerts_rule_changelist", "ahgd_alerts.view_rule", in_admin=True),
    Place(
        "Channels",
        "send",
        "admin:ahgd_alerts_channel_changelist",
        "ahgd_alerts.view_channel",
        in_admin=True,
        is_docked=False,
    ),
    Place(
        "Metrics",
        "chart-line",
        "admin:ahgd_monitoring_metric_changelist",
        "ahgd_monitoring.view_metric",
        in_admin=True,
        is_docked=False,
    ),
    Place("Admin", "shield", "admin:index", in_admin=True, is_docked=False),
)


def places(request: HttpRequest) -> list[Shown]:
    """What this person may open, the one they are at marked as current: the longest address that leads to it."""
    allowed = [(place, reverse(place.route)) for place in PLACES if _may_open(place, request)]
    here = [url for _, url in allowed if request.path.startswith(url)]
    current = max(here, key=len, default="")
    return [
        Shown(place.name, place.icon, url, url == current, place.is_docked, place.route == "alerts:active")
        for place, url in allowed
    ]


def _may_open(place: Place, request: HttpRequest) -> bool:
    user = request.user
    if place.in_admin and not (user.is_active and user.is_staff):
        return False
    return not place.permission or user.has_perm(place.permission)
