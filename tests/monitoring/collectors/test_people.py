from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from monitoring.clock import database_now
from monitoring.collectors.people import SessionsCollector

pytestmark = pytest.mark.django_db


def test_people_are_counted_until_their_session_expires() -> None:
    now = database_now()
    for name, hours in (("begun", 1), ("another", 2), ("over", -1)):
        Session.objects.create(session_key=name, session_data="", expire_date=now + timedelta(hours=hours))
    (reading,) = SessionsCollector().collect()
    assert (reading.name, reading.value) == ("active_sessions", 2)
