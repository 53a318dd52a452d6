from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ahgd_ops.processes.broker import purge_control_messages


@pytest.mark.embedded
def test_control_messages_of_the_last_run_go_and_tasks_stay(settings: Settings, tmp_path: Path) -> None:
    settings.BROKER_DIR = tmp_path
    stale = ["messages/1_a.worker-1@host.celery.pidbox.msg", "control/celery.pidbox.exchange"]
    stale += ["messages/3_c.draft", "messages/4_d.taken"]
    kept = ["messages/2_b.evaluate.msg", "control/evaluate.exchange"]
    for name in (*stale, *kept):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    purge_control_messages()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == sorted(kept)
