"""Channels in the admin: secrets and addresses stay with those who may see them."""

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from alerts.models import Channel
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_a_secret_is_written_encrypted_and_never_shown(admin: Client) -> None:
    data = {
        "name": "hook",
        "kind": "webhook",
        "settings": '{"url": "https://example.com/x"}',
        "new_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    response = admin.post("/admin/ahgd_alerts/channel/add/", data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    channel = Channel.objects.get()
    assert channel.secret == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    stored = Channel.objects.raw("SELECT id, secret AS stored FROM ahgd_alerts_channel")[0].stored
    assert "MfKQ9r8" not in stored
    assert "MfKQ9r8" not in admin.get(f"/admin/ahgd_alerts/channel/{channel.pk}/change/").content.decode()
    assert "MfKQ9r8" not in str(list(LogEntry.objects.values()))


def test_the_audit_log_keeps_no_part_of_a_secret_or_an_address(admin: Client) -> None:
    data = {"name": "hook", "kind": "webhook", "settings": '{"url": "https://example.com/T0KEN"}'}
    admin.post("/admin/ahgd_alerts/channel/add/", data | {"new_secret": f"whsec_{'A' * 32}"})
    channel = Channel.objects.get()
    admin.post(f"/admin/ahgd_alerts/channel/{channel.pk}/change/", data | {"new_secret": f"whsec_{'B' * 32}"})
    told = LogEntry.objects.get_for_object(channel)
    assert [entry.changes_dict["secret"] for entry in told] == [["***", "***"], ["***", "***"]]
    assert not any(part in str(list(told.values())) for part in ("A" * 8, "B" * 8, "T0KEN"))


def test_who_may_not_edit_a_channel_sees_no_path_of_its_address(client: Client) -> None:
    channel = Channel.objects.create(
        name="hook", kind="webhook", settings={"url": "https://user:pw@example.com:8443/T0KEN?k=T0KEN", "x": 1}
    )
    client.force_login(person("Viewer", is_staff=True))
    page = client.get(f"/admin/ahgd_alerts/channel/{channel.pk}/change/").content.decode()
    assert "https://example.com/…" in page
    assert "T0KEN" not in page
    assert "user:pw" not in page


def test_who_may_edit_a_channel_sees_its_address(admin: Client) -> None:
    channel = Channel.objects.create(name="hook", kind="webhook", settings={"url": "https://example.com/T0KEN"})
    assert "T0KEN" in admin.get(f"/admin/ahgd_alerts/channel/{channel.pk}/change/").content.decode()


def test_an_empty_secret_keeps_the_one_that_is_set(admin: Client) -> None:
    channel = Channel.objects.create(
        name="hook", kind="webhook", settings={"url": "https://example.com/x"}, secret="s3"
    )
    data = {"name": "hook", "kind": "webhook", "settings": '{"url": "https://example.com/y"}', "new_secret": ""}
    admin.post(f"/admin/ahgd_alerts/channel/{channel.pk}/change/", data)
    channel.refresh_from_db()
    assert (channel.secret, channel.settings["url"]) == ("s3", "https://example.com/y")


def test_a_channel_that_lacks_what_it_needs_is_not_enabled(admin: Client) -> None:
    data = {"name": "hook", "kind": "webhook", "enabled": "on", "settings": "{}"}
    response = admin.post("/admin/ahgd_alerts/channel/add/", data)
    assert response.status_code == 200
    assert "url" in str(response.context["adminform"].form.errors)


def test_a_test_message_is_sent_and_its_result_shown(admin: Client, log_channel: Channel) -> None:
    data = {"action": "test", "_selected_action": [log_channel.pk]}
    page = admin.post("/admin/ahgd_alerts/channel/", data, follow=True).content.decode()
    assert "written to the log ahgd_ops.alerts" in page
