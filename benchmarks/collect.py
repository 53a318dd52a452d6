"""What collecting a host and a process costs, as a share of one core at the default interval."""

import os
import tempfile
import time
from statistics import median

from benchmarks.report import Report

ROUNDS = 20
INTERVAL_SECONDS = 10


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        os.environ["AHGD_STATE_DIR"] = name
        import monitoring

        config = monitoring.setup()
        from django.core.management import call_command
        from django.utils import timezone

        from monitoring.collectors import HOST_COLLECTORS
        from monitoring.collectors.pace import Pace
        from monitoring.collectors.process import ProcessSampler
        from monitoring.collectors.running import Collection
        from monitoring.storage import Storage

        call_command("migrate", verbosity=0)
        collection, storage = Collection(), Storage()
        spent: list[float] = []
        alone: dict[str, list[float]] = {collector.name: [] for collector in HOST_COLLECTORS}
        for number in range(ROUNDS + 1):
            began = time.process_time()
            collected = collection.run(HOST_COLLECTORS, timezone.now(), config.instance)
            sampler = ProcessSampler("bench", config.instance, Pace(INTERVAL_SECONDS))
            collected.save_states()
            storage.write([*collected.samples, *sampler(number)])
            spent.append(time.process_time() - began)
            for collector in HOST_COLLECTORS:
                began = time.process_time()
                list(collector.collect())
                alone[collector.name].append(time.process_time() - began)
    report = Report("collect", "What does collecting host and process cost?")
    for source, seconds in alone.items():
        report.row(f"collector {source}", "ours", median(seconds[1:]) * 1000, "ms of processor time")
    whole = median(spent[1:])  # the first reading of the CPU, and making the rows, come once
    report.row("all of them, run side by side and stored", "ours", whole * 1000, "ms of processor time")
    share = 100 * whole / INTERVAL_SECONDS
    report.limit("all host and process collectors: under 1 % of one core every 10 s", share, 1)
    report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.2f} {row.unit}")
    print(f"{share:.3f} % of one core")


if __name__ == "__main__":
    main()
