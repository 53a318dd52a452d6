"""What every page of the console uses: ``{% load console %}``."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ahgd_ops import navigation

register = template.Library()

LEVEL_WORDS = {"ok": "OK", "info": "Info", "warning": "Warning", "critical": "Critical", "unknown": "No data"}
MESSAGE_LEVELS = {"success": "ok", "warning": "warning", "error": "critical"}


@register.simple_tag
def icon(name: str, also: str = "") -> SafeString:
    """A Lucide icon, as decoration: what it means has to stand beside it in words. ``also`` is one more CSS class."""
    classes = f"icon {also}".strip()
    sprite = static("vendor/lucide-1.62.0/sprite.svg")
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, sprite, name)


@register.simple_tag
def mark(level: str, says: str = "") -> SafeString:
    """The shape of a state; ``says`` tells it to those who do not see it, where no word stands beside it."""
    sprite = static("console/marks.svg")
    drawn = format_html(
        '<svg class="mark is-{}" aria-hidden="true"><use href="{}#{}"></use></svg>', level, sprite, level
    )
    return drawn if not says else format_html('{}<span class="visually-hidden">{}</span>', drawn, says)


@register.filter
def level_word(level: str) -> str:
    return LEVEL_WORDS[level]


@register.simple_tag
def message_level(tags: str) -> str:
    return next((level for tag, level in MESSAGE_LEVELS.items() if tag in tags.split()), "info")


@register.filter
def moment(at: Any) -> SafeString | str:
    """A time as people read it, ``3 min ago``, exact on hover; of a datetime or of milliseconds since the epoch."""
    if at is None or at == "":
        return "never"
    when = at if isinstance(at, datetime) else datetime.fromtimestamp(at / 1000, UTC)
    when = when.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-ago>{}</time>',
        when.isoformat(timespec="seconds").replace("+00:00", "Z"),
        when.strftime("%Y-%m-%d %H:%M:%S"),
        ago(when, timezone.now()),
    )


@register.filter
def clock(at: datetime) -> SafeString:
    """An exact time; the browser shows it in its own zone."""
    when = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-clock>{} UTC</time>',
        when.isoformat(timespec="seconds").replace("+00:00", "Z"),
        when.strftime("%Y-%m-%d %H:%M:%S"),
    )


@register.filter
def span(length: timedelta) -> str:
    """How long something lasts: ``45 s``, ``12 min``, ``3 h 20 min``, ``5 d 2 h``."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


@register.filter
def lasted(end: datetime, start: datetime) -> str:
    return span(end - start)


@register.filter
def duration(seconds: float) -> str:
    """How long something took, with three figures: ``85.2 µs``, ``3.12 ms``, ``1.5 s``, ``12 min``."""
    if seconds >= 120:
        return span(timedelta(seconds=seconds))
    for unit, name in ((1, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{_three_figures(seconds / unit)} {name}"
    return f"{_three_figures(seconds * 1e6)} µs"


def _three_figures(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


@register.filter
def reading(value: float) -> str:
    """A number with four figures, as much as a person compares."""
    return f"{value:.4g}"


def ago(when: datetime, now: datetime) -> str:
    """As ``times.js`` says it."""
    seconds = int((now - when).total_seconds())
    if seconds < 5:
        return "just now"
    steps = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"))
    for limit, unit, name in steps:
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    return f"{seconds // 86400} d ago"


@register.simple_tag(takes_context=True)
def places(context: RequestContext) -> list[navigation.Shown]:
    """Where this person can go; nothing on a page that is shown without a request or to nobody."""
    request = context.get("request")
    if request is None or not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    return navigation.places(request)


@register.simple_tag
def role(user: Any) -> str:
    """What this person is here, in a word."""
    if user.is_superuser:
        return "Superuser"
    names = {group.name for group in user.groups.all()}
    return next((name for name in ("Administrator", "Operator", "Viewer") if name in names), "No role")
