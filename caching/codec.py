"""How a value travels to the file tier and to Redis: one self-contained, signed entry.

    signature 16 | magic 4 | flags 1 | buffers 2 | key 4 | tags 4 | body 8 | fresh until 8 | kept until 8 | stamp 8
    then: lengths of the buffers, key, tags, body

The body is a pickle of protocol 5 with its buffers out of band (PEP 574), in one lz4 frame where that makes it
smaller. The signature covers all that follows it and is checked before anything else is looked at: a damaged, foreign
or tampered entry raises ``NotOurs`` and is never run. Why these: docs/decisions/0034-cache-codec.md.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, NamedTuple

from lz4 import frame as lz4

from caching.signing import SIGNATURE_BYTES, Buffer, Signer

TOKEN_BYTES = 8
NEVER = float("inf")
_MAGIC = b"AHC\x01"
_HEAD = Struct("<16s4sBHIIQdd8s")
_LENGTH = Struct("<Q")
_COMPRESSED, _LOCAL = 1, 2
_SAMPLE_BYTES = 65536
_ALIGNED = 16  # arrays are rebuilt on the buffers where they lie, and some code of pandas wants them aligned
_WORTH = 0.9
_MOST_BUFFERS = 250  # more are pickled with the rest: a file takes 1024 parts at a time
_SHORT_BYTES = 65536  # what is quicker copied than handled in parts
_PADDINGS = tuple(bytes(length) for length in range(_ALIGNED))
PEEK_BYTES = _HEAD.size

TagToken = tuple[str, bytes]


class NotOurs(Exception):
    """The bytes are no entry that this program stored under this key; the text says why."""


class Unstorable(TypeError):
    """The value cannot be pickled, so no tier can keep it."""


class Envelope(NamedTuple):
    """What is known of a value besides itself. Times are seconds since the epoch.

    From ``fresh_until`` to ``kept_until`` the value is stale: only ``get_or_set`` hands it out, while one caller
    computes. ``stamp`` tells two values of one key apart. A ``is_local`` entry could not be written to the outermost
    tier, so it is not missed there.
    """

    key: str
    fresh_until: float
    kept_until: float
    stamp: bytes
    tags: tuple[TagToken, ...] = ()
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A value pickled and, perhaps, compressed."""

    parts: tuple[Buffer, ...]
    lengths: tuple[int, ...]
    is_compressed: bool

    @property
    def size_bytes(self) -> int:
        return sum(map(_length, self.parts))


class Opened(NamedTuple):
    """A verified entry. Named tuples, here and above, are made four times as fast as frozen dataclasses."""

    envelope: Envelope
    body: memoryview
    lengths: tuple[int, ...]
    is_compressed: bool

    def load(self) -> Any:
        """The value, the caller's own. NotOurs when it cannot be rebuilt here, for want of a class, say."""
        try:
            if len(self.lengths) == 1:
                return pickle.loads(self._plain())  # noqa: S301  (our signature is on it)
            buffers = list(_cut(self._plain(), self.lengths))
            return pickle.loads(buffers[0], buffers=buffers[1:])  # noqa: S301  (as above)
        except Exception as error:  # whatever the value's classes raise while they are rebuilt
            raise NotOurs(f"cannot be rebuilt: {type(error).__name__}: {error}") from error

    def _plain(self) -> memoryview:
        if self.is_compressed:
            return memoryview(lz4.decompress(self.body, return_bytearray=True))
        if self.body.readonly and len(self.lengths) > 1:  # arrays lie on it, and the caller may write to them
            return memoryview(bytearray(self.body))
        return self.body


def pack(value: Any, threshold_bytes: float) -> Packed:
    """Bodies of more than ``threshold_bytes`` are compressed. Unstorable when the value cannot be pickled."""
    buffers: list[pickle.PickleBuffer] = []
    try:
        head = pickle.dumps(value, 5, buffer_callback=buffers.append)
        if not buffers:
            return _compressed_text(head, threshold_bytes)
        if len(buffers) > _MOST_BUFFERS:
            return _compressed((pickle.dumps(value, 5),), threshold_bytes)
        parts: tuple[Buffer, ...] = (head, *(buffer.raw() for buffer in buffers))
    except BufferError:  # not contiguous
        return _compressed((pickle.dumps(value, 5),), threshold_bytes)
    except Exception as error:  # whatever the value's classes raise while they are pickled
        raise Unstorable(f"a {type(value).__name__} cannot be kept: {error}") from error
    return _compressed(parts, threshold_bytes)


def seal(envelope: Envelope, packed: Packed, signer: Signer) -> tuple[Buffer, ...]:
    """The entry, in parts that follow one another."""
    key = encoded(envelope.key)
    tags = b"".join([token + encoded(tag) + b"\0" for tag, token in envelope.tags]) if envelope.tags else b""
    flags = _COMPRESSED * packed.is_compressed | _LOCAL * envelope.is_local
    parts, lengths = packed.parts, packed.lengths
    is_short = len(parts) == 1 and len(parts[0]) <= _SHORT_BYTES
    head = _HEAD.pack(
        b"", _MAGIC, flags, len(lengths), len(key), len(tags), len(parts[0]) if is_short else packed.size_bytes,
        envelope.fresh_until, envelope.kept_until, envelope.stamp,
    )[SIGNATURE_BYTES:]  # fmt: skip
    start = head + (_LENGTH.pack(*lengths) if len(lengths) == 1 else Struct(f"<{len(lengths)}Q").pack(*lengths))
    start += key + tags
    start += _padding(len(start))
    signed = (start + parts[0],) if is_short else (start, *parts)
    return (signer.sign(signed), *signed)


def unseal(entry: Buffer, key: str, signer: Signer) -> Opened:
    """The entry stored under ``key``. NotOurs when it is damaged, foreign or of another key."""
    if len(entry) < _HEAD.size:
        raise NotOurs("too short")
    view = memoryview(entry)
    signature, magic, flags, count, key_size, tags_size, size, fresh, kept, stamp = _HEAD.unpack_from(view)
    if magic != _MAGIC:
        raise NotOurs("of another format")
    if not signer.verifies(signature, view[SIGNATURE_BYTES:]):
        raise NotOurs("damaged, or signed with another key")
    start = _HEAD.size + 8 * count
    lengths = (_LENGTH if count == 1 else Struct(f"<{count}Q")).unpack_from(view, _HEAD.size)
    if view[start : start + key_size] != encoded(key):
        raise NotOurs("of another key")
    tags = tuple(_tags(bytes(view[start + key_size : start + key_size + tags_size]))) if tags_size else ()
    envelope = Envelope(key, fresh, kept, stamp, tags, bool(flags & _LOCAL))
    return Opened(envelope, view[len(entry) - size :], lengths, bool(flags & _COMPRESSED))


def stamp_of(start: Buffer) -> bytes:
    """The stamp in the first ``PEEK_BYTES`` of an entry, unverified: it is good for comparing only."""
    return bytes(start[PEEK_BYTES - TOKEN_BYTES : PEEK_BYTES])


def key_place(start: Buffer) -> tuple[int, int] | None:
    """Where the key lies in the entry, unverified, by its first ``PEEK_BYTES``; None when it is no entry."""
    if len(start) < _HEAD.size or bytes(start[16:20]) != _MAGIC:
        return None
    _, _, _, count, key_size, *_ = _HEAD.unpack_from(start)
    at = _HEAD.size + 8 * count
    return at, at + key_size


def encoded(text: str) -> bytes:
    """Of any text, as of file names that are no proper text, ``decoded`` gives the same again."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str | None:
    """None when it was not made by ``encoded``."""
    try:
        return text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _compressed_text(head: bytes, threshold_bytes: float) -> Packed:
    """What has no buffers, as most values that are short."""
    length = len(head)
    if length > _SHORT_BYTES:
        return _compressed((head,), threshold_bytes)
    if length > threshold_bytes:
        small = lz4.compress(head, block_size=lz4.BLOCKSIZE_MAX64KB)
        if len(small) < _WORTH * length:
            return Packed((small,), (length,), True)
    return Packed((head,), (length,), False)


def _compressed(parts: tuple[Buffer, ...], threshold_bytes: float) -> Packed:
    lengths = tuple(map(_length, parts))
    if len(parts) > 1:
        parts = tuple(piece for part, length in zip(parts, lengths, strict=True) for piece in (part, _padding(length)))
    if sum(lengths) > threshold_bytes:
        plain = b"".join(parts)
        if len(plain) <= _SAMPLE_BYTES or _shrinks(plain[-_SAMPLE_BYTES:]):
            small = lz4.compress(plain, block_size=lz4.BLOCKSIZE_MAX1MB)  # of 4 MiB it is four times slower to read
            if len(small) < _WORTH * len(plain):
                return Packed((small,), lengths, True)
    return Packed(parts, lengths, False)


def _shrinks(sample: bytes) -> bool:
    return len(lz4.compress(sample)) < _WORTH * len(sample)


def _length(part: Buffer) -> int:
    return part.nbytes if isinstance(part, memoryview) else len(part)


def _cut(plain: memoryview, lengths: Sequence[int]) -> Iterator[memoryview]:
    at = 0
    for length in lengths:
        yield plain[at : at + length]
        at += length + -length % _ALIGNED


def _padding(length: int) -> bytes:
    return _PADDINGS[-length % _ALIGNED]


def _tags(text: bytes) -> Iterator[TagToken]:
    at = 0
    while at < len(text):
        end = text.index(b"\0", at + TOKEN_BYTES)
        yield text[at + TOKEN_BYTES : end].decode("utf-8", "surrogatepass"), text[at : at + TOKEN_BYTES]
        at = end + 1
