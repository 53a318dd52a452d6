"""What a bench found out: figures of the floor, the peers and ours, and the limits that ours has to keep.

A bench ends with::

    report = Report("alert_latency", "How long from a sample to an accepted webhook?")
    report.row("Prometheus + Alertmanager, p50", "peer", 14.2, "s").row("AHGD Ops, p50", "ours", 11.8, "s")
    report.limit("p50 at most 15 s", 11.8, 15)
    report.save()
"""

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import psutil

RESULTS_DIR = Path(__file__).resolve().parent / "results"
Role = Literal["floor", "peer", "ours"]


@dataclass(frozen=True)
class Row:
    """One figure. The floor is what the task costs at least, whoever does it; a peer is another program."""

    label: str
    role: Role
    value: float
    unit: str
    lower_is_better: bool = True


@dataclass(frozen=True)
class Limit:
    """What ours has to keep: ``value`` at most ``bound``, or at least ``bound``."""

    text: str
    value: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(frozen=True)
class Ratio:
    """Ours as a multiple of another row of the same unit."""

    ours: str
    other: str
    times: float


@dataclass
class Report:
    """The figures of one bench, in the order in which they were added."""

    name: str
    question: str
    machine: str = field(default_factory=lambda: this_machine())
    measured_on: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    rows: list[Row] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    def row(self, label: str, role: Role, value: float, unit: str, *, lower_is_better: bool = True) -> Self:
        self.rows.append(Row(label, role, float(value), unit, lower_is_better))
        return self

    def limit(self, text: str, value: float, bound: float, *, at_least: bool = False) -> Self:
        self.limits.append(Limit(text, float(value), float(bound), at_least))
        return self

    @property
    def ratios(self) -> list[Ratio]:
        ours = [row for row in self.rows if row.role == "ours"]
        others = [row for row in self.rows if row.role != "ours" and row.value]
        return [
            Ratio(mine.label, other.label, mine.value / other.value)
            for mine in ours
            for other in others
            if mine.unit == other.unit
        ]

    @property
    def missed(self) -> list[Limit]:
        return [limit for limit in self.limits if not limit.met]

    def save(self, directory: Path = RESULTS_DIR) -> Path:
        """Writes ``<name>.json``; ratios and whether limits are met are in it for readers, and not read back."""
        content = asdict(self)
        content["limits"] = [asdict(limit) | {"met": limit.met} for limit in self.limits]
        content["ratios"] = [asdict(ratio) for ratio in self.ratios]
        path = directory / f"{self.name}.json"
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        content = json.loads(path.read_text(encoding="utf-8"))
        report = cls(content["name"], content["question"], content["machine"], content["measured_on"])
        report.rows = [Row(**row) for row in content["rows"]]
        report.limits = [Limit(**{key: limit[key] for key in limit if key != "met"}) for limit in content["limits"]]
        return report


def saved_reports(directory: Path = RESULTS_DIR) -> list[Report]:
    return [Report.load(path) for path in sorted(directory.glob("*.json"))]


def this_machine() -> str:
    """One line, such as "2 cores, 24 GiB, Linux 6.1 x86_64, Python 3.11.7"."""
    memory_gib = psutil.virtual_memory().total / 2**30
    release = ".".join(platform.release().split(".")[:2])
    system = f"{platform.system()} {release} {platform.machine()}"
    return f"{psutil.cpu_count()} cores, {memory_gib:.0f} GiB, {system}, Python {platform.python_version()}"
