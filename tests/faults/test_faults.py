"""Each fault once, with short times; the same scenarios at true scale are ``scripts/chaos``."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.receiver import Receiver
from tests.faults.scenarios import BAD_RECEIVERS, SCENARIOS, Scenario
from tests.faults.stage import Stage, database_url
from tests.faults.storm import storm

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SCALE = 0.05


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Receiver() as receiver:
        stage = Stage(tmp_path, database_url(connection.settings_dict), receiver, SCALE)
        yield stage
        stage.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_nothing_is_lost_and_nothing_doubled(stage: Stage, scenario: Scenario) -> None:
    verdicts = scenario.play(stage, random.Random(4711))  # noqa: S311  (a lot that can be drawn again)

    found = {name: verdict.faults(may_repeat=scenario.may_repeat) for name, verdict in verdicts.items()}
    assert not any(found.values()), found
    assert stage.leaks() == []


def test_bad_receivers_are_told_once_they_are_mended_and_hold_nobody_up(stage: Stage) -> None:
    verdicts = storm(stage, random.Random(4711))  # noqa: S311

    repeating = {one.name for one in BAD_RECEIVERS if one.may_repeat}
    found = {name: verdict.faults(may_repeat=name in repeating) for name, verdict in verdicts.items()}
    assert not any(found.values()), found
    assert stage.leaks() == []
