"""The values past a rule's threshold that a replay met, few enough to choose another from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.conditions import Direction, Threshold
from alerts.roster import Roster
from alerts.rulebook import Compiled
from monitoring.series import Fresh


@dataclass(slots=True)
class Peaks:
    """Values to three digits; nothing is kept for a rule without one threshold."""

    rule_id: int
    threshold: Threshold | None
    seen: set[float] = field(default_factory=set, init=False)

    @classmethod
    def of(cls, rule: Compiled) -> "Peaks":
        return cls(rule.id, None if rule.condition is None else rule.condition.threshold)

    def see(self, samples: Sequence[Fresh], roster: Roster) -> None:
        if self.threshold is None:
            return
        limit, is_above = self.threshold.value, self.threshold.direction is Direction.ABOVE
        past = {(one[0], one[2]) for one in samples if (one[2] > limit if is_above else one[2] < limit)}
        watched = roster.of({series_id for series_id, _ in past})
        own = {one: _is_watched(watched.get(one), self.rule_id) for one in {series_id for series_id, _ in past}}
        self.seen |= {round_to_three(value) for series_id, value in past if own[series_id]} - {limit}


def _is_watched(found: object, rule_id: int) -> bool:
    return isinstance(found, tuple) and any(watch.rule.id == rule_id for watch in found[1])


def round_to_three(value: float) -> float:
    return float(f"{value:.3g}")
