"""Values of one visitor."""

import json
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from caching import CacheManager, get_cache_manager
from caching.middleware import SessionScope
from caching.tiers.session import SLOT, django_session
from tests.caching.conftest import Clock, Make


@pytest.fixture
def session() -> Iterator[dict[str, Any]]:
    """As Django's: what is in it has to be JSON."""
    store: dict[str, Any] = {}
    token = django_session.set(store)
    yield store
    django_session.reset(token)
    json.dumps(store)


def test_a_value_of_a_visitor_is_in_the_session_and_nowhere_else(make: Make, session: dict[str, Any]) -> None:
    cache = make("memory+file")
    assert cache.set("filter", {"state": "NSW"}, scope="session")
    assert cache.get("filter", scope="session") == {"state": "NSW"}
    assert list(session) == [SLOT]
    assert cache.get("filter") is None
    assert cache.keys() == []
    assert cache.keys(scope="session") == ["filter"]


def test_visitors_do_not_see_each_other(make: Make, session: dict[str, Any]) -> None:
    cache = make("memory+file")
    cache.set("filter", "mine", scope="session")
    other = django_session.set({})
    assert cache.get("filter", scope="session") is None
    django_session.reset(other)
    assert cache.get("filter", scope="session") == "mine"


def test_without_a_session_nothing_is_kept(make: Make) -> None:
    cache = make("memory+file")
    assert not cache.set("filter", 1, scope="session")
    assert cache.get("filter", "default", scope="session") == "default"
    assert not cache.delete("filter", scope="session")


def test_values_of_a_visitor_end_and_are_deleted(make: Make, session: dict[str, Any], clock: Clock) -> None:
    cache = make("memory")
    cache.set("short", 1, 10, scope="session")
    cache.set("usual", 2, scope="session")
    cache.set("gone", 3, scope="session")
    assert cache.delete("gone", scope="session")
    clock.seconds += 1700
    assert [cache.get(key, scope="session") for key in ("short", "usual", "gone")] == [None, 2, None]
    clock.seconds += 200
    assert cache.get("usual", scope="session") is None
    assert cache.clear(scope="session") == 2


def test_the_oldest_leaves_when_there_are_too_many(make: Make, session: dict[str, Any]) -> None:
    cache = make("memory", streamlit_max_entries=3)
    for number in range(5):
        cache.set(str(number), number, scope="session")
    assert cache.keys(scope="session") == ["2", "3", "4"]


def test_a_tag_reaches_values_of_visitors(make: Make, session: dict[str, Any]) -> None:
    cache = make("memory")
    cache.set("filter", 1, tags=["states"], scope="session")
    cache.invalidate_tag("states")
    assert cache.get("filter", scope="session") is None


@pytest.mark.parametrize("foreign", ["no text of ours", "x" * 200])
def test_what_somebody_put_into_the_session_is_a_miss_and_logged_once(
    make: Make, session: dict[str, Any], foreign: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = make("memory")
    session[SLOT] = {"filter": foreign}
    for _ in range(2):
        assert cache.get("filter", "default", scope="session") == "default"
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("The session tier's entry of 'filter' counts as a miss")
    figures = cache.get_stats()[1]
    assert (figures.tier, figures.rejected, figures.misses) == ("session", 2, 2)


def test_look_ups_of_visitors_are_counted_and_timed(make: Make, session: dict[str, Any]) -> None:
    cache = make("memory")
    cache.set("filter", 1, scope="session")
    cache.get("filter", scope="session")
    cache.get("missing", scope="session")
    figures = cache.get_stats()[1]
    assert (figures.hits, figures.misses, figures.writes, figures.entries) == (1, 1, 1, 1)
    assert figures.size_bytes > 0
    assert figures.read_seconds is not None
    assert figures.write_seconds is not None


@pytest.mark.django_db
def test_django_keeps_it_between_requests(viewer: Client) -> None:
    store = SessionStore(viewer.session.session_key)
    token = django_session.set(store)
    get_cache_manager().set("filter", [1, 2], scope="session")
    store.save()
    django_session.set(SessionStore(store.session_key))
    assert get_cache_manager().get("filter", scope="session") == [1, 2]
    django_session.reset(token)


def test_while_a_request_is_answered_the_session_is_its_own() -> None:
    seen: list[object] = []
    request = SimpleNamespace(session={"of": "a visitor"})
    SessionScope(lambda request: seen.append(django_session.get()))(request)
    assert seen == [request.session]
    assert django_session.get() is None


class State(dict[str, Any]):
    """Stands for Streamlit's, which is not installed here."""

    __module__ = "streamlit.runtime.state"


@pytest.fixture
def streamlit(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The two doors of Streamlit that the tier uses, as a script of it would find them."""
    found = SimpleNamespace(context=object(), state=State())
    runner = ModuleType("streamlit.runtime.scriptrunner")
    setattr(runner, "get_script_run_ctx", lambda suppress_warning: found.context)  # noqa: B010  (a module of types)
    package = ModuleType("streamlit")
    setattr(package, "session_state", found.state)  # noqa: B010  (a module of types)
    for name, module in (("streamlit", package), ("streamlit.runtime.scriptrunner", runner)):
        monkeypatch.setitem(sys.modules, name, module)
    return found


def test_in_a_script_of_streamlit_it_is_the_session_state(make: Make, streamlit: SimpleNamespace) -> None:
    cache: CacheManager = make("memory")
    assert cache.set("filter", [1], scope="session")
    assert isinstance(streamlit.state[SLOT]["filter"], bytes)
    cache.get("filter", scope="session").append(2)
    assert cache.get("filter", scope="session") == [1]


def test_outside_of_a_script_there_is_no_session_state(make: Make, streamlit: SimpleNamespace) -> None:
    streamlit.context = None
    assert not make("memory").set("filter", 1, scope="session")
