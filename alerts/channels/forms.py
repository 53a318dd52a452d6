"""What the settings of a channel may be, said in a way that a form can show."""

from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError

from alerts.channels.base import SettingsRefused, Transport
from alerts.channels.kinds import transport


def validate_settings(kind: str, settings: Any) -> None:
    """Raises ValidationError when a channel of this kind cannot work with ``settings``."""
    chosen = transport(kind)
    try:
        _check_names(chosen, settings)
        chosen.check(settings)
    except SettingsRefused as refused:
        raise ValidationError(str(refused), code="settings") from refused


def validate_secret(kind: str, secret: str) -> None:
    """Raises ValidationError when a channel of this kind has no use for ``secret``; empty is always allowed."""
    chosen = transport(kind)
    if secret and not chosen.takes_secret:
        raise ValidationError(f"A channel of kind {kind} uses no secret; leave it empty.", code="secret")
    try:
        chosen.check_secret(secret)
    except SettingsRefused as refused:
        raise ValidationError(str(refused), code="secret") from refused


def require_secret(kind: str, secret: str) -> None:
    """Raises ValidationError when a channel of this kind cannot work without a secret and has none."""
    if transport(kind).needs_secret and not secret:
        raise ValidationError(f"A channel of kind {kind} needs a secret: the address it sends to.", code="secret")


def _check_names(chosen: Transport, settings: Any) -> None:
    if not isinstance(settings, dict):
        raise SettingsRefused("Settings have to be a JSON object, such as {}.")
    for name in settings.keys() - chosen.known:
        close = get_close_matches(name, chosen.known, n=1)
        known = ", ".join(sorted(chosen.known)) or "none"
        raise SettingsRefused(
            f"{name!r} is not a setting of {chosen.kind} channels."
            + (f" Did you mean {close[0]!r}?" if close else f" Known: {known}.")
        )
