"""How alerts look on any page: ``{% load alerts %}``."""

from typing import Any

from django import template
from django.template.context import RequestContext

from alerts.models import AlertEvent, Notification, Severity
from alerts.views import data
from alerts.views.forms import AcknowledgeForm

register = template.Library()

_EVENTS = {
    AlertEvent.Kind.OPENED: ("bell-ring", "Opened"),
    AlertEvent.Kind.SEVERITY_CHANGED: ("bell-ring", "Severity changed"),
    AlertEvent.Kind.FLAPPING: ("bell-off", "Flapping"),
    AlertEvent.Kind.NOTIFIED: ("send", "Notified"),
    AlertEvent.Kind.WITHHELD: ("bell-off", "Withheld"),
    AlertEvent.Kind.REPEATED: ("bell-ring", "Still firing"),
    AlertEvent.Kind.ACKNOWLEDGED: ("message-square", "Acknowledged"),
    AlertEvent.Kind.UNACKNOWLEDGED: ("message-square", "Acknowledge ended"),
    AlertEvent.Kind.ESCALATED: ("bell-ring", "Escalated"),
    AlertEvent.Kind.SILENCED: ("bell-off", "Silenced"),
    AlertEvent.Kind.FAILED: ("circle-x", "Failed to notify"),
    AlertEvent.Kind.RESOLVED: ("circle-check", "Resolved"),
}
_EVENT_LEVELS = {
    AlertEvent.Kind.FLAPPING: "unknown",
    AlertEvent.Kind.WITHHELD: "unknown",
    AlertEvent.Kind.ACKNOWLEDGED: "info",
    AlertEvent.Kind.UNACKNOWLEDGED: "warning",
    AlertEvent.Kind.ESCALATED: "warning",
    AlertEvent.Kind.SILENCED: "unknown",
    AlertEvent.Kind.FAILED: "critical",
    AlertEvent.Kind.RESOLVED: "ok",
}
_DELIVERIES = {
    Notification.State.DUE: "info",
    Notification.State.LEASED: "info",
    Notification.State.SENT: "ok",
    Notification.State.NAMED: "ok",
    Notification.State.WITHHELD: "unknown",
    Notification.State.DEAD: "critical",
}


@register.inclusion_tag("alerts/_active.html", takes_context=True)
def active_alerts(context: RequestContext, *, to_choose: bool = False) -> dict[str, Any]:
    """The list of open alerts, to act on in place; forms lead back to the page it stands on.

    ``to_choose`` lets several be acted on at once.
    """
    request = context["request"]
    may_acknowledge = request.user.has_perm("ahgd_alerts.acknowledge_alert")
    may_resolve = request.user.has_perm("ahgd_alerts.resolve_alert")
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "alerts": data.open_alerts(),
        "rules": data.watching(),
        "last_resolved_at": data.last_resolved_at(),
        "may_acknowledge": may_acknowledge,
        "may_resolve": may_resolve,
        "to_choose": to_choose and (may_acknowledge or may_resolve),
        "form": AcknowledgeForm(),
        "next": request.get_full_path(),
    }


@register.filter
def level(severity: int) -> str:
    return data.level_of(severity)


@register.filter
def word(severity: int) -> str:
    return Severity(severity).word


@register.filter
def event_icon(event: AlertEvent) -> str:
    return _EVENTS[AlertEvent.Kind(event.kind)][0]


@register.filter
def event_name(event: AlertEvent) -> str:
    return _EVENTS[AlertEvent.Kind(event.kind)][1]


@register.filter
def event_level(event: AlertEvent) -> str:
    """The look of an event; one that has a severity looks as bad as it was."""
    kind = AlertEvent.Kind(event.kind)
    if kind in (AlertEvent.Kind.OPENED, AlertEvent.Kind.SEVERITY_CHANGED, AlertEvent.Kind.REPEATED):
        return data.level_of(event.severity or event.alert.severity)
    return _EVENT_LEVELS.get(kind, "plain")


@register.filter
def delivery_level(delivery: Notification) -> str:
    return _DELIVERIES[Notification.State(delivery.state)]
