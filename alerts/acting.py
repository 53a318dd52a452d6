"""What people do to alerts in the admin: the console's acts, on the selected rows."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from alerts import acknowledging, lifecycle
from alerts.models import Alert
from alerts.several import Done, each
from alerts.views.actions import ACKNOWLEDGE, RESOLVE, actor_of
from alerts.views.forms import AcknowledgeForm


class Acting(admin.ModelAdmin):
    """Actions of the list of alerts; an acknowledge asks for its note on a page of its own."""

    actions = ("acknowledge", "give_back", "resolve")

    @admin.action(description="Acknowledge the selected alerts", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, alerts: QuerySet[Alert]) -> HttpResponse | None:
        form = AcknowledgeForm(request.POST if "note" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, alerts, form)
        actor, now = actor_of(request, ACKNOWLEDGE, "acknowledge"), timezone.now()
        done = each(alerts, lambda alert: acknowledging.acknowledge(alert, actor, now=now, **form.cleaned_data))
        self._say(request, done, "acknowledged")
        return None

    @admin.action(
        description="Give the selected alerts back (repeats and escalation go on)", permissions=["acknowledge"]
    )
    def give_back(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        actor, now = actor_of(request, ACKNOWLEDGE, "give back"), timezone.now()
        held = alerts.filter(resolved_at__isnull=True, acknowledged_at__isnull=False)
        done = each(held, lambda alert: acknowledging.give_back(alert, actor, now))
        self._say(request, done, "gave back", "given back or resolved meanwhile")

    @admin.action(description="Resolve the selected alerts by hand", permissions=["resolve"])
    def resolve(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        actor, now = actor_of(request, RESOLVE, "resolve"), timezone.now()
        self._say(request, each(alerts, lambda alert: lifecycle.resolve_by_hand(alert, actor, now)), "resolved")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACKNOWLEDGE)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RESOLVE)

    def _ask(self, request: HttpRequest, alerts: QuerySet[Alert], form: AcknowledgeForm) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "title": "Acknowledge alerts",
            "alerts": alerts,
            "form": form,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/alerts/acknowledge.html", shown)

    def _say(self, request: HttpRequest, done: Done, verb: str, over: str = "already resolved") -> None:
        level = messages.SUCCESS if done.acted else messages.INFO
        self.message_user(request, done.sentence(verb, over) or "Nobody had any of them.", level)
