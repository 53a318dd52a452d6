"""Secrets of channels, encrypted anew with the present key, one row at a time: whoever is interrupted begins again."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from django.db import connection

from alerts.models import Channel
from alerts.models.encrypted import decrypted, encrypted, is_of_present_key
from alerts.secrets import Unreadable

_TABLE = Channel._meta.db_table


@dataclass(slots=True)
class Rotation:
    """Names of channels, by what came of their secret."""

    rotated: list[str]
    current: list[str]
    unreadable: list[str]


def rotate() -> Rotation:
    """Encrypts each secret of a former key with the present one. What was changed meanwhile is left as it is now."""
    done = Rotation([], [], [])
    for row_id, name, token in list(_stored()):
        if is_of_present_key(token):
            done.current.append(name)
        elif isinstance(text := decrypted(token), Unreadable):
            done.unreadable.append(name)
        elif _replace(row_id, token, encrypted(text)):
            done.rotated.append(name)
    return done


def _stored() -> Iterator[tuple[int, str, str]]:
    """What is in the database, which the model's field would decrypt."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SELECT id, name, secret FROM {_TABLE} WHERE secret <> '' ORDER BY id")  # noqa: S608  (ours)
        yield from cursor.fetchall()


def _replace(row_id: int, token: str, new: str) -> bool:
    """Whether the row still had ``token``."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(
            f"UPDATE {_TABLE} SET secret = %s WHERE id = %s AND secret = %s",  # noqa: S608  (the table's name is ours)
            [new, row_id, token],
        )
        return bool(cursor.rowcount == 1)
