"""The guide's Python samples run, with their imports changed to this project's names and what they leave out added."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from caching import CacheManager
from monitoring import get_performance_monitor, process, series
from monitoring.performance import PerformanceMonitor
from monitoring.recorder import Recorder
from tests.checkout import PROJECT_DIR
from tests.journeys.asking import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

BASIC_SETUP = """
from src.performance.monitoring import get_performance_monitor
from src.performance.cache import get_cache_manager

# Initialize monitoring
monitor = get_performance_monitor()
cache = get_cache_manager()

# Start monitoring
monitor.start_monitoring()
"""
CUSTOM_METRICS = """
from src.performance.monitoring import get_performance_monitor

monitor = get_performance_monitor()

# Add custom metric
monitor.add_custom_metric("user_login", 1, "authentication")

# Track function performance
@monitor.track_function_performance("data_processing")
def process_data(data):
    # Your processing logic
    return processed_data
"""
METRICS_EXPORT = """
# Get metrics in Prometheus format
monitor = get_performance_monitor()
metrics = monitor.get_performance_summary()

# Custom metrics export
def export_to_prometheus():
    summary = monitor.get_performance_summary()
    # Format for Prometheus ingestion
    return prometheus_format(summary)
"""
BENCHMARKING = """
# Benchmark application performance
from src.performance.monitoring import track_performance

@track_performance("benchmark_test")
def benchmark_operation():
    # Operation to benchmark
    pass

# Run multiple iterations and analyze results
for i in range(100):
    benchmark_operation()

# Get performance statistics
stats = monitor.get_performance_summary()
print(f"Average execution time: {stats['function_avg_duration_benchmark_test']:.2f}s")
"""
PROFILING = """
# Enable detailed performance tracking
@monitor.track_function_performance("detailed_analysis")
def analyze_performance():
    with monitor.track_page_load("specific_operation"):
        # Your operation here
        pass
"""
PATIENCE_SECONDS = 60
HOMES = {"src.performance.monitoring": "monitoring", "src.performance.cache": "caching"}


@pytest.fixture(autouse=True)
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A process of its own, as far as recording goes."""
    recorder = Recorder(flush_seconds=3600)
    monkeypatch.setattr(process, "_recorder", recorder)
    yield recorder
    get_performance_monitor().stop_monitoring()


@pytest.fixture
def monitor() -> PerformanceMonitor:
    return get_performance_monitor()


def run(sample: str, **names: object) -> dict[str, object]:
    for theirs, ours in HOMES.items():
        sample = sample.replace(theirs, ours)
    exec(compile(sample, "<the guide>", "exec"), names)  # noqa: S102  (the samples above)
    return names


def call(names: dict[str, object], name: str, *arguments: object) -> object:
    function = names[name]
    assert callable(function)
    return function(*arguments)


def test_basic_setup() -> None:
    names = run(BASIC_SETUP)
    monitor = names["monitor"]
    assert isinstance(monitor, PerformanceMonitor)
    assert isinstance(names["cache"], CacheManager)
    monitor.flush()
    assert monitor.get_performance_summary()["metrics"]["process_threads"]
    wait_until(lambda: series.latest("memory_usage_percent"), PATIENCE_SECONDS)  # of the host, by a thread


def test_custom_metrics(monitor: PerformanceMonitor) -> None:
    names = run(CUSTOM_METRICS, processed_data=[1, 2])
    assert call(names, "process_data", [3]) == [1, 2]
    summary = monitor.get_performance_summary()
    assert summary["avg_user_login"] == 1
    assert summary["function_calls_data_processing"] == 1


def test_metrics_export(monitor: PerformanceMonitor) -> None:
    monitor.add_custom_metric("user_login", 1, "authentication")
    names = run(METRICS_EXPORT, get_performance_monitor=get_performance_monitor, prometheus_format=dict)
    assert call(names, "export_to_prometheus")["avg_user_login"] == 1  # type: ignore[index]  # it is a dictionary


def test_performance_benchmarking(monitor: PerformanceMonitor) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        run(BENCHMARKING, monitor=monitor)
    assert re.fullmatch(r"Average execution time: \d+\.\d\ds\n", printed.getvalue())
    assert monitor.get_performance_summary()["function_calls_benchmark_test"] == 100


def test_performance_profiling(monitor: PerformanceMonitor) -> None:
    call(run(PROFILING, monitor=monitor), "analyze_performance")
    summary = monitor.get_performance_summary()
    assert summary["function_calls_detailed_analysis"] == summary["page_load_calls_specific_operation"] == 1


def output_of(program: str, state_dir: Path) -> str:
    """Of a cron job or a notebook: nothing but the import, and where the console keeps its state."""
    migrated = (
        "import monitoring\nmonitoring.setup()\n"
        "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", migrated + program],
        env={
            "PATH": "/usr/bin:/bin",
            "AHGD_STATE_DIR": str(state_dir),
            "AHGD_INSTANCE": "ward-7",
            "PYTHONPATH": str(PROJECT_DIR),
        },
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_a_script_without_settings_measures_itself(tmp_path: Path) -> None:
    program = CUSTOM_METRICS.replace("src.performance.monitoring", "monitoring")
    program += "\nprocessed_data = 1\nprocess_data(1)\nmonitor.stop_monitoring()\n"
    program += "print(monitor.get_performance_summary()['avg_user_login'])"
    assert output_of(program, tmp_path) == "1.0\n"


def test_a_script_that_started_monitoring_measures_its_host(tmp_path: Path) -> None:
    program = """
import time
from monitoring import get_performance_monitor, series
monitor = get_performance_monitor()
monitor.start_monitoring("etl")
while not (found := series.latest("cpu_usage_percent")):
    time.sleep(0.05)
monitor.stop_monitoring()
print([one.tags for one in found])
"""
    assert output_of(program, tmp_path) == "[{'instance': 'ward-7'}]\n"
