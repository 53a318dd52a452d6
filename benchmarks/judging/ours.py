"""Our evaluator on a database of its own: rules, series, snapshots, and the time of one cycle."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import median

from alerts import evaluation, roster
from alerts.models import Channel, Instance, Rule
from monitoring.clock import database_now, to_ms
from monitoring.models import Kind, Metric, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import sketch_of
from monitoring.storage import Storage

STEP = timedelta(seconds=10)
CYCLES = 9
MOST_CYCLES = 60
FIRING_EVERY = 100  # one in a hundred


class Scene:
    """``count`` series of the metric ``load``, and their rules; time goes on by ten seconds a cycle."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.now = database_now()
        self.round = 0
        Metric.objects.create(name="load", kind=Kind.GAUGE, most_series=count)  # a thousand, where nobody says more
        self._storage = Storage()
        self._keys = [SeriesKey("load", (("host", f"h{number}"),), Kind.GAUGE) for number in range(count)]

    def add_rules(self) -> None:
        rules = [Rule(name=f"rule-{self.count}-{number}", condition=condition(number)) for number in range(self.count)]
        _add(rules)
        evaluation.evaluate(self.now)

    def cycle(self) -> float:
        """A new snapshot of each series, another 1 % of them past the limit; seconds that judging them took."""
        self.now += STEP
        self.round += 1
        at_ms = to_ms(self.now)
        self._storage.write([Sample(key, at_ms, self._value(number)) for number, key in enumerate(self._keys)], at_ms)
        began = time.perf_counter()
        report = evaluation.evaluate(self.now)
        seconds = time.perf_counter() - began
        # at least: this process measures itself as well, and what it records is judged too
        assert report is not None and report.facts >= self.count and report.opened == self.count // FIRING_EVERY
        return seconds

    def _value(self, number: int) -> float:
        return 90.0 if (number + self.round) % FIRING_EVERY == 0 else 10.0


def condition(number: int) -> str:
    return f"name == 'load' and tags['host'] == 'h{number}' and value > 80"


def seconds_per_cycle(count: int) -> float:
    """The median of several, more of short ones. The first, which compiles, is not counted; later, as many resolve."""
    empty()
    scene = Scene(count)
    scene.add_rules()
    scene.cycle()
    cycles = CYCLES if count >= 10_000 else MOST_CYCLES
    return median(scene.cycle() for _ in range(cycles))


def seconds_per_window_cycle(rules: int, series: int, kind: Kind) -> float:
    """Every rule asks for p95 over five minutes of a metric of its own, ``series`` of them in all."""
    empty()
    now = database_now()
    each = series // rules
    keys = [
        SeriesKey(f"m{metric}", (("host", f"h{number}"),), kind) for metric in range(rules) for number in range(each)
    ]
    storage = Storage()
    for step in range(30):
        at_ms = to_ms(now - STEP * (29 - step))
        storage.write([_sample(key, at_ms, float((step * 7 + n) % 60)) for n, key in enumerate(keys)])
    _add([Rule(name=f"window-{n}", condition=f"p95('m{n}', '5m') > 80") for n in range(rules)])
    return median(_window_cycles(now))


def _sample(key: SeriesKey, at_ms: int, value: float) -> Sample:
    """A gauge's value, or a timing's interval with four calls, the slowest of which took as many seconds."""
    if key.kind == Kind.GAUGE:
        return Sample(key, at_ms, value)
    calls = [value / part for part in (4, 3, 2, 1)]
    sketch = sketch_of(calls)
    return Sample(key, at_ms, value, count=4, total=sum(calls), minimum=calls[0], maximum=value, sketch=sketch)


def _window_cycles(now: datetime) -> Iterator[float]:
    evaluation.evaluate(now)
    for number in range(1, 6):
        began = time.perf_counter()
        report = evaluation.evaluate(now + timedelta(milliseconds=number))
        yield time.perf_counter() - began
        assert report is not None and not report.broken


def seconds_of_nothing(count: int) -> float:
    """A cycle in which nothing is new."""
    empty()
    scene = Scene(count)
    scene.add_rules()
    return median(_timed(lambda: evaluation.evaluate(scene.now)) for _ in range(CYCLES))


def empty() -> None:
    """The database as before the first rule."""
    Instance.objects.all().delete()
    Rule.objects.all().delete()
    MetricSnapshot.objects.all()._raw_delete("default")
    Metric.objects.all().delete()
    roster.forget()


def _add(rules: list[Rule]) -> None:
    channel, _ = Channel.objects.get_or_create(name="log", kind=Channel.Kind.LOG)
    made = Rule.objects.bulk_create(rules, batch_size=500)
    through = Rule.channels.through
    through.objects.bulk_create([through(rule_id=rule.pk, channel_id=channel.pk) for rule in made], batch_size=500)


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
