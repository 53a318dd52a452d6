"""A program without a database pushes to a console, across an outage of it, and every call is counted once."""

from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from ahgd_ops.access import tokens
from monitoring.models import Series
from tests.journeys.test_recording import Program, stored
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_program_pushes_what_it_records_and_loses_nothing_to_an_outage(
    live_server: LiveServer, tmp_path: Path
) -> None:
    token = tokens.issue("program", ["metrics:write"], person("Administrator"))[1]
    (tmp_path / "token").write_text(token)
    program = Program(
        "script", tmp_path, AHGD_PUSH_URL=live_server.url, AHGD_PUSH_TOKEN_FILE=str(tmp_path / "token"), DATABASE_URL=""
    )
    try:
        program.tell("start", "record 300", "flush")
        program.hear()
        assert stored() == {"counter": (300, 300), "timing": (300, 300)}
        with override_settings(ROOT_URLCONF="tests.ahgd_ops.nothing"):  # every address fails
            program.tell("record 50", "flush", "record 50", "flush")
            program.hear()
        assert stored() == {"counter": (300, 300), "timing": (300, 300)}
        program.tell("record 1")
        program.hear()
        program.end()
    finally:
        program.close()
    assert stored() == {"counter": (401, 401), "timing": (401, 401)}
    assert Series.objects.filter(metric__name="process_threads", tags__process="script").exists()


def test_a_program_that_pushes_has_no_database(tmp_path: Path) -> None:
    program = Program("script", tmp_path, AHGD_PUSH_URL="http://127.0.0.1:1", AHGD_PUSH_TOKEN="ahgd_x", DATABASE_URL="")
    try:
        program.tell("record 4", "flush")
        program.hear()
    finally:
        program.close()
    assert list(tmp_path.iterdir()) == []
    assert stored() == {}
