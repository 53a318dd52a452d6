"""Times that several series share: those of rounds in which they were recorded together, packed once a block.

Chunks name them, and they are never changed: a chunk whose samples become more names others. What no chunk names any
more is deleted later. Called inside a transaction that ``chunks.alone`` began.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, TypeVar

import numpy as np

from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.columns import Damaged, is_even
from monitoring.keeping.frame import Frame, Integers
from monitoring.keeping.packing import pack_times, unpack_times
from monitoring.models import ChunkTimes

FEWEST_SAMPLES: Final = 16
"""Below that a row of its own takes more than times do."""
Key = TypeVar("Key")


def shared(frames: Mapping[Key, Frame]) -> dict[Key, ChunkTimes]:
    """The times of those frames that others of them have as well, or that are kept already."""
    digests = {key: _digest(frame.at) for key, frame in frames.items() if _is_worth_it(frame.at)}
    if not digests:
        return {}
    times = {digest: frames[key].at for key, digest in digests.items()}
    known = {digest: row for digest, row in _known(times).items() if _has(row, times[digest])}
    for digest in times.keys() - known.keys():
        if sum(one == digest for one in digests.values()) > 1:
            known[digest] = _made(digest, times[digest])
    return {key: known[digest] for key, digest in digests.items() if digest in known}


def _is_worth_it(at: Integers) -> bool:
    return len(at) >= FEWEST_SAMPLES and not is_even(at)


def _digest(at: Integers) -> bytes:
    return blake2b(np.ascontiguousarray(at, "<i8").tobytes(), digest_size=16).digest()


def _known(times: Mapping[bytes, Integers]) -> dict[bytes, ChunkTimes]:
    return {bytes(row.digest): row for row in ChunkTimes.objects.filter(digest__in=list(times))}


def _has(row: ChunkTimes, at: Integers) -> bool:
    """Whether it can be read and says so; damaged ones are given up."""
    try:
        return np.array_equal(unpack_times(bytes(row.payload)), at)
    except (Damaged, CodecMissing):
        return False


def _made(digest: bytes, at: Integers) -> ChunkTimes:
    """In the place of one that was damaged: whoever named that has its times back."""
    row, _ = ChunkTimes.objects.update_or_create(digest=digest, defaults={"payload": pack_times(at)})
    return row
