"""A console that has something to show, and asks for news when a test says so."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from monitoring.models import Series
from tests.monitoring.readings import record

OpenPage = Callable[..., Page]
WAIT_MS = 15_000  # two polls and some; a condition, never a pause


def record_hour(metric: str, value: float) -> Series:
    now = timezone.now()
    return record(metric, {now - timedelta(seconds=back): value for back in range(1, 3600, 30)}, instance="web")


def ask_now(page: Page) -> None:
    """Lets the page poll at once, as it does when the network is back."""
    page.evaluate("dispatchEvent(new Event('online'))")
