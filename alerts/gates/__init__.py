"""Reasons not to send: each gate looks at where a notification stands and says nothing, or what becomes of it.

Gates decide and read nothing: ``alerts.standing`` and ``alerts.ledger`` gather what they look at, ``alerts.delivery``
writes what they say.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from alerts.gates.decisions import Because as Because
from alerts.gates.decisions import Decision as Decision
from alerts.gates.decisions import Hold as Hold
from alerts.gates.decisions import Join as Join
from alerts.gates.decisions import Pass as Pass
from alerts.gates.decisions import Stop as Stop
from alerts.gates.ledger import Ledger as Ledger
from alerts.gates.muting import acknowledged, dependency, flapping, maintenance, silence
from alerts.gates.news import RECHECK as RECHECK
from alerts.gates.news import channel_disabled, news, rule_disabled
from alerts.gates.pace import aggregation, cooldown, global_limit, rule_limit
from alerts.gates.standing import Muted as Muted
from alerts.gates.standing import Standing as Standing
from alerts.gates.standing import Told as Told
from alerts.models.gate import GATHERING

Gate = Callable[[Standing, Ledger, datetime], Decision | None]
GATES: tuple[Gate, ...] = (
    news,
    channel_disabled,
    rule_disabled,
    dependency,
    maintenance,
    silence,
    acknowledged,
    flapping,
    cooldown,
    rule_limit,
    global_limit,
    aggregation,
)


def decide(standing: Standing, ledger: Ledger, now: datetime) -> Decision:
    """What the first gate says that does not let it pass.

    News that is over while a gate holds it is no news: what the channel heard last is true again. What only waits for
    its turn or a retry is told all the same, since every alert that fires is told, and what is gathered is named. A row
    that may have arrived goes again, with the same delivery id, so that its resolve has something to resolve.
    """
    for gate in GATES:
        decision = gate(standing, ledger, now)
        if decision is None:
            continue
        if isinstance(decision, Hold) and decision.gate not in GATHERING and _is_over(standing):
            return Stop(f"resolved before it could be told: {decision.reason}", decision.gate, decision.because)
        return decision
    return Pass(is_digest=standing.is_retried and standing.is_digest)


def decide_all(standings: Sequence[Standing], ledger: Ledger, now: datetime) -> list[Decision]:
    """Each in its turn: what passes counts for limits and groups of those after it. ``ledger`` counts on."""
    decisions = []
    for standing in standings:
        decision = decide(standing, ledger, now)
        if isinstance(decision, Pass):
            ledger.note(standing, now, is_digest=decision.is_digest)
        decisions.append(decision)
    return decisions


def _is_over(standing: Standing) -> bool:
    return not standing.is_resolve and not standing.alert_is_open and not standing.may_have_arrived
