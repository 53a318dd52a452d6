import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import connect

import pytest
from django.contrib.auth.models import User
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from ahgd_ops import first_run
from ahgd_ops.celery import schedule
from alerts.models import Rule
from tests.checkout import PROJECT_DIR


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def with_password(settings: Settings) -> str:
    settings.CONFIG = replace(settings.CONFIG, admin_password="correct horse")
    return "correct horse"


@pytest.mark.django_db
def test_the_first_administrator_has_no_password_nobody_chose(said: list[str]) -> None:
    first_run.make_administrator(said.append)
    administrator = User.objects.get()
    assert (administrator.username, administrator.is_superuser, administrator.has_usable_password()) == (
        "admin",
        True,
        False,
    )
    assert said == ["Made the administrator 'admin'."]


@pytest.mark.django_db
def test_the_first_administrator_has_the_password_of_the_environment(said: list[str], with_password: str) -> None:
    first_run.make_administrator(said.append)
    assert User.objects.get().check_password(with_password)


@pytest.mark.django_db
def test_a_password_given_later_is_taken_when_there_is_none(said: list[str], with_password: str) -> None:
    User.objects.create_superuser("admin")
    first_run.make_administrator(said.append)
    assert User.objects.get().check_password(with_password)


@pytest.mark.django_db
def test_a_password_of_peoples_own_is_kept(said: list[str], with_password: str) -> None:
    User.objects.create_superuser("admin", password="mine")
    first_run.make_administrator(said.append)
    assert User.objects.get().check_password("mine")


@pytest.mark.django_db
def test_where_there_is_an_administrator_none_is_made(said: list[str]) -> None:
    User.objects.create_superuser("ada", password="x")
    first_run.make_administrator(said.append)
    assert User.objects.get().username == "ada"


@pytest.mark.django_db
def test_tables_that_are_ready_are_left_alone(said: list[str]) -> None:
    first_run.migrate(said.append)
    assert said == []


@pytest.mark.django_db
def test_preparing_makes_rules_and_schedule_and_twice_changes_nothing(
    settings: Settings, tmp_path: Path, said: list[str]
) -> None:
    settings.STATE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    first_run.prepare(said.append)
    rules = Rule.objects.count()
    assert rules > 0
    assert {row.name for row in schedule()} <= set(PeriodicTask.objects.values_list("name", flat=True))
    again: list[str] = []
    first_run.prepare(again.append)
    assert (Rule.objects.count(), again) == (rules, [])


def test_without_a_link_people_are_sent_to_the_console(settings: Settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    settings.CONFIG = replace(settings.CONFIG, public_url="https://ops.example.org/")
    assert first_run.invitation() == "Open https://ops.example.org/"


def test_with_a_password_of_the_environment_the_user_is_named(
    settings: Settings, tmp_path: Path, with_password: str
) -> None:
    settings.STATE_DIR = tmp_path
    assert first_run.invitation() == f"Open http://localhost:{settings.CONFIG.port}/ and sign in as 'admin'"


def test_with_a_link_it_comes_last(settings: Settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    (tmp_path / "sign-in-link").write_text("http://localhost:8503/accounts/link/a/b/\n", encoding="utf-8")
    assert first_run.invitation().splitlines()[-1] == "http://localhost:8503/accounts/link/a/b/"


@pytest.mark.once
def test_three_that_prepare_at_once_all_succeed_and_one_does(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "AHGD_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "prepare"]
    started = [
        subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=100)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs
    assert sum("Made the administrator" in output for output in outputs) == 1
    with closing(connect(tmp_path / "ops.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM auth_user").fetchone() == (1,)
