"""A real Chromium against the real WSGI application, with static files as a deployment serves them.

Imports of Django stand inside the fixtures: pytest loads this file before Django is set up.
Fixtures last for this package, not the session: Playwright's loop and a deployment's storage would be others' too.
"""

import os
from collections.abc import Callable, Iterator
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests import debian

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 30_000  # for what is waited for; the machine also runs the other pass
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="package")
def address(django_db_setup: None) -> Iterator[str]:
    """Where the console listens; requests run on threads of their own, as under gunicorn."""
    from django.conf import settings
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: pytest shows what matters."""

    hashed = {"staticfiles": {"BACKEND": "ahgd_ops.static_storage.HashedStaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | hashed):
        call_command("collectstatic", interactive=False, verbosity=0)
        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        server.set_app(get_wsgi_application())
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="package")
def chromium() -> "Iterator[Browser]":
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread, that none of ours runs on
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=debian.program("chromium"), args=list(SWITCHES))
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def complaints() -> list[str]:
    """What a browser complained about: errors, violations of the policy, answers of 400 and more. Empty at the end."""
    return []


@pytest.fixture
def open_page(
    chromium: "Browser", address: str, transactional_db: None, complaints: list[str]
) -> "Iterator[Callable[..., Page]]":
    """Opens pages of browsers of their own; ``person`` signs one in, other options are Playwright's."""
    contexts: list[BrowserContext] = []

    def open_page(path: str, person: Any = None, **options: Any) -> "Page":
        context = chromium.new_context(**{"base_url": address, "viewport": DESK} | options)
        contexts.append(context)
        if person is not None:
            context.add_cookies([_session(person, address)])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "response",
            lambda answer: complaints.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _session(person: Any, address: str) -> Any:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}


@pytest.fixture
def sampled(transactional_db: None) -> None:
    """An hour of the two charts that every overview has."""
    from tests.browser.live import record_hour

    record_hour("cpu_usage_percent", 40.0)
    record_hour("memory_usage_percent", 60.0)
