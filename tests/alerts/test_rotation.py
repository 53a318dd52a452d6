from contextlib import closing
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from alerts import rotation
from alerts.models import Channel
from alerts.rotation import rotate

pytestmark = pytest.mark.django_db
OLD, NEW, OTHER = "old " * 10, "new " * 10, "other " * 10


def with_secrets(*names: str) -> None:
    for name in names:
        Channel.objects.create(name=name, kind="webhook", secret=f"secret of {name}")


def switch(settings: Settings, key: str, *former: str) -> None:
    settings.FIELD_KEY, settings.FIELD_KEY_FALLBACKS = key, former


def tokens() -> set[str]:
    with closing(connection.cursor()) as cursor:
        cursor.execute("SELECT secret FROM ahgd_alerts_channel")
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture(autouse=True)
def old_key(settings: Settings) -> None:
    switch(settings, OLD)


def test_a_secret_of_a_former_key_is_read_as_ever(settings: Settings) -> None:
    with_secrets("a")
    switch(settings, NEW, OTHER, OLD)
    assert Channel.objects.get().secret == "secret of a"


def test_after_the_rotation_the_former_key_is_not_needed(settings: Settings) -> None:
    with_secrets("a", "b")
    Channel.objects.create(name="none", kind="log")
    switch(settings, NEW, OLD)
    out = StringIO()
    call_command("rotate_field_key", stdout=out)

    assert out.getvalue() == "2 encrypted anew, 0 had the present key already.\n"
    switch(settings, NEW)
    assert set(Channel.objects.values_list("secret", flat=True)) == {"secret of a", "secret of b", ""}


def test_it_goes_on_where_it_was_interrupted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_secrets("a", "b", "c")
    switch(settings, NEW, OLD)
    replace, done = rotation._replace, list[int]()

    def stop_after_one(row_id: int, token: str, new: str) -> bool:
        if done:
            raise KeyboardInterrupt
        done.append(row_id)
        return replace(row_id, token, new)

    monkeypatch.setattr(rotation, "_replace", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.undo()
    switch(settings, NEW, OLD)

    again = rotate()
    assert (again.current, again.rotated) == (["a"], ["b", "c"])


def test_done_twice_it_changes_nothing(settings: Settings) -> None:
    with_secrets("a")
    switch(settings, NEW, OLD)
    rotate()
    before = tokens()
    assert rotate().current == ["a"]
    assert tokens() == before


def test_a_secret_that_a_person_saves_meanwhile_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_secrets("a")
    switch(settings, NEW, OLD)
    stored = list(rotation._stored())
    channel = Channel.objects.get()
    channel.secret = "entered anew"
    channel.save()
    monkeypatch.setattr(rotation, "_stored", lambda: iter(stored))

    assert rotate().rotated == []
    assert Channel.objects.get().secret == "entered anew"


def test_a_secret_of_no_known_key_is_named_and_left(settings: Settings) -> None:
    with_secrets("a")
    before = tokens()
    switch(settings, NEW, OTHER)
    with pytest.raises(CommandError, match="Of no key that is known: a"):
        call_command("rotate_field_key", stdout=StringIO())
    assert tokens() == before
