"""Copies as Parquet: a row for each sample, which any tool reads, and every bit of it."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from monitoring.keeping.checking import fields_of
from monitoring.keeping.frame import NO_COUNT, Frame
from monitoring.keeping.parcels import Label, NotOurs, Parcel
from monitoring.kinds import Kind
from monitoring.models import Resolution
from monitoring.samples import sorted_tags

_TEXTS: Final = ("metric", "tags", "kind", "unit", "category", "help")
_FLOATS: Final = ("value", "total", "minimum", "maximum")
SCHEMA: Final = pa.schema(
    [
        *((name, pa.dictionary(pa.int32(), pa.string())) for name in _TEXTS),
        ("resolution_seconds", pa.int16()),
        ("at", pa.timestamp("ms", tz="UTC")),
        ("value", pa.float64()),
        ("count", pa.int64()),
        ("total", pa.float64()),
        ("minimum", pa.float64()),
        ("maximum", pa.float64()),
        ("sketch", pa.binary()),
        ("edited", pa.bool_()),
    ]
)
_BATCH: Final = 100_000


def write(path: Path, parcels: Iterable[Parcel]) -> int:
    """Gives the number of samples."""
    written = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
        for parcel in parcels:
            file.write_table(_table(parcel))
            written += len(parcel.frame)
    return written


def read(path: Path) -> Iterator[Parcel]:
    """Raises NotOurs."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise NotOurs(f"{path} cannot be read as Parquet: {error}") from error
    missing = set(SCHEMA.names) - set(file.schema_arrow.names)
    if missing:
        raise NotOurs(f"{path} has no columns {', '.join(sorted(missing))}")
    for batch in file.iter_batches(batch_size=_BATCH, columns=SCHEMA.names):
        yield from _parcels(pa.Table.from_batches([batch]))


def _table(parcel: Parcel) -> Any:
    frame, size = parcel.frame, len(parcel.frame)
    texts = _texts(parcel.label)
    columns: dict[str, Any] = {
        name: pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), [text]) for name, text in texts.items()
    }
    columns["resolution_seconds"] = np.full(size, int(parcel.resolution), np.int16)
    columns["at"] = pa.array(frame.at, pa.timestamp("ms", tz="UTC"))
    counts = frame.filled("count")
    columns["count"] = pa.array(counts, pa.int64(), mask=counts == NO_COUNT)
    for name in _FLOATS:
        found = frame.filled(name)
        columns[name] = pa.array(found, pa.float64(), mask=np.isnan(found))
    columns["sketch"] = pa.array(frame.filled("sketches").tolist(), pa.binary())
    columns["edited"] = pa.array(frame.filled("edited"))
    return pa.table(columns, schema=SCHEMA)


def _texts(label: Label) -> dict[str, str]:
    tags = json.dumps(dict(label.tags), ensure_ascii=False, separators=(",", ":"))
    return dict(
        zip(_TEXTS, (label.metric, tags, label.kind.value, label.unit, label.category, label.help), strict=True)
    )


def _parcels(table: Any) -> Iterator[Parcel]:
    """A parcel for each run of rows of one series."""
    names = [table.column(name).to_pylist() for name in (*_TEXTS, "resolution_seconds")]
    columns = _columns(table)
    place = 0
    for of, run in groupby(zip(*names, strict=True)):
        size = sum(1 for _ in run)
        part = Frame(**columns).part(slice(place, place + size))
        place += size
        yield Parcel(_label(*of[:-1]), Resolution(of[-1]), part.plain().in_order())


def _columns(table: Any) -> dict[str, Any]:
    floats = {name: table.column(name).to_numpy().astype(np.float64) for name in _FLOATS}
    counts = table.column("count").fill_null(NO_COUNT).to_numpy()
    return {
        "at": table.column("at").cast(pa.int64()).to_numpy(),
        "value": floats.pop("value"),
        "count": counts,
        **floats,
        "sketches": tuple(table.column("sketch").to_pylist()),
        "edited": table.column("edited").fill_null(False).to_numpy().astype(bool),
    }


def _label(metric: str, tags: str, kind: str, unit: str, category: str, about: str) -> Label:
    return Label(metric, sorted_tags(fields_of(tags)), Kind(kind), unit, category, about)
