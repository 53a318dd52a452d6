"""Which of some times are those of sealed samples: what comes again may have been packed since it came first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from monitoring.keeping.blocks import block_of
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.columns import Damaged
from monitoring.keeping.packing import unpack
from monitoring.models import MetricChunk, Resolution
from monitoring.windows import VALUES

Moment = tuple[str, int]  # fingerprint of a series, ms since the epoch


def sealed(among: Collection[Moment]) -> Iterator[Moment]:
    """Those of ``among`` that chunks have. One that cannot be read, which ``metrics verify`` names, has none."""
    wanted: defaultdict[Moment, set[int]] = defaultdict(set)
    for name, at in among:
        wanted[name, block_of(at, Resolution.RAW)].add(at)
    if not wanted:
        return
    chunks = MetricChunk.objects.filter(
        resolution=Resolution.RAW,
        series__fingerprint__in={name for name, _ in wanted},
        start__in={block for _, block in wanted},
        end__gte=min(at for _, at in among),  # so that what is young unpacks nothing
    ).values_list("series__fingerprint", "start", "end", "payload", "times__payload")
    for name, block, end, payload, times in chunks.iterator(chunk_size=100):
        late = [at for at in wanted.get((name, block), ()) if at <= end]
        if late:
            yield from ((name, at) for at in set(_times(payload, times)).intersection(late))


def _times(payload: Any, times: Any) -> Iterable[int]:
    try:
        found: list[int] = unpack(bytes(payload), VALUES, None if times is None else bytes(times)).at.tolist()
    except (Damaged, CodecMissing):
        return ()
    return found
