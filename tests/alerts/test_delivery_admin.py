from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.models import Attempt, Channel, Notification, Rule
from tests.alerts.rows import a_channel, an_alert, firing, reread
from tests.alerts.told import LOOPBACK, configure

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + "QUJD" * 8
State = Notification.State


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def hook(settings: Settings, httpserver: HTTPServer) -> Channel:
    configure(settings, webhook_allow=LOOPBACK)
    return a_channel("hook", kind="webhook", settings={"url": httpserver.url_for("/hook")}, secret=SECRET)


def form_of(channel: Channel, **changes: object) -> dict[str, object]:
    settings = str(channel.settings).replace("'", '"')
    return {"name": channel.name, "kind": channel.kind, "enabled": "on", "settings": settings, **changes}


def change(admin: Client, channel: Channel, **changes: object) -> str:
    """Saves the form; what the page after it says."""
    url = f"/admin/ahgd_alerts/channel/{channel.pk}/change/"
    return admin.post(url, form_of(channel, **changes), follow=True).content.decode()


def test_a_test_is_sent_from_the_form_and_its_result_stands_there(
    admin: Client, hook: Channel, httpserver: HTTPServer
) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("thanks")
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=403)

    page = change(admin, hook, _test="Save and send a test")
    assert "The test of hook arrived: 200 OK: thanks" in page
    assert 'name="_test"' in page
    assert "The test of hook failed: 403 FORBIDDEN" in change(admin, hook, _test="Save and send a test")
    assert LogEntry.objects.filter(additional_data={"action": "sent a test message through"}).count() == 2


def test_a_channel_is_tried_out_as_it_is_made(admin: Client) -> None:
    data = {"name": "new", "kind": "log", "enabled": "on", "settings": "{}", "_test": "Save and send a test"}
    page = admin.post("/admin/ahgd_alerts/channel/add/", data, follow=True).content.decode()
    assert "The test of new arrived: written to the log" in page


def test_a_secret_can_be_removed(admin: Client, hook: Channel) -> None:
    change(admin, hook, clear_secret="on")
    hook.refresh_from_db()
    assert hook.secret == ""


def test_a_new_secret_wins_over_removing_the_old(admin: Client, hook: Channel) -> None:
    new = "whsec_" + "REVG" * 8
    change(admin, hook, clear_secret="on", new_secret=new)
    hook.refresh_from_db()
    assert hook.secret == new


def test_a_chat_channel_needs_its_address_and_cannot_lose_it(admin: Client) -> None:
    channel = a_channel("team", kind="chat", secret="slack://T/B/C")
    assert "needs a secret" in change(admin, channel, clear_secret="on")
    change(admin, channel)
    channel.refresh_from_db()
    assert channel.secret == "slack://T/B/C"


def test_the_form_says_whether_there_is_a_secret_and_not_which(admin: Client, hook: Channel) -> None:
    page = admin.get(f"/admin/ahgd_alerts/channel/{hook.pk}/change/").content.decode()
    assert "icon-yes" in page
    assert SECRET not in page


def test_channels_that_would_stand_in_for_each_other_are_refused(admin: Client) -> None:
    first = a_channel("first")
    second = a_channel("second", fallback=first)
    assert "leads back to this channel" in change(admin, first, fallback=second.pk)
    assert "leads back to this channel" in change(admin, first, fallback=first.pk)
    change(admin, first, fallback=a_channel("third").pk)
    first.refresh_from_db()
    assert first.fallback is not None


def test_the_form_says_what_is_wrong_with_a_channel_and_saving_it_tries_at_once(admin: Client) -> None:
    now = timezone.now()
    ill = a_channel(unhealthy_since=now, last_error="404 NOT FOUND", probe_at=now + timedelta(seconds=30))
    page = admin.get(f"/admin/ahgd_alerts/channel/{ill.pk}/change/").content.decode()
    assert "does not work since" in page
    assert "404 NOT FOUND; tried again at" in page
    change(admin, ill)
    ill.refresh_from_db()
    assert ill.probe_at is None


def given_up(name: str = "hook") -> Notification:
    row = firing(an_alert(timezone.now(), fingerprint=name), a_channel(name), timezone.now(), state=State.DEAD)
    Attempt.objects.create(
        notification=row, at=timezone.now(), took_seconds=0.1234, accepted=False, answer="404 NOT FOUND"
    )
    return row


def test_one_message_is_sent_again_from_its_page(admin: Client) -> None:
    row = given_up()
    page = admin.get(f"/admin/ahgd_alerts/notification/{row.pk}/change/").content.decode()
    assert "404 NOT FOUND" in page
    address = f"/admin/ahgd_alerts/notification/{row.pk}/again/"
    assert address in page
    assert "will be sent again" in admin.post(address, follow=True).content.decode()
    assert (reread(row).state, reread(row).delivery_id) == (State.DUE, row.delivery_id)
    page = admin.post(address, follow=True).content.decode()
    assert "Nothing to send again" in page
    assert address not in page


def test_many_are_sent_again_from_the_list(admin: Client) -> None:
    rows = [given_up("one"), given_up("two")]
    data = {"action": "again", "_selected_action": [row.pk for row in rows]}
    page = admin.post("/admin/ahgd_alerts/notification/", data, follow=True).content.decode()
    assert "2 of 2 will be sent again" in page
    assert {reread(row).state for row in rows} == {State.DUE}


def test_sending_again_is_asked_for_by_a_form_and_not_by_a_link(admin: Client) -> None:
    row = given_up()
    assert admin.get(f"/admin/ahgd_alerts/notification/{row.pk}/again/").status_code == 405


def test_who_may_only_look_sends_nothing_again(client: Client) -> None:
    row = given_up()
    from tests.people import person

    client.force_login(person("Viewer", is_staff=True))
    address = f"/admin/ahgd_alerts/notification/{row.pk}/"
    assert f"{address}again/" not in client.get(f"{address}change/").content.decode()
    assert client.post(f"{address}again/").status_code == 403
    assert client.post(f"/ops/alerts/messages/{row.pk}/again/").status_code == 403
    assert reread(row).state == State.DEAD


def test_the_delivery_log_has_each_attempt_with_time_and_answer(admin: Client) -> None:
    given_up()
    page = admin.get("/admin/ahgd_alerts/attempt/?q=404").content.decode()
    for part in ("404 NOT FOUND", "123 ms", "hook", "high_cpu_usage"):
        assert part in page


def test_the_page_of_an_alert_shows_each_attempt_and_sends_again(operator: Client) -> None:
    row = given_up()
    address = f"/ops/alerts/messages/{row.pk}/again/"
    page = operator.get(f"/ops/alerts/{row.alert_id}/").content.decode()
    assert "in 123 ms: 404 NOT FOUND" in page
    assert address in page
    assert "It goes to hook again within seconds" in operator.post(address, follow=True).content.decode()
    assert reread(row).state == State.DUE
    assert "There was nothing to send again" in operator.post(address, follow=True).content.decode()


def test_the_page_of_an_alert_says_who_refused_and_in_whose_place(viewer: Client) -> None:
    absent = a_channel("absent")
    alert = an_alert(timezone.now())
    firing(alert, a_channel("mail"), timezone.now(), state=State.SENT, refused="refused lee@example.com (550 no)")
    firing(alert, a_channel("second"), timezone.now(), instead_of=absent)
    page = viewer.get(f"/ops/alerts/{alert.pk}/").content.decode()
    assert "refused lee@example.com (550 no)" in page
    assert "In place of absent" in page


def test_a_message_that_some_refused_can_be_sent_to_them_again(operator: Client) -> None:
    row = firing(
        an_alert(timezone.now()), a_channel("mail"), timezone.now(), state=State.SENT, refused="lee", told=["kim"]
    )
    operator.post(f"/ops/alerts/messages/{row.pk}/again/")
    assert (reread(row).state, reread(row).told, reread(row).refused) == (State.DUE, ["kim"], "")


def test_whoever_switches_off_the_last_channel_of_a_rule_is_told_so(admin: Client, hook: Channel) -> None:
    rule = Rule.objects.create(name="high_cpu", condition="value > 80")
    rule.channels.set([hook, a_channel("mail")])
    says = "Nobody is told any more of high_cpu: hook was their last enabled channel."
    assert says not in change(admin, hook, enabled="")
    hook.refresh_from_db()
    Channel.objects.filter(name="mail").update(enabled=False)
    assert says in change(admin, hook, enabled="")
