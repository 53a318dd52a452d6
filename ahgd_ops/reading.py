"""Who may read which part of the console: people by their role, machines by the scopes of their token."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from alerts.views import data as alerts_data
from monitoring.views import data as monitoring_data

VIEW_ALERTS, VIEW_MONITORING = "ahgd_alerts.view_alert", "ahgd_monitoring.view_series"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the live answer, made by ``make``, for who has the ``permission`` or a token with the ``scope``."""

    scope: str
    permission: str
    make: Callable[[datetime], dict[str, Any]]

    def is_open_to(self, request: HttpRequest) -> bool:
        scopes: frozenset[str] = getattr(request, "scopes", frozenset())
        return self.scope in scopes or request.user.has_perm(self.permission)


ALERTS = Part("alerts:read", VIEW_ALERTS, alerts_data.live_part)
METRICS = Part("metrics:read", VIEW_MONITORING, monitoring_data.live_metrics)
HEALTH = Part("health:read", VIEW_MONITORING, monitoring_data.live_health)
PARTS = (ALERTS, METRICS, HEALTH)


def open_parts(request: HttpRequest) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part.is_open_to(request))


def is_known(request: HttpRequest) -> bool:
    """Whether somebody is signed in or a token was given, whatever they may read."""
    return request.user.is_authenticated or bool(getattr(request, "scopes", frozenset()))
