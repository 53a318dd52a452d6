"""How silences look on any page: ``{% load silences %}``."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.gates import Muted
from alerts.models import Alert, Notification
from alerts.muting import matchers
from alerts.muting.current import Mutes
from alerts.muting.presets import PRESETS, Preset

register = template.Library()
_MUTES = "mutes of this page"


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    words: str


@register.filter
def left(end: datetime) -> SafeString:
    """How long it lasts from now; the browser counts down."""
    minutes = max(0, -int((timezone.now() - end).total_seconds() // 60))
    text = f"{_span(minutes)} left"
    return format_html('<time datetime="{}" data-left>{}</time>', end.astimezone(UTC).isoformat(), text)


@register.filter
def trouble(matchers_text: str) -> str:
    """Why stored matchers hold nothing back, and what to do; empty where they can be read."""
    return matchers.trouble(matchers_text)


@register.simple_tag
def silence_presets() -> tuple[Preset, ...]:
    return PRESETS


@register.simple_tag(takes_context=True)
def muted(context: Context, alert: Alert) -> Muted | None:
    """What holds the alert back now; silences and windows are read once a page."""
    if _MUTES not in context.render_context:
        context.render_context[_MUTES] = Mutes.at(timezone.now())
    mutes: Mutes = context.render_context[_MUTES]
    return mutes.maintenance_of(alert) or mutes.silence_of(alert)


@register.filter
def responsible(delivery: Notification) -> Link | None:
    """The page of what holds the delivery back."""
    if delivery.silence_id is not None or delivery.maintenance_id is not None:
        return Link(reverse("silences:list"), "the silence" if delivery.silence_id else "the maintenance window")
    if delivery.parent_alert is not None:
        return Link(reverse("alerts:detail", args=[delivery.parent_alert.pk]), str(delivery.parent_alert))
    if delivery.told_before is not None:
        return Link(reverse("alerts:detail", args=[delivery.told_before.alert_id]), "what was told before")
    return None


def _span(minutes: int) -> str:
    """As ``silences.js`` says it."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
