"""A recorder's storage where the database is not reached: samples go to the console's ``POST /api/metrics``.

What the console has not taken stays with the recorder, which keeps the newest of it. A batch whose answer was lost is
sent again as it was, under the name it had, so that it counts once.
"""

import json
import logging
import ssl
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from monitoring.ingest.json_writing import encode
from monitoring.samples import Sample
from monitoring.unsent import Unsent

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
_MOST_AT_ONCE = 1000
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class _Refused(Exception):
    """The console will never take this batch as it is."""


@dataclass(slots=True)
class _Batch:
    samples: list[Sample]
    name: str


class PushStorage:
    """``url`` is the console's address, with or without ``/api/metrics``."""

    def __init__(self, url: str, token: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._is_tls = parts.hostname or "", parts.port, parts.scheme == "https"
        self._path = f"{parts.path.rstrip('/').removesuffix('/api/metrics')}/api/metrics"
        self._token = token
        self._patience_seconds = patience_seconds
        self._doubtful: _Batch | None = None

    def after_fork(self) -> None:
        """In a child: the parent sends its own again."""
        self._doubtful = None

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        """Sends all of them and gives how many the console has taken; one that it refuses is dropped, with a warning.

        Raises Unsent, with how many are done with, when the console is away or asks to wait.
        """
        done = stored = 0
        todo = self._batches(samples)
        while todo:
            batch = todo.pop()
            try:
                self._send(batch)
                stored += len(batch.samples)
            except _Refused as refused:
                if len(batch.samples) > 1:
                    todo += _halves(batch)
                    continue
                log.warning("The console does not take a sample of %r: %s", batch.samples[0].key.name, refused)
            except Unsent as unsent:
                self._doubtful = batch
                raise Unsent(str(unsent), done, stored) from unsent
            done += len(batch.samples)
        return stored

    def _batches(self, samples: Sequence[Sample]) -> list[_Batch]:
        """The last one is sent first. What was in doubt comes first, as it was, unless the recorder let go of it."""
        doubtful, self._doubtful = self._doubtful, None
        begin = 0
        batches = []
        if doubtful is not None and _begins_with(samples, doubtful.samples):
            batches.append(doubtful)
            begin = len(doubtful.samples)
        starts = range(begin, len(samples), _MOST_AT_ONCE)
        batches += [_Batch(list(samples[start : start + _MOST_AT_ONCE]), uuid.uuid4().hex) for start in starts]
        return batches[::-1]

    def _send(self, batch: _Batch) -> None:
        """Raises Unsent or _Refused."""
        try:
            status, answer = self._post(encode(batch.samples), batch.name)
        except (OSError, HTTPException) as error:
            raise Unsent(f"{type(error).__name__}: {error}") from error
        if status in _REFUSALS:
            raise _Refused(_detail(answer))
        if status != HTTPStatus.OK:
            raise Unsent(f"{status}: {_detail(answer)}")

    def _post(self, body: bytes, name: str) -> tuple[int, bytes]:
        """No redirect is followed: the token is for this address."""
        connection = self._connection()
        try:
            headers = {"Content-Type": "application/json", "Idempotency-Key": name}
            headers["Authorization"] = f"Bearer {self._token}"
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(100_000)
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        if not self._is_tls:
            return HTTPConnection(self._host, self._port, timeout=self._patience_seconds)
        context = ssl.create_default_context()
        return HTTPSConnection(self._host, self._port, timeout=self._patience_seconds, context=context)


def _begins_with(samples: Sequence[Sample], first: Sequence[Sample]) -> bool:
    return len(first) <= len(samples) and all(one is other for one, other in zip(samples, first, strict=False))


def _halves(batch: _Batch) -> list[_Batch]:
    middle = len(batch.samples) // 2
    parts = (batch.samples[middle:], batch.samples[:middle])
    return [_Batch(part, uuid.uuid4().hex) for part in parts]


def _detail(answer: bytes) -> str:
    """What the console says is wrong; the first words of anything else."""
    try:
        return str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return answer[:100].decode("utf-8", "replace")
