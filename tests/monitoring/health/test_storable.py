import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from monitoring.health.history import record
from monitoring.health.running import examine
from monitoring.health.status import Finding
from monitoring.health.storable import MOST_CHARACTERS, storable
from monitoring.models import HealthCheckState, Status
from tests.monitoring.health.doubles import Told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(message: str) -> str:
    return storable(Finding(Status.CRITICAL, message)).message


def test_an_ordinary_text_stays_as_it_is() -> None:
    assert told("Größe: 5 %,\n\t“so” 😀") == "Größe: 5 %,\n\t“so” 😀"


@pytest.mark.parametrize("unfit", ["\0", "\x1b", "\x85", "\udcff", "\uffff"])
def test_what_a_database_or_a_feed_refuses_is_replaced(unfit: str) -> None:
    assert told(f"sa2_{unfit}.parquet is empty") == "sa2_�.parquet is empty"


def test_a_long_text_is_cut() -> None:
    assert told("x" * 5_000_000) == "x" * (MOST_CHARACTERS - 3) + "..."


def test_metadata_are_what_json_can_hold() -> None:
    odd = {"nan": float("nan"), "huge": 10**5000, "price": Decimal("1.5"), 7: ("a\0", [True, None, 2]), "n": 0}
    found = storable(Finding(Status.HEALTHY, "", odd)).metadata
    assert found == {"nan": None, "huge": None, "price": "1.5", "7": ["a�", [True, None, 2]], "n": 0}
    assert json.dumps(found, allow_nan=False)


def test_metadata_without_end_are_cut() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless
    json.dumps(storable(Finding(Status.HEALTHY, "", endless)).metadata)
    assert len(storable(Finding(Status.HEALTHY, "", {"all": list(range(10_000))})).metadata["all"]) == 200


@pytest.mark.django_db
def test_a_text_that_no_database_takes_costs_its_round_nothing() -> None:
    odd = Told("odd", lambda: Finding(Status.CRITICAL, "a\0b \udcff", {"name": "\0", "share": float("inf")}))
    record([examine(check, NOW) for check in (odd, Told("quick"))], NOW)
    assert dict(HealthCheckState.objects.values_list("name", "message")) == {"odd": "a�b �", "quick": "fine"}
