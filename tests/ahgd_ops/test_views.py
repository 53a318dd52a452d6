"""The project's own pages: overview, sign-in, and what is shown when something is not right."""

import re
from pathlib import Path

import pytest
from auditlog.context import set_actor
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from django.utils import timezone

from alerts.models import Rule
from monitoring.models import ProcessState
from tests.alerts.rows import an_alert
from tests.monitoring.readings import record
from tests.people import PASSWORD, person, superuser

pytestmark = pytest.mark.django_db


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def sampled() -> None:
    record("cpu_usage_percent", {timezone.now(): 42.0}, instance="web")


def test_the_root_leads_to_the_overview(viewer: Client) -> None:
    assert viewer.get("/")["Location"] == "/ops/"


def test_before_the_first_sample_the_overview_says_what_it_waits_for(viewer: Client) -> None:
    assert "No samples yet. First data in about 30 s" in text(viewer, "/ops/")


def test_the_overview_shows_tiles_once_there_are_samples(viewer: Client) -> None:
    sampled()
    page = text(viewer, "/ops/")
    assert "42.0 %" in page
    assert page.count("no data") == 2  # memory and disk


@pytest.mark.parametrize("query", ["from=x&to=now", "from=now&to=now-1h", "from=now-1h&to=%00", "from=&to="])
def test_a_range_that_cannot_be_used_is_said_and_replaced(viewer: Client, query: str) -> None:
    sampled()
    page = text(viewer, f"/ops/?{query}")
    assert "Showing the last hour." in page
    assert 'data-from="now-1h" data-to="now"' in page


def test_a_process_that_restarts_is_visible(viewer: Client) -> None:
    now = timezone.now()
    ProcessState.objects.create(
        name="worker",
        instance="web",
        phase="restarting",
        restarts=3,
        reason="killed by signal 9",
        changed_at=now,
        seen_at=now,
    )
    page = text(viewer, "/ops/")
    assert "restarting, 3 restarts" in page
    assert "killed by signal 9" in page


def test_operators_see_who_changed_what(client: Client) -> None:
    olga = person("Operator", name="olga")
    with set_actor(olga):
        rule = Rule.objects.create(name="high_cpu", condition="value > 1")
        rule.cooldown_minutes = 3
        rule.save()
    client.force_login(olga)
    page = text(client, "/ops/")
    assert "<strong>olga</strong> changed rule high_cpu" in page
    assert "cooldown (minutes)" in page


def test_viewers_do_not_see_who_changed_what(viewer: Client) -> None:
    assert "Last changes" not in text(viewer, "/ops/")


def test_navigation_offers_only_what_a_person_may_open(client: Client) -> None:
    client.force_login(person("Viewer"))
    assert "/admin/" not in text(client, "/ops/")
    client.force_login(superuser())
    assert "/admin/ahgd_alerts/rule/" in text(client, "/ops/")


@pytest.mark.parametrize("address", ["/ops/", "/ops/alerts/", "/admin/", "/admin/ahgd_alerts/rule/"])
def test_signed_out_people_are_led_to_the_sign_in_page_and_back(client: Client, address: str) -> None:
    superuser()
    asked = client.get(address, follow=True)
    assert asked.redirect_chain[-1][0] == f"/accounts/login/?next={address}"
    sent = {"username": "admin", "password": PASSWORD, "next": address}
    assert client.post("/accounts/login/", sent)["Location"] == address


def test_signing_in_never_leads_to_another_site(client: Client) -> None:
    superuser()
    sent = {"username": "admin", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", sent)["Location"] == "/ops/"


def test_a_wrong_password_is_said(client: Client) -> None:
    superuser()
    response = client.post("/accounts/login/", {"username": "admin", "password": "wrong"})
    assert "Please enter a correct username and password" in response.content.decode()


def test_guessing_ends_on_a_page_that_says_what_happened(client: Client) -> None:
    superuser()
    for _ in range(django_settings.AXES_FAILURE_LIMIT):
        response = client.post("/accounts/login/", {"username": "admin", "password": "wrong"})
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_signing_out_needs_a_post_and_leads_to_the_sign_in_page(viewer: Client) -> None:
    assert viewer.get("/accounts/logout/").status_code == 405
    assert viewer.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_who_is_no_staff_is_told_so_instead_of_sent_round(viewer: Client) -> None:
    response = viewer.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "may not open the admin" in response.content.decode()


def test_a_password_can_be_changed(client: Client) -> None:
    client.force_login(superuser())
    new = {"old_password": PASSWORD, "new_password1": "another-Horse-8", "new_password2": "another-Horse-8"}
    assert client.post("/accounts/password_change/", new)["Location"] == "/accounts/password_change/done/"
    assert "Password changed" in text(client, "/accounts/password_change/done/")


def test_without_a_mail_server_the_reset_page_says_what_to_do_instead(client: Client) -> None:
    assert "manage.py sign_in_link" in text(client, "/accounts/password_reset/")


def test_a_forgotten_password_is_replaced_by_mail(client: Client) -> None:
    user = superuser()
    user.email = "admin@example.org"
    user.save()
    assert client.post("/accounts/password_reset/", {"email": user.email})["Location"].endswith("/done/")
    assert mail.outbox[0].subject == "New password for the operations console"
    link = re.search(r"http://testserver(/accounts/reset/\S+)", mail.outbox[0].body)
    assert link is not None
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    new = {"new_password1": "another-Horse-8", "new_password2": "another-Horse-8"}
    assert "Password saved" in client.post(form, new, follow=True).content.decode()
    user.refresh_from_db()
    assert user.check_password("another-Horse-8")


def test_a_used_up_reset_link_says_so(client: Client) -> None:
    assert "This link no longer works" in text(client, "/accounts/reset/MQ/abc-def/")


def test_what_is_not_there_is_said_in_the_console_s_look(viewer: Client) -> None:
    page = text(viewer, "/nothing/", status=404)
    assert "There is nothing here" in page
    assert 'class="side"' in page


def test_a_form_from_an_old_page_says_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "reload the page and send it again" in response.content.decode()


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_a_page_for_when_things_are_broken_needs_nothing_to_be_shown(name: str) -> None:
    page = (Path(django_settings.TEMPLATES[0]["DIRS"][0]) / name).read_text()
    assert "{" not in page
    for path in re.findall(r'"/static/([^"]+)"', page):
        assert (Path(django_settings.STATICFILES_DIRS[0]) / path).is_file(), path


def test_the_old_address_of_the_icon_leads_to_it(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("logo.svg")


@pytest.mark.parametrize(
    "address", ["/ops/", "/ops/alerts/", "/admin/", "/admin/ahgd_alerts/rule/add/", "/accounts/login/"]
)
def test_the_content_security_policy_is_strict_everywhere(client: Client, address: str) -> None:
    client.force_login(superuser())
    policy = [part.strip() for part in client.get(address)["Content-Security-Policy"].split(";")]
    assert {"script-src 'self'", "style-src 'self'"} <= set(policy)


def test_no_template_of_ours_has_an_inline_style_script_or_handler() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)
    root = Path(django_settings.TEMPLATES[0]["DIRS"][0])
    found = [
        path.name
        for path in root.rglob("*.html")
        if "notifications" not in path.parts and inline.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("address", ["/ops/", "/ops/alerts/", "/ops/alerts/history/"])
def test_who_has_no_role_is_told_whom_to_ask_and_can_sign_out_and_change_the_password(
    client: Client, address: str
) -> None:
    client.force_login(User.objects.create_user("norole", password=PASSWORD))
    page = text(client, address, status=403)
    assert "Your account has no role yet. Ask an administrator" in page
    assert 'action="/accounts/logout/"' in page
    assert 'href="/accounts/password_change/"' in page
    assert "data-live" not in page
    assert 'href="/ops/alerts/"' not in page


def test_an_alert_is_not_shown_to_who_has_no_role(client: Client) -> None:
    alert = an_alert(timezone.now(), summary="a secret")
    client.force_login(User.objects.create_user("norole"))
    assert "a secret" not in text(client, f"/ops/alerts/{alert.pk}/", status=403)


def test_who_has_no_role_can_change_the_password(client: Client) -> None:
    client.force_login(User.objects.create_user("norole", password=PASSWORD))
    assert "password" in text(client, "/accounts/password_change/")


def test_who_may_see_alerts_only_sees_them_and_not_the_overview(client: Client) -> None:
    user = User.objects.create_user("pager")
    user.user_permissions.add(Permission.objects.get(codename="view_alert"))
    client.force_login(user)
    assert client.get("/ops/alerts/").status_code == 200
    assert client.get("/ops/").status_code == 403
    assert "tiles" not in client.get("/ops/api/live").json()
