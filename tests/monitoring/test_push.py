"""A recorder that pushes, to a console that is there, away, slow to answer or of another opinion."""

import json
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitoring.models import Kind
from monitoring.push import PushStorage
from monitoring.recorder import Recorder
from monitoring.samples import SeriesKey

COUNTER = SeriesKey("logins_total", (), Kind.COUNTER)
POISON = SeriesKey("poison", (), Kind.GAUGE)


class FakeConsole:
    """Takes each delivery once, as the real one does (tests/journeys/test_push.py); ``mood`` is what it answers."""

    def __init__(self) -> None:
        self.mood = 200
        self.loses_answers = False
        self.patience = 1000  # deliveries until it is away
        self.taken: dict[str, list[float]] = {}
        self.requests = 0

    def answer(self, request: Request) -> Response:
        self.requests += 1
        samples = json.loads(request.data)["samples"]
        self.patience -= self.mood == 200
        if self.mood != 200 or self.patience < 0:
            return Response('{"detail": "not now"}', self.mood if self.mood != 200 else 503)
        if any(one["name"] == "poison" for one in samples):
            return Response('{"detail": "poison"}', 422)
        assert request.headers["Authorization"] == "Bearer ahgd_token"
        self.taken.setdefault(request.headers["Idempotency-Key"], [one["value"] for one in samples])
        return Response("lost", 502) if self.loses_answers else Response("{}", 200)

    @property
    def total(self) -> float:
        return sum(sum(values) for values in self.taken.values())


@pytest.fixture
def console(httpserver: HTTPServer) -> Iterator[FakeConsole]:
    console = FakeConsole()
    httpserver.expect_request("/base/api/metrics", method="POST").respond_with_handler(console.answer)
    yield console
    httpserver.clear()


@pytest.fixture
def recorder(console: FakeConsole, httpserver: HTTPServer) -> Recorder:
    return Recorder(flush_seconds=None, storage=PushStorage(httpserver.url_for("/base"), "ahgd_token", 30))


def record(recorder: Recorder, value: float, times: int = 1) -> None:
    for number in range(times):
        recorder.record(COUNTER, value)
        recorder.flush(1_800_000_000_000 + number)


def test_what_was_recorded_arrives(recorder: Recorder, console: FakeConsole) -> None:
    recorder.record(COUNTER, 3)
    assert recorder.flush() == 1
    assert console.total == 3
    assert recorder.unsaved() == []


@pytest.mark.parametrize("mood", [401, 403, 429, 500, 503])
def test_nothing_is_lost_while_the_console_takes_nothing(recorder: Recorder, console: FakeConsole, mood: int) -> None:
    console.mood = mood
    record(recorder, 1, times=5)
    assert recorder.last_error == f"{mood}: not now"
    console.mood = 200
    record(recorder, 1)
    assert console.total == 6
    assert (recorder.last_error, recorder.dropped) == ("", 0)


def test_nothing_is_lost_while_nobody_listens(recorder: Recorder, console: FakeConsole, httpserver: HTTPServer) -> None:
    away = Recorder(flush_seconds=None, storage=PushStorage("http://127.0.0.1:1", "ahgd_token"))
    record(away, 1, times=3)
    assert "ConnectionRefusedError" in away.last_error
    assert [sample.value for sample in away.unsaved()] == [1, 1, 1]


def test_a_batch_whose_answer_was_lost_counts_once(recorder: Recorder, console: FakeConsole) -> None:
    console.loses_answers = True
    record(recorder, 1, times=3)
    console.loses_answers = False
    record(recorder, 1)
    assert console.total == 4


def test_a_long_outage_is_caught_up_in_batches(recorder: Recorder, console: FakeConsole) -> None:
    console.mood = 503
    record(recorder, 1, times=2500)
    console.mood, console.requests = 200, 0
    recorder.flush()
    assert console.total == 2500
    assert console.requests == 4  # the first sample alone, as it was sent first


def test_what_is_done_before_it_goes_away_is_not_sent_again(recorder: Recorder, console: FakeConsole) -> None:
    console.mood = 503
    record(recorder, 1, times=2500)
    console.mood, console.patience = 200, 2
    recorder.flush()
    assert console.total == 1001
    assert len(recorder.unsaved()) == 1499
    console.patience = 1000
    recorder.flush()
    assert console.total == 2500


def test_one_that_the_console_never_takes_holds_back_no_other(recorder: Recorder, console: FakeConsole) -> None:
    recorder.record(COUNTER, 1)
    recorder.record(POISON, 1)
    recorder.record(SeriesKey("other_total", (), Kind.COUNTER), 2)
    assert recorder.flush() == 2
    assert console.total == 3
    assert recorder.dropped == 1
    assert recorder.unsaved() == []
