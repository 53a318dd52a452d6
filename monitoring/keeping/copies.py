"""Copies of what is kept, as files: written whole or not at all, and read back block by block."""

import os
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import DatabaseError

from monitoring.keeping import openmetrics, parquet
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.columns import Damaged
from monitoring.keeping.importing import take_in
from monitoring.keeping.parcels import Parcel, labels, parcels, whole

PARQUET, OPENMETRICS = "parquet", "openmetrics"
FORMATS: Final = (PARQUET, OPENMETRICS)
Tell = Callable[[int, int], None]
"""Called with how far it is: series that are done, and all; of imports samples read and new ones."""


class NotCopied(ValueError):
    """The copy cannot be written or read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Copied:
    series: int
    samples: int


def format_of(path: Path, asked: str | None) -> str:
    """As asked, or as the name says: .parquet, or anything else for OpenMetrics."""
    return asked or (PARQUET if path.suffix == ".parquet" else OPENMETRICS)


def export(
    path: Path, form: str, start_ms: int, end_ms: int, tell: Tell, metrics: Collection[str] | None = None
) -> Copied:
    """Writes beside ``path`` and renames at the end. Raises NotCopied."""
    of = labels(metrics)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")  # another export may run

    def told() -> Iterator[Parcel]:
        for done, found in enumerate(parcels(of, start_ms, end_ms), 1):
            yield from found
            tell(done, len(of))

    try:
        if form == PARQUET:
            samples = parquet.write(unfinished, told())
        else:
            with unfinished.open("w", encoding="utf-8") as out:
                samples = openmetrics.write(out, told())
        os.replace(unfinished, path)
    except OSError as error:
        raise NotCopied(f"{path} cannot be written: {error.strerror or error}") from error
    except (Damaged, CodecMissing) as error:
        raise NotCopied(f"A chunk cannot be read (manage.py metrics verify names it): {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Copied(len(of), samples)


def take_copy(path: Path, form: str, tell: Tell) -> int:
    """Adds what is not here yet; gives how many samples that were. Killed, it can be run again. Raises NotCopied."""
    read = new = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as text:
            for parcel in whole(openmetrics.read(text) if form == OPENMETRICS else parquet.read(path)):
                new += take_in(parcel)
                read += len(parcel.frame)
                tell(read, new)
    except OSError as error:
        raise NotCopied(f"{path} cannot be read: {error.strerror or error}") from error
    except DatabaseError as error:  # a full disk, say, or a series that was deleted meanwhile
        raise NotCopied(f"The database did not take it: {error}.") from error
    except (CodecMissing, ValueError) as error:  # NotOurs of all three, OtherKind, ChunkDamaged, and text that is none
        raise NotCopied(str(error)) from error
    return new
