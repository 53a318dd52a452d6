"""Each fault once, with short times; the same scenarios at true scale are ``scripts/chaos``."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.receiver import Receiver
from tests.faults.scenario import Scenario
from tests.faults.scenarios import SCENARIOS
from tests.faults.stage import Stage, database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SCALE = 0.05


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Receiver() as receiver:
        stage = Stage(tmp_path, database_url(connection.settings_dict), receiver, SCALE)
        yield stage
        stage.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_nothing_is_lost_doubled_or_told_unasked(stage: Stage, scenario: Scenario) -> None:
    verdicts = scenario.play(stage, random.Random(4711))  # noqa: S311  (a lot that can be drawn again)

    found = {name: verdict.faults() for name, verdict in verdicts.items()}
    assert not any(found.values()), found
    assert sum(stage.struck.values()) > 0
    assert stage.leaks() == []
