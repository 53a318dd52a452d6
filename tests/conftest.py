"""What every test stands on: the engine, a state directory of its own, and real servers."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings

from monitoring import process
from monitoring.recorder import Recorder
from tests import debian
from tests.checkout import forbid_state_dir
from tests.engines import ENGINES, environment, forget_environment
from tests.mailbox import Mailbox
from tests.servers import Address, valkey

SHARES = ("all", "browser", "rest")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, default="sqlite", help="database and broker to run the tests on")
    parser.addoption("--once", choices=SHARES, default="all", help="which of those that run in one of two passes")


def pytest_configure(config: pytest.Config) -> None:
    """Settles the environment; pytest-django loads the settings after this, in its own pytest_configure."""
    if django_settings.configured:
        raise pytest.UsageError("the settings were loaded too early: unset DJANGO_SETTINGS_MODULE, leave out --ds")
    # how long an example takes, or to make one, says how busy the machine is
    hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    hypothesis_settings.load_profile("unhurried")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended by scripts/test or CI, it still cleans up
    forget_environment()
    forbid_state_dir()
    lifetime = ExitStack()
    config.add_cleanup(lifetime.close)
    os.environ.update(lifetime.enter_context(environment(config.getoption("engine"))))
    if config.pluginmanager.hasplugin("django"):
        _adjust_settings()


def _adjust_settings() -> None:
    """What differs from the console that ``scripts/run`` starts: two settings, no more."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):  # a file with its journal, not Django's database in memory
        database["TEST"] = {"NAME": str(django_settings.STATE_DIR / "test.sqlite3")}
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # no collectstatic before a page
    django_settings.STORAGES = django_settings.STORAGES | {"staticfiles": storage}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_other_engine = config.getoption("engine") != ENGINES[0]
    share = config.getoption("once")
    split: dict[bool, list[pytest.Item]] = {False: [], True: []}
    for item in items:
        of_other_engine = is_other_engine and item.get_closest_marker("embedded") is not None
        of_other_pass = item.get_closest_marker("once") is not None and share not in ("all", _share(item))
        split[of_other_engine or of_other_pass].append(item)
    config.hook.pytest_deselected(items=split[True])
    items[:] = split[False]


def _share(item: pytest.Item) -> str:
    """Which of the two halves of ``once`` a test is in: the longest drive a browser."""
    return "browser" if any("chromium" in mark.args for mark in item.iter_markers("debian")) else "rest"


def pytest_runtest_setup(item: pytest.Item) -> None:
    debian.require(item.iter_markers("debian"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    line = debian.summary(terminalreporter.getreports("skipped"))
    if line:
        terminalreporter.write_line(line, red=True, bold=True)


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """Where pytest-httpserver's ``httpserver``, the receiver of webhooks, listens: not on ::1, and any free port."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session", autouse=True)
def quiet_recorder() -> Recorder:
    """What tests do is measured as in any process; only that no thread stores it while they use the database."""
    process._recorder = Recorder(flush_seconds=None)
    return process._recorder


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A mail server that Django's SMTP backend is set to for this test."""
    box = Mailbox()
    box.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = box.host, box.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield box
    box.stop()


@pytest.fixture
def viewer(client: Client, db: None) -> Client:
    """A browser in which a Viewer is signed in."""
    return _signed_in(client, "Viewer")


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """A browser in which an Operator is signed in."""
    return _signed_in(client, "Operator")


def _signed_in(client: Client, role: str) -> Client:
    from tests.people import person  # its models can be imported once Django is set up

    client.force_login(person(role))
    return client


@pytest.fixture(scope="session")
def valkey_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A Valkey server for tests that speak to one on either engine; they share it, so they use keys of their own."""
    with valkey(tmp_path_factory.mktemp("valkey") / "data") as address:
        yield address
