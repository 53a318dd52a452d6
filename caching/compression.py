"""``compress_data`` and ``decompress_data``: values as small, signed bytes, for whoever stores them on their own."""

from typing import Any

from caching.codec import NEVER, Envelope, NotOurs, Unstorable, pack, seal, unseal
from caching.process import get_cache_manager

__all__ = ["NotOurs", "Unstorable", "compress_data", "decompress_data"]

_KEY = "compress_data"


def compress_data(value: Any) -> bytes:
    """Any value that can be pickled, in the cache's own format, signed with its key. ``Unstorable`` when it cannot."""
    return b"".join(seal(Envelope(_KEY, NEVER, NEVER, b""), pack(value, 0), get_cache_manager().shared.signer))


def decompress_data(data: bytes) -> Any:
    """What was given to ``compress_data``. ``NotOurs`` when the bytes are not its, and then nothing of them is run."""
    return unseal(data, _KEY, get_cache_manager().shared.signer).load()
