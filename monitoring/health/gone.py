"""Checks that run no more: switched off or deleted while they ran, or taken out of the settings."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q

from monitoring.health.base import configured
from monitoring.health.history import retire
from monitoring.health.watched import entered
from monitoring.models import HealthCheckState

UNHEARD = timedelta(minutes=10)


def retire_gone(just_recorded: Collection[str], now: datetime) -> None:
    """Retires what was just recorded and has gone meanwhile, and what went and was not heard of for 10 minutes.

    The others are given that time as there may be a host with other settings, such as the next release's: what runs
    there is not gone.
    """
    there = [check.name for check in (*configured(), *entered())]
    current = HealthCheckState.objects.filter(instance="", retired_at__isnull=True, checked_at__isnull=False)
    gone = current.exclude(name__in=there).filter(Q(name__in=just_recorded) | Q(checked_at__lt=now - UNHEARD))
    for name in gone.values_list("name", flat=True):
        retire(name, now)
