"""People: how many are signed in."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps

from monitoring.clock import database_now
from monitoring.collectors.base import Reading


@dataclass(frozen=True, slots=True)
class SessionsCollector:
    """Sessions that have not expired, where Django keeps them in the database."""

    name: str = "sessions"

    def collect(self) -> Iterable[Reading]:
        if apps.is_installed("django.contrib.sessions"):
            from django.contrib.sessions.models import Session

            yield Reading("active_sessions", Session.objects.filter(expire_date__gt=database_now()).count())
