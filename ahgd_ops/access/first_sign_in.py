"""The first way in: a link that signs its user in once, on this machine only, until somebody has signed in."""

import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from ahgd_ops.access.proxies import is_local

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInTokens(PasswordResetTokenGenerator):
    """Tokens that the sign-in itself uses up: they cover ``last_login``. A password reset's do not fit here."""

    key_salt = "ahgd_ops.access.first_sign_in.SignInTokens"


tokens = SignInTokens()


def link_for(user: User) -> str:
    """An address of this machine that signs ``user`` in, once."""
    name = urlsafe_base64_encode(force_bytes(user.pk))
    return f"http://localhost:{settings.CONFIG.port}{reverse('sign-in-by-link', args=[name, tokens.make_token(user)])}"


def link_file() -> Path:
    return Path(settings.STATE_DIR) / "sign-in-link"


def offer_link() -> str | None:
    """Puts a link for an administrator who never signed in and has no password into a file only the owner can read."""
    waiting = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if waiting is None or waiting.last_login is not None or waiting.has_usable_password():
        withdraw_link()
        return None
    link = link_for(waiting)
    draft = link_file().with_name(f"sign-in-link.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{link}\n")
    draft.replace(link_file())
    return link


def withdraw_link() -> None:
    """Takes away the file with the link, of which there may be none."""
    link_file().unlink(missing_ok=True)


@login_not_required
@never_cache
@require_GET
def sign_in_by_link(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    if not is_local(request):
        return _refused(request, "This link works only in a browser on the machine that runs the console.")
    user = _user(uidb64)
    if user is None or not tokens.check_token(user, token) or not _use_up(user):
        return _refused(request, "This link was used already, or is too old. `manage.py sign_in_link` makes a new one.")
    login(request, user, backend=_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL if user.has_usable_password() else "set-password")


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """For somebody who came by a link and has no password; who has one changes it where the old one is asked for."""
    user = request.user
    if not isinstance(user, User) or user.has_usable_password():
        return redirect("password_change")
    form = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "registration/set_password.html", {"form": form})


def _user(uidb64: str) -> User | None:
    try:
        return User.objects.filter(pk=int(urlsafe_base64_decode(uidb64)), is_active=True).first()
    except (ValueError, OverflowError):
        return None


def _use_up(user: User) -> bool:
    """Whether this request is the one that uses the token; of two at once, one is."""
    now = timezone.now()
    return bool(User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now))


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "403.html", {"reason": reason}, status=403)
