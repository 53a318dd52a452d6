"""The recorder of this process."""

import logging
import os
import threading
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

from caching import WrongValue
from monitoring.collectors.recorder import RecorderSampler
from monitoring.push import PushStorage
from monitoring.recorder import Recorder, Sampler
from monitoring.samples import Sample
from monitoring.standalone import pushing, setup

log = logging.getLogger(__name__)

_lock = threading.Lock()
_recorder: Recorder | None = None


def get_recorder() -> Recorder:
    """Made at the first sample; where Django has no settings, ``monitoring.setup()`` is called for it."""
    return _recorder or _make()


def _make() -> Recorder:
    global _recorder
    with _lock:
        if _recorder is None:
            _recorder = _configured()
            os.register_at_fork(after_in_child=_recorder.after_fork)
        return _recorder


def _configured() -> Recorder:
    try:
        config = setup()
    except (ImproperlyConfigured, WrongValue) as wrong:  # recording never raises into those who record
        log.error("Nothing that is measured in this process will be stored: %s", wrong)
        return Recorder(flush_seconds=None)
    pushed = pushing()
    storage = None if pushed is None else PushStorage(pushed.push_url, pushed.push_token)
    recorder = Recorder(config.flush_seconds, storage)
    recorder.set_sampler("recorder", RecorderSampler(recorder, config.instance))
    recorder.set_sampler("queries", _queries(recorder, keeps_texts=pushed is None))
    return recorder


def _queries(recorder: Recorder, keeps_texts: bool) -> Sampler:
    """Its models can be loaded only once Django is set up, and the first sample may come earlier.

    Texts of queries go to the database, so where there is none they are not kept.
    """

    def sample(now_ms: int) -> Iterable[Sample]:
        from monitoring.automatic import executions
        from monitoring.queries.sampler import QuerySampler

        sampler = QuerySampler(executions, recorder, keeps_texts)
        recorder.set_sampler("queries", sampler)
        return sampler(now_ms)

    return sample
