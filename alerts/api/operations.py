"""The operations on alerts. Each says who may call it, does it through the same door as the console, and answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from alerts import acknowledging, lifecycle
from alerts.api import listing
from alerts.api.access import ACKNOWLEDGE, READ, RESOLVE, SILENCE, caller_of
from alerts.api.problems import Fault, Problem
from alerts.api.schemas import (
    LARGEST_ID,
    AcknowledgeIn,
    AlertPage,
    AlertWithHistory,
    Listing,
    ProblemOut,
    SilenceIn,
    SilenceOut,
)
from alerts.models import Alert
from alerts.muting import matchers, silences

AlertId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="As the list tells it, or the address of its page.")]
ANYWHERE = {401: ProblemOut, 403: ProblemOut, 422: ProblemOut}
ON_ONE = ANYWHERE | {404: ProblemOut}
ACTING = ON_ONE | {400: ProblemOut, 409: ProblemOut}
router = Router(tags=["alerts"])


@router.get("", response={200: AlertPage} | ANYWHERE, operation_id="listAlerts", summary="List alerts")
def list_alerts(request: HttpRequest, asked: Query[Listing]) -> dict[str, Any]:
    """The newest first. Needs the scope alerts:read."""
    caller_of(request, READ)
    _refuse_unknown(request)
    return listing.page(asked)


@router.get("/{alert_id}", response={200: AlertWithHistory} | ON_ONE, operation_id="getAlert", summary="Get an alert")
def get_alert(request: HttpRequest, alert_id: AlertId) -> dict[str, Any]:
    """With its events and its notifications. Needs the scope alerts:read."""
    caller_of(request, READ)
    return listing.whole(_find(alert_id))


@router.post(
    "/{alert_id}/acknowledge",
    response={200: AlertWithHistory} | ACTING,
    operation_id="acknowledgeAlert",
    summary="Acknowledge an alert",
)
def acknowledge(request: HttpRequest, alert_id: AlertId, body: AcknowledgeIn) -> dict[str, Any]:
    """Repeats and escalation stop. Who has it already is replaced. Needs the scope alerts:acknowledge."""
    actor = caller_of(request, ACKNOWLEDGE)
    lasting = None if body.minutes is None else timedelta(minutes=body.minutes)
    return _act(alert_id, lambda alert: acknowledging.acknowledge(alert, actor, body.note, timezone.now(), lasting))


@router.post(
    "/{alert_id}/give-back",
    response={200: AlertWithHistory} | ON_ONE | {409: ProblemOut},
    operation_id="giveBackAlert",
    summary="Give an acknowledged alert back",
)
def give_back(request: HttpRequest, alert_id: AlertId) -> dict[str, Any]:
    """Repeats and escalation go on from where they stood. Needs the scope alerts:acknowledge."""
    actor = caller_of(request, ACKNOWLEDGE)
    return _act(alert_id, lambda alert: acknowledging.give_back(alert, actor, timezone.now()))


@router.post(
    "/{alert_id}/resolve",
    response={200: AlertWithHistory} | ON_ONE | {409: ProblemOut},
    operation_id="resolveAlert",
    summary="Resolve an alert by hand",
)
def resolve(request: HttpRequest, alert_id: AlertId) -> dict[str, Any]:
    """It opens anew if its condition is still true. Needs the scope alerts:resolve."""
    actor = caller_of(request, RESOLVE)
    return _act(alert_id, lambda alert: lifecycle.resolve_by_hand(alert, actor, timezone.now()))


@router.post(
    "/{alert_id}/silence",
    response={200: SilenceOut} | ON_ONE | {400: ProblemOut},
    operation_id="silenceAlert",
    summary="Silence an alert",
)
def silence(request: HttpRequest, alert_id: AlertId, body: SilenceIn) -> dict[str, Any]:
    """Nothing is told of it, or of all that the matchers match, until then. Needs the scope alerts:silence."""
    actor = caller_of(request, SILENCE)
    alert, now = _find(alert_id), timezone.now()
    try:
        made = silences.create(
            text=body.matchers if body.matchers.strip() else silences.matchers_of(alert),
            actor=actor,
            comment=body.comment,
            starts_at=now,
            ends_at=now + timedelta(minutes=body.minutes),
            now=now,
        )
    except matchers.MatcherRefused as refused:
        raise Problem(422, "Put right what errors says of: matchers.", Fault("matchers", str(refused))) from refused
    except silences.SilenceRefused as refused:
        raise Problem(422, str(refused)) from refused
    return listing.silence(made)


def _refuse_unknown(request: HttpRequest) -> None:
    """A filter that is misspelt would silently give more than was asked for."""
    unknown = sorted(set(request.GET) - set(Listing.model_fields))
    if unknown:
        faults = [Fault(name[:100], f"Known are {', '.join(Listing.model_fields)}.") for name in unknown]
        raise Problem(422, "Put right what errors says: there is no such filter.", *faults)


def _find(alert_id: int) -> Alert:
    found = listing.alerts().filter(pk=alert_id).first()
    if found is None:
        raise Problem(404, f"There is no alert {alert_id}.")
    return found


def _act(alert_id: int, act: Callable[[Alert], object]) -> dict[str, Any]:
    try:
        act(_find(alert_id))
    except lifecycle.AlreadyResolved as late:
        raise Problem(409, f"Alert {alert_id} was already resolved.") from late
    except acknowledging.NotAcknowledged as nobody:
        raise Problem(409, f"Nobody has alert {alert_id}: it was not acknowledged, or it resolved.") from nobody
    return listing.whole(_find(alert_id))
