"""A bad day: slow queries, memory that climbs, a data file gone; then alerts, acknowledgement, recovery."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.demo.place import ConsoleRefused, Place
from examples.demo.rows import CHECK, MEMORY_LIMIT_MB, MEMORY_RULE

LONGEST_SECONDS = 420.0
_BAD_DAY = {"query_steps": 20_000_000, "leak_mb": 60, "most_mb": MEMORY_LIMIT_MB}
_EVERY_SECONDS = 3.0
_Alert = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is to be seen of it: an alert of ``rule``, whose labels or subject have ``subject`` in them."""

    what: str
    rule: str
    subject: str

    def is_in(self, alert: _Alert) -> bool:
        return bool(alert["rule"] == self.rule and self.subject in json.dumps(alert))


SYMPTOMS = (
    Symptom("queries are slow", "slow_database_query", ""),
    Symptom("memory climbs", MEMORY_RULE, ""),
    Symptom("a data file is gone, which is told once it has lasted two minutes", "health_check_failure", CHECK),
)


def run(place: Place, say: Say, longest_seconds: float = LONGEST_SECONDS) -> None:
    """Raises TimeoutError when an alert does not come, or does not end; the day is over either way."""
    place.ask("/api/v1/alerts")  # before anything goes wrong: is the demo running?
    say("The bad day begins: slow queries, memory that climbs, a data file gone.")
    begin(place.data_dir)
    try:
        opened = []
        for symptom in SYMPTOMS:
            alert = _wait_for(place, symptom, say, longest_seconds)
            opened.append(alert)
            _acknowledge(place, alert, say)
    finally:
        end(place.data_dir)
    say("The cause is gone; now the alerts recover.")
    for alert in opened:
        _until(lambda number=alert["id"]: _is_over(place, number), longest_seconds, f"{alert['rule']} is still open")
        say(f"Resolved: {alert['rule']}")


def begin(data_dir: Path) -> None:
    (data_dir / "bad_day.json").write_text(json.dumps(_BAD_DAY), encoding="utf-8")
    for file in data_dir.glob("aihw_*.parquet"):
        file.rename(file.with_suffix(".gone"))


def end(data_dir: Path) -> None:
    """Also one that was cut off."""
    (data_dir / "bad_day.json").unlink(missing_ok=True)
    for file in data_dir.glob("*.gone"):
        file.rename(file.with_suffix(".parquet"))


def _wait_for(place: Place, symptom: Symptom, say: Say, longest_seconds: float) -> _Alert:
    say(f"Waiting for an alert, as {symptom.what} ...")
    found: list[_Alert] = []

    def is_there() -> bool:
        found.extend(alert for alert in place.ask("/api/v1/alerts")["alerts"] if symptom.is_in(alert))
        return bool(found)

    _until(is_there, longest_seconds, f"no alert of {symptom.rule}")
    say(f"ALERT {symptom.rule}: {found[0]['summary']}")
    return found[0]


def _acknowledge(place: Place, alert: _Alert, say: Say) -> None:
    try:
        place.ask(f"/api/v1/alerts/{alert['id']}/acknowledge", {"note": "On it: this is the demo."})
        say(f"Acknowledged: {alert['rule']}")
    except ConsoleRefused:
        if not _is_over(place, alert["id"]):
            raise
        say(f"{alert['rule']} has ended already.")


def _is_over(place: Place, number: int) -> bool:
    return place.ask(f"/api/v1/alerts/{number}")["resolved_at"] is not None


def _until(question: Callable[[], bool], longest_seconds: float, otherwise: str) -> None:
    began = time.monotonic()
    while not question():
        if time.monotonic() - began > longest_seconds:
            raise TimeoutError(f"{otherwise} after {longest_seconds:.0f} s")
        time.sleep(_EVERY_SECONDS)
