"""Where a replay knows nothing: a gauge that was not heard of for several of its own steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from alerts.facts import subject_text
from alerts.replay.report import Gap
from alerts.roster import Roster
from monitoring.series import Fresh, Kind, Subject, from_ms

AT_LEAST_MS = 60_000
STEPS = 3
_LOOKED_AT = 200  # steps of a series, for its usual one
MOST = 1_000


@dataclass(slots=True)
class Listening:
    """Takes samples part by part. Counters and timings are silent when nothing happens, which is no gap."""

    start_ms: int
    last: dict[int, int] = field(default_factory=dict, init=False)
    _steps: dict[int, list[int]] = field(default_factory=dict, init=False)
    _long: dict[int, list[tuple[int, int]]] = field(default_factory=dict, init=False)

    def hear(self, samples: Sequence[Fresh]) -> None:
        last, steps, long = self.last, self._steps, self._long
        for sample in samples:
            series_id, at_ms, _ = sample
            before = last.get(series_id, self.start_ms)
            step = at_ms - before
            if step > AT_LEAST_MS:
                long.setdefault(series_id, []).append((before, at_ms))
            known = steps.setdefault(series_id, [])
            if len(known) < _LOOKED_AT:
                known.append(step)
            last[series_id] = at_ms

    def instances(self, roster: Roster, rule_id: int) -> int:
        return len(self._subjects(roster, rule_id))

    def gaps(self, end_ms: int, roster: Roster, kinds: Mapping[int, Kind], rule_id: int) -> list[Gap]:
        found = []
        for series_id, subject in self._subjects(roster, rule_id).items():
            if kinds.get(series_id, Kind.GAUGE) != Kind.GAUGE:
                continue
            limit = max(AT_LEAST_MS, STEPS * median(self._steps[series_id]))
            spans = [*self._long.get(series_id, ()), (self.last[series_id], end_ms)]
            text = subject_text(subject)
            found += [Gap(subject.fingerprint, text, from_ms(a), from_ms(b)) for a, b in spans if b - a > limit]
        return sorted(found, key=lambda gap: gap.started_at)[:MOST]

    def _subjects(self, roster: Roster, rule_id: int) -> dict[int, Subject]:
        """What the rule is about, of all that was heard."""
        about = roster.of(set(self.last))
        return {
            series_id: about[series_id][0]
            for series_id in self.last
            if series_id in about and any(watch.rule.id == rule_id for watch in about[series_id][1])
        }
