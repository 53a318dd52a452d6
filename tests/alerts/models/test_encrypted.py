from contextlib import closing

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from alerts.channels import PermanentFailure, send
from alerts.models import Channel
from alerts.secrets import Unreadable
from tests.alerts.told import a_message

pytestmark = pytest.mark.django_db
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ANOTHER_KEY = "another key of at least thirty-two characters"


@pytest.fixture
def hook(settings: Settings) -> Channel:
    """A channel whose secret was encrypted with the key before this one."""
    Channel.objects.create(name="hook", kind="webhook", settings={"url": "https://example.com/x"}, secret=SECRET)
    settings.FIELD_KEY = ANOTHER_KEY
    return Channel.objects.get()


def stored() -> str:
    with closing(connection.cursor()) as cursor:
        cursor.execute("SELECT secret FROM ahgd_alerts_channel")
        return str(cursor.fetchone()[0])


def test_a_secret_of_another_key_is_not_taken_for_none(hook: Channel) -> None:
    assert isinstance(hook.secret, Unreadable)
    assert SECRET not in hook.secret


def test_nothing_is_sent_unsigned_in_its_place(hook: Channel) -> None:
    with pytest.raises(PermanentFailure, match="Enter the secret anew, or restore AHGD_FIELD_KEY"):
        send(hook, a_message())


def test_it_is_written_back_as_it_was(hook: Channel, settings: Settings) -> None:
    before, first_key = stored(), settings.SECRET_KEY
    hook.enabled = False
    hook.save()
    assert stored() == before
    settings.FIELD_KEY = first_key
    assert Channel.objects.get().secret == SECRET


def test_a_secret_entered_anew_is_read_with_the_key_of_now(hook: Channel) -> None:
    hook.secret = SECRET
    hook.save()
    assert Channel.objects.get().secret == SECRET
