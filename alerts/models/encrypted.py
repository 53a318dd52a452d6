"""A text column encrypted at rest with a key derived from ``settings.FIELD_KEY`` (Fernet: AES-128-CBC, HMAC)."""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from alerts.secrets import Unreadable


@lru_cache(maxsize=4)
def _cipher(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ahgd-ops field").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class EncryptedTextField(models.TextField):
    """Text in Python, a Fernet token in the database. A token of another key reads as ``Unreadable``, and is kept."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return str(value)
        text = super().get_prep_value(value)
        return text if text in (None, "") else _cipher(settings.FIELD_KEY).encrypt(text.encode()).decode()

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> Any:
        if value in (None, ""):
            return value
        try:
            return _cipher(settings.FIELD_KEY).decrypt(value.encode()).decode()
        except InvalidToken:
            return Unreadable(value)
