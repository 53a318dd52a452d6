"""A text column encrypted at rest with a key derived from ``settings.FIELD_KEY`` (Fernet: AES-128-CBC, HMAC)."""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from alerts.secrets import Unreadable


@lru_cache(maxsize=16)
def _cipher(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ahgd-ops field").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypted(text: str) -> str:
    """A token of the present key."""
    return _cipher(settings.FIELD_KEY).encrypt(text.encode()).decode()


def decrypted(token: str) -> str:
    """The text of a token of the present key or of a former one; of any other, ``Unreadable``."""
    keys = (settings.FIELD_KEY, *settings.FIELD_KEY_FALLBACKS)
    try:
        return MultiFernet([_cipher(key) for key in keys]).decrypt(token.encode()).decode()
    except InvalidToken:
        return Unreadable(token)


def is_of_present_key(token: str) -> bool:
    try:
        _cipher(settings.FIELD_KEY).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(models.TextField):
    """Text in Python, a Fernet token in the database. A token of another key reads as ``Unreadable``, and is kept."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return str(value)
        text = super().get_prep_value(value)
        return text if text in (None, "") else encrypted(text)

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> Any:
        if value in (None, ""):
            return value
        return decrypted(value)
