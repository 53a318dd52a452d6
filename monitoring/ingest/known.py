"""Which samples are here already: as rows, or packed into chunks."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import F

from monitoring.keeping.blocks import block_of
from monitoring.keeping.chunks import ChunkDamaged, opened
from monitoring.keeping.codecs import CodecMissing
from monitoring.models import MetricChunk, MetricSnapshot, Resolution

Moment = tuple[str, int]
"""Of a sample: the fingerprint of its series, and its time in ms."""
_AT_ONCE = 500


def present(moments: Iterable[Moment]) -> set[Moment]:
    """Those at which their series has a sample. One whose chunk cannot be read counts as new."""
    in_order = iter(sorted(set(moments), key=_time))  # neighbours share chunks, and times
    found = set[Moment]()
    while some := set(islice(in_order, _AT_ONCE)):
        found |= some.intersection(_rows(some))
        found |= some.intersection(_sealed(some))  # after the rows: what is being packed meanwhile is in either
    return found


def _rows(moments: set[Moment]) -> Iterable[Moment]:
    names, times = {name for name, _ in moments}, {at for _, at in moments}
    rows = MetricSnapshot.objects.filter(series__fingerprint__in=names, at__in=times)
    return rows.values_list("series__fingerprint", "at").iterator()


def _sealed(moments: set[Moment]) -> Iterator[Moment]:
    wanted = {(name, block_of(at, Resolution.RAW)) for name, at in moments}
    names, blocks = {name for name, _ in wanted}, {block for _, block in wanted}
    chunks = MetricChunk.objects.filter(
        series__fingerprint__in=names,
        resolution=Resolution.RAW,
        start__in=blocks,
        end__gte=min(at for _, at in moments),  # so that for what is young nothing is unpacked
    )
    for chunk in chunks.annotate(name=F("series__fingerprint")).select_related("times").iterator(chunk_size=20):
        if (chunk.name, chunk.start) in wanted:
            yield from ((chunk.name, at) for at in _times(chunk))


def _times(chunk: MetricChunk) -> list[int]:
    try:
        return [int(at) for at in opened(chunk).at]
    except (ChunkDamaged, CodecMissing):  # ``metrics verify`` names it
        return []


def _time(moment: Moment) -> int:
    return moment[1]
