from datetime import UTC, datetime

import pytest

from monitoring.health.status import Finding, Overall, Result, against, worst
from monitoring.models import Status

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEALTHY, WARNING, CRITICAL, UNKNOWN = Status.HEALTHY, Status.WARNING, Status.CRITICAL, Status.UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], UNKNOWN),
        ([HEALTHY, HEALTHY], HEALTHY),
        ([HEALTHY, UNKNOWN], UNKNOWN),
        ([UNKNOWN, WARNING], WARNING),
        ([WARNING, CRITICAL, UNKNOWN], CRITICAL),
    ],
)
def test_the_worst_status_counts_and_unknown_is_milder_than_a_warning(statuses: list[Status], expected: Status) -> None:
    assert worst(statuses) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(79.9, HEALTHY), (80, WARNING), (89.9, WARNING), (90, CRITICAL), (400, CRITICAL)]
)
def test_a_limit_counts_from_where_it_is_reached(value: float, expected: Status) -> None:
    assert against(value, warning=80, critical=90) is expected


def test_the_overall_state_names_what_blocks_readiness() -> None:
    gone = Result("database", Finding(CRITICAL, "Unreachable", blocks_readiness=True), 1, NOW)
    full = Result("disk", Finding(CRITICAL, "99 %"), 1, NOW)
    overall = Overall((gone, full), NOW)
    assert (overall.status, overall.blocked_by) == (CRITICAL, ("database",))
