import stat
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django.fixtures import Settings
from time_machine import travel

from ahgd_ops.access import first_sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def state_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("admin")


def link_of(user: User) -> str:
    return urlsplit(first_sign_in.link_for(user)).path


def test_a_link_signs_in_and_leads_to_choosing_a_password(client: Client, admin: User) -> None:
    answer = client.get(link_of(admin))
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/set-password/")
    assert client.session["_auth_user_id"] == str(admin.pk)


def test_who_has_a_password_is_led_to_the_console(client: Client) -> None:
    user = User.objects.create_superuser("ada", password="x")
    assert client.get(link_of(user))["Location"] == "/ops/"


def test_a_link_works_once(client: Client, admin: User) -> None:
    link = link_of(admin)
    client.get(link)
    assert Client().get(link).status_code == 403


def test_every_link_of_a_user_ends_with_a_sign_in(client: Client, admin: User) -> None:
    link = link_of(admin)
    client.force_login(admin)
    assert Client().get(link).status_code == 403


def test_of_two_that_use_it_at_the_same_time_one_does(admin: User) -> None:
    seen_by_both = User.objects.get(pk=admin.pk), User.objects.get(pk=admin.pk)
    assert [first_sign_in._use_up(user) for user in seen_by_both] == [True, False]


@pytest.mark.parametrize("headers", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_from_another_machine_or_through_a_proxy_it_is_refused_and_not_used_up(
    client: Client, admin: User, headers: dict[str, str]
) -> None:
    link = link_of(admin)
    assert client.get(link, **headers).status_code == 403
    assert client.get(link).status_code == 302


def test_looking_does_not_use_it_up(client: Client, admin: User) -> None:
    link = link_of(admin)
    assert client.head(link).status_code == 405
    assert client.get(link).status_code == 302


@pytest.mark.parametrize("name", ["", "MQ", "!!", "x" * 300])
def test_a_link_that_nobody_made_is_refused(client: Client, name: str) -> None:
    assert client.get(f"/accounts/link/{name or 'e30'}/dii1z4-a80c51a67f1497/").status_code == 403


def test_a_link_of_somebody_deactivated_is_refused(client: Client, admin: User) -> None:
    link = link_of(admin)
    User.objects.update(is_active=False)
    assert client.get(link).status_code == 403


def test_a_link_grows_too_old(client: Client, admin: User) -> None:
    with travel("2026-03-01T12:00Z"):
        link = link_of(admin)
    with travel("2026-03-05T12:00Z"):
        assert client.get(link).status_code == 403


def test_a_token_for_a_new_password_is_no_link(client: Client, admin: User) -> None:
    name = urlsafe_base64_encode(force_bytes(admin.pk))
    assert client.get(f"/accounts/link/{name}/{default_token_generator.make_token(admin)}/").status_code == 403


def test_the_first_password_is_chosen_without_an_old_one(client: Client, admin: User) -> None:
    client.get(link_of(admin))
    chosen = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}
    answer = client.post("/accounts/set-password/", chosen)
    assert (answer.status_code, answer["Location"]) == (302, "/ops/")
    assert User.objects.get().check_password("correct horse battery")
    assert client.session["_auth_user_id"] == str(admin.pk)


def test_a_bad_first_password_is_asked_for_again(client: Client, admin: User) -> None:
    client.get(link_of(admin))
    answer = client.post("/accounts/set-password/", {"new_password1": "short", "new_password2": "short"})
    assert answer.status_code == 200
    assert not User.objects.get().has_usable_password()


def test_who_has_a_password_changes_it_where_the_old_one_is_asked_for(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ada", password="x"))
    assert client.get("/accounts/set-password/")["Location"] == "/accounts/password_change/"


def test_choosing_a_password_needs_a_sign_in(client: Client) -> None:
    assert client.get("/accounts/set-password/")["Location"].startswith("/accounts/login/")


def test_the_link_of_a_waiting_administrator_is_in_a_file_of_its_owners(admin: User, state_dir: Path) -> None:
    link = first_sign_in.offer_link()
    file = state_dir / "sign-in-link"
    assert file.read_text(encoding="utf-8") == f"{link}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_file_goes_with_the_first_sign_in(client: Client, admin: User, state_dir: Path) -> None:
    first_sign_in.offer_link()
    client.get(link_of(admin))
    assert list(state_dir.iterdir()) == []


def test_the_file_goes_when_the_administrator_signs_in_by_password(
    client: Client, admin: User, state_dir: Path
) -> None:
    first_sign_in.offer_link()
    admin.set_password("correct horse battery")
    admin.save()
    client.post("/accounts/login/", {"username": "admin", "password": "correct horse battery"})
    assert list(state_dir.iterdir()) == []


def test_a_file_that_was_left_behind_goes_when_nobody_waits(state_dir: Path) -> None:
    User.objects.create_superuser("ada", password="x")
    (state_dir / "sign-in-link").touch()
    assert first_sign_in.offer_link() is None
    assert list(state_dir.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["admin"]])
def test_the_command_prints_a_link_that_works(client: Client, admin: User, arguments: list[str]) -> None:
    printed = StringIO()
    call_command("sign_in_link", *arguments, stdout=printed)
    assert client.get(urlsplit(printed.getvalue().strip()).path).status_code == 302


@pytest.mark.parametrize(("arguments", "message"), [([], "no active administrator"), (["bob"], "no active user 'bob'")])
def test_the_command_says_when_there_is_nobody(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("sign_in_link", *arguments)
