import pytest
from django.test import Client

from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("Viewer", "ahgd_alerts.view_alert", "ahgd_alerts.acknowledge_alert"),
        ("Operator", "ahgd_alerts.acknowledge_alert", "ahgd_alerts.change_rule"),
        ("Operator", "ahgd_alerts.resolve_alert", "auth.add_user"),
        ("Administrator", "ahgd_alerts.change_rule", "sessions.delete_session"),
        ("Administrator", "django_celery_beat.change_periodictask", "contenttypes.add_contenttype"),
    ],
)
def test_a_role_may_do_what_its_name_says_and_no_more(role: str, may: str, may_not: str) -> None:
    user = person(role)
    assert user.has_perm(may)
    assert not user.has_perm(may_not)


def test_an_administrator_sees_the_whole_admin(client: Client) -> None:
    client.force_login(person("Administrator", is_staff=True))
    page = client.get("/admin/")
    assert page.status_code == 200
    assert b"/admin/ahgd_alerts/rule/" in page.content


@pytest.mark.parametrize("path", ["/ops/", "/ops/alerts/", "/admin/", "/ops/api/live", "/ops/api/series"])
def test_nobody_comes_in_without_signing_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (302, 401)
