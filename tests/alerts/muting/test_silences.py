from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User

from alerts.models import Silence
from alerts.muting import silences
from alerts.muting.matchers import MatcherRefused, parse
from tests.alerts.muting.rows import a_silence
from tests.alerts.rows import an_alert, events
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def actions() -> list[str]:
    rows = LogEntry.objects.filter(additional_data__action__isnull=False).order_by("id")
    return [row.additional_data["action"] for row in rows]


def test_a_silence_is_in_the_history_of_what_it_holds_back_and_in_the_audit_log() -> None:
    alert, other = an_alert(NOW), an_alert(NOW, fingerprint="db", labels={"instance": "db"})
    silence = a_silence("instance=web", NOW, HOUR)

    assert events(alert, "silenced") == ["until 2026-03-04 06:06 UTC: disk swap"]
    assert events(other, "silenced") == []
    assert actions() == ["silenced"]
    assert (silence.is_active(NOW), silence.is_active(NOW + HOUR)) == (True, False)


def test_a_planned_silence_is_not_in_force_yet() -> None:
    alert = an_alert(NOW)
    silence = a_silence("rule=~.*", NOW + HOUR, HOUR, now=NOW)

    assert (silence.is_planned(NOW), silence.is_active(NOW), silence.is_active(NOW + HOUR)) == (True, False, True)
    assert events(alert, "silenced") == []


@pytest.mark.parametrize(
    ("starts", "ends", "says"),
    [
        (HOUR, HOUR, "end after it starts"),
        (-2 * HOUR, -HOUR, "after now"),
        (HOUR, timedelta(days=400), "a year at most"),
    ],
)
def test_times_that_cannot_be_are_refused(starts: timedelta, ends: timedelta, says: str) -> None:
    with pytest.raises(silences.SilenceRefused, match=says):
        silences.create(text="rule=a", actor=None, comment="why", starts_at=NOW + starts, ends_at=NOW + ends, now=NOW)
    assert not Silence.objects.exists()


def test_a_silence_needs_a_reason_and_matchers() -> None:
    times = {"starts_at": NOW, "ends_at": NOW + HOUR, "now": NOW}
    with pytest.raises(silences.SilenceRefused, match="comment"):
        silences.create(text="rule=a", actor=None, comment=" ", **times)
    with pytest.raises(MatcherRefused):
        silences.create(text="everything", actor=None, comment="why", **times)


def test_every_open_alert_has_it_in_its_history_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silences, "_MOST_SHOWN", 2)
    alerts = [an_alert(NOW, fingerprint=str(number)) for number in range(3)]
    a_silence("instance=web", NOW, HOUR)

    assert [len(events(alert, "silenced")) for alert in alerts] == [1, 1, 1]


def test_a_change_is_noted_in_what_is_held_back_newly() -> None:
    web, db = an_alert(NOW), an_alert(NOW, fingerprint="db", labels={"instance": "db"})
    silence = a_silence("instance=web", NOW, HOUR)
    asked = {"text": "instance =~ web|db", "comment": " both ", "starts_at": NOW, "ends_at": NOW + 2 * HOUR}
    changed = silences.change(silence, **asked, actor=User.objects.get(), now=NOW)

    assert (changed.matchers, changed.comment, changed.over_at) == ("instance=~web|db", "both", NOW + 2 * HOUR)
    assert [len(events(alert, "silenced")) for alert in (web, db)] == [1, 1]
    assert events(db, "silenced") == ["until 2026-03-04 07:06 UTC: both"]
    assert actions() == ["silenced", "changed"]


def test_a_silence_that_is_over_cannot_be_changed() -> None:
    silence = a_silence("instance=web", NOW, HOUR)
    asked = {"text": "instance=db", "comment": "longer", "starts_at": NOW, "ends_at": NOW + 9 * HOUR}

    with pytest.raises(silences.AlreadyOver):
        silences.change(silence, **asked, actor=User.objects.get(), now=NOW + 3 * HOUR)
    assert Silence.objects.get().matchers == "instance=web"


def test_a_silence_is_extended_until_it_is_over() -> None:
    silence = a_silence("rule=a", NOW, HOUR)
    kim = User.objects.get()

    assert silences.extend(silence, NOW + 2 * HOUR, kim, NOW).ends_at == NOW + 2 * HOUR
    with pytest.raises(silences.SilenceRefused, match="ends later"):
        silences.extend(silence, NOW + HOUR, kim, NOW)
    with pytest.raises(silences.AlreadyOver):
        silences.extend(silence, NOW + 9 * HOUR, kim, NOW + 3 * HOUR)
    assert actions() == ["silenced", "extended until 2026-03-04 07:06 UTC"]


def test_a_silence_is_ended_once_and_says_by_whom() -> None:
    silence = a_silence("rule=a", NOW, HOUR)
    kim = User.objects.get()
    ended = silences.end(silence, kim, NOW + HOUR / 2)

    assert (ended.ended_by, ended.over_at) == (kim, NOW + HOUR / 2)
    with pytest.raises(silences.AlreadyOver):
        silences.end(silence, kim, NOW + HOUR / 2)


def test_the_preview_tells_what_is_hit_now_and_what_would_have_been_in_a_day() -> None:
    now = an_alert(NOW)
    day = an_alert(NOW - 5 * HOUR, resolved_at=NOW - 4 * HOUR)
    an_alert(NOW - 30 * HOUR, resolved_at=NOW - 29 * HOUR)
    an_alert(NOW, fingerprint="db", labels={"instance": "db"})

    found = silences.hits(parse("instance=web"), NOW)
    assert (found.now, found.lately) == ([now], [day])
