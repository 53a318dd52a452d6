"""What people do to several alerts at once, chosen from the list."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts import acknowledging, lifecycle
from alerts.models import Alert
from alerts.several import Done, each
from alerts.views.actions import ACKNOWLEDGE, RESOLVE, actor_of, back
from alerts.views.forms import AcknowledgeForm, SeveralForm, first_error


@require_POST
def several(request: HttpRequest) -> HttpResponse:
    """``action`` on each ``alert`` that was chosen."""
    act = ACTS.get(request.POST.get("action", ""))
    chosen = SeveralForm(request.POST)
    if act is None or not chosen.is_valid():
        messages.error(request, first_error(chosen) or "Choose what to do with them.")
    else:
        act(request, list(chosen.cleaned_data["alert"].order_by("pk")))
    return back(request)


def _acknowledge(request: HttpRequest, alerts: list[Alert]) -> None:
    actor = actor_of(request, ACKNOWLEDGE, "acknowledge")
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return
    now = timezone.now()
    done = each(alerts, lambda alert: acknowledging.acknowledge(alert, actor, now=now, **form.cleaned_data))
    _say(request, done, "acknowledged")


def _resolve(request: HttpRequest, alerts: list[Alert]) -> None:
    actor, now = actor_of(request, RESOLVE, "resolve"), timezone.now()
    _say(request, each(alerts, lambda alert: lifecycle.resolve_by_hand(alert, actor, now)), "resolved")


ACTS: dict[str, Callable[[HttpRequest, list[Alert]], None]] = {"acknowledge": _acknowledge, "resolve": _resolve}


def _say(request: HttpRequest, done: Done, verb: str) -> None:
    say = messages.success if done.acted else messages.info
    say(request, done.sentence(verb))
