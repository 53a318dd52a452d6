"""Prometheus and VictoriaMetrics of Debian, DuckDB and Parquet files: the same samples, as each takes them best."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.programs.peers import _ready
from benchmarks.programs.running import answers, environment, free_ports, running, wait_until
from benchmarks.stores.plain import directory_bytes
from benchmarks.stores.sets import DAY_MS, Line, start_ms


@contextmanager
def prometheus(directory: Path, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Yields its port and the size of its blocks. They are made by promtool, one of the whole day."""
    text, blocks = directory / "samples.txt", directory / "prometheus"
    with text.open("w", encoding="ascii") as out:
        out.write("# TYPE bench gauge\n")
        for line in lines:
            _write(out, line, 1000)
        out.write("# EOF\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "--max-block-duration=24h"]
    subprocess.run([*command, str(text), str(blocks)], check=True, cwd=directory, stdout=subprocess.DEVNULL)
    text.unlink()
    size, (port,) = directory_bytes(blocks), free_ports(1)
    arguments = [f"--storage.tsdb.path={blocks}", "--storage.tsdb.retention.time=30d"]
    with _ready("prometheus", directory, port, {"global": {}}, *arguments):
        yield port, size


@contextmanager
def victoria(directory: Path, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Yields its port and the size of its data, after it merged them all."""
    program = shutil.which("victoria-metrics")
    if program is None:
        raise SystemExit("victoria-metrics is not installed: as root, apt-get install victoria-metrics")
    (port,), data, log = free_ports(1), directory / "victoria", directory / "victoria.log"
    command = [program, f"-storageDataPath={data}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=2"]
    with running(command, log, environment()) as process:
        base = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{base}/health"), process, log)
        for line in lines:
            rows = {"metric": {"__name__": "bench", "series": line.name}, "values": line.recorded.tolist()}
            rows["timestamps"] = line.at_ms.tolist()
            _post(f"{base}/api/v1/import", json.dumps(rows).encode())
        for step in ("force_flush", "force_merge", "force_flush"):
            _post(f"{base}/internal/{step}", b"")
        wait_until(lambda: _is_merged(base), process, log)
        yield port, directory_bytes(data)


def _is_merged(base: str) -> bool:
    with urlopen(f"{base}/metrics", timeout=10) as page:  # noqa: S310  (an address of our own)
        active = [row for row in page.read().decode().splitlines() if row.startswith("vm_active_merges")]
    return bool(active) and all(row.endswith(" 0") for row in active)


def day_of_one(port: int, name: str) -> int:
    span = {"start": start_ms() / 1000, "end": (start_ms() + DAY_MS) / 1000 - 300, "step": 300}
    return len(_asked(port, "query_range", query=f'bench{{series="{name}"}}', **span)[0]["values"])


def latest_of_all(port: int, count: int) -> None:
    assert len(_asked(port, "query", query="bench", time=(start_ms() + DAY_MS) / 1000 - 10)) == count


def _asked(port: int, what: str, **parameters: Any) -> list[dict[str, Any]]:
    address = f"http://127.0.0.1:{port}/api/v1/{what}?{urlencode(parameters)}"
    with urlopen(address, timeout=30) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["data"]["result"]
    return found


def _post(address: str, body: bytes) -> None:
    with urlopen(Request(address, data=body), timeout=120):  # noqa: S310  (an address of our own)
        pass


def _write(out: Any, line: Line, ms: int) -> None:
    head = f'bench{{series="{line.name}"}}'
    pairs = zip(line.recorded.tolist(), line.at_ms.tolist(), strict=True)
    out.writelines(f"{head} {value!r} {at // ms}.{at % ms:03}\n" for value, at in pairs)


def table(lines: Sequence[Line]) -> pa.Table:
    return pa.table(
        {
            "series": np.repeat(np.arange(len(lines), dtype=np.int32), [len(line.at_ms) for line in lines]),
            "at": np.concatenate([line.at_ms for line in lines]),
            "value": np.concatenate([line.recorded for line in lines]),
        }
    )


def duckdb_file(directory: Path, lines: Sequence[Line]) -> tuple[Path, int]:
    path = directory / "samples.duckdb"
    recorded = table(lines)
    with duckdb.connect(str(path)) as database:
        database.register("recorded", recorded)
        database.execute('CREATE TABLE samples AS SELECT * FROM recorded ORDER BY series, "at"')
        database.execute("CHECKPOINT")
    return path, path.stat().st_size


def duckdb_day_of_one(database: Any, number: int) -> int:
    asked = 'SELECT "at" // 300000, avg(value) FROM samples WHERE series = ? GROUP BY 1 ORDER BY 1'
    return len(database.execute(asked, [number]).fetchall())


def parquet_file(directory: Path, lines: Sequence[Line]) -> tuple[Path, int]:
    path = directory / "samples.parquet"
    encodings = {"series": "DELTA_BINARY_PACKED", "at": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT"}
    pq.write_table(
        table(lines), path, compression="zstd", use_dictionary=False, column_encoding=encodings, row_group_size=57_600
    )
    return path, path.stat().st_size


def parquet_day_of_one(path: Path, number: int) -> int:
    found = pq.read_table(path, filters=[("series", "=", number)])
    steps = found.column("at").to_numpy() // 300_000
    begins = np.flatnonzero(np.diff(steps, prepend=-1))
    return len(np.add.reduceat(found.column("value").to_numpy(), begins))
