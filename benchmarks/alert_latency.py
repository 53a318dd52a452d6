"""How long from the moment at which an application's value crosses a limit until a receiver has accepted the webhook?

Ours runs as ``manage.py up`` starts it, every interval at its default: applications flush what they recorded every 5 s,
rules are judged every 10 s, delivery is woken at once. Beside it, at the same time on the same machine, runs Debian's
Prometheus with Alertmanager, twice: scraping every 10 s, as often as it evaluates, which is the comparison that the
limits are about, and scraping every 5 s, as often as ours flushes.

A trial is a series of its own whose value goes from 10 to 95 at a moment drawn at random, the same moment for all. Both
ends are measured here: the beginning is that moment, the end is when the receiver accepts the POST, both on the
monotonic clock that all processes share. No rule has a ``for``, nothing is grouped: a trial is one webhook from each.

What is not equal. Ours is told of the value by the application, a call of ``add_custom_metric`` in another process;
Prometheus comes and asks. Prometheus takes the phase of each target and rule group from a hash of its name, so each
trial has a target and a group of its own here; ours has one phase for all rules and one for each application, so there
are five applications, started a second apart. Both spread what one pair of phases would decide by luck. Ours keeps each
sample, alert and delivery in a database; Alertmanager has alerts in memory. Ours sends webhooks one after another.

With 60 trials p99 lies between the two slowest. It takes three minutes.
"""

import argparse
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from ahgd_ops.config import ProductionConfig
from benchmarks.latency.endpoints import exporter, receiver
from benchmarks.latency.rules import OURS, PEER, QUICK_PEER, our_rows, scrape_configs, their_groups
from benchmarks.latency.trials import Trials
from benchmarks.programs.console import console, load_rows
from benchmarks.programs.peers import alertmanager, prometheus
from benchmarks.programs.running import end_on_term, free_ports, python
from benchmarks.report import Report

APPLICATIONS = 5
WARM_UP = "warm-up"
LABELS = {PEER: "Prometheus + Alertmanager", QUICK_PEER: "the same, scraping every 5 s", OURS: "AHGD Ops"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how long alerts take, ours beside Prometheus'.")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=120, help="within which the trials begin")
    options = parser.parse_args()
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as directory:
        latencies = measure(Path(directory), options.trials, options.seconds)
    report_of(latencies).save()


def measure(directory: Path, count: int, seconds: float) -> dict[str, list[float]]:
    """Latencies in seconds by job. The first trial of all, which is not counted, shows that everything works."""
    names = [str(number) for number in range(count)]
    trials = Trials([WARM_UP, *names], list(LABELS))
    with ExitStack() as stack:
        webhook_url = f"http://127.0.0.1:{stack.enter_context(receiver(trials.arrivals))}/"
        targets = scrape_configs(trials.names, stack.enter_context(exporter(trials.jumps)))
        port, their_port = free_ports(2)
        stack.enter_context(alertmanager(directory, their_port, webhook_url))
        stack.enter_context(prometheus(directory, port, their_port, targets, their_groups(trials.names)))
        state_dir = str(directory / "state")
        ours = stack.enter_context(console(directory, AHGD_STATE_DIR=state_dir, AHGD_WEBHOOK_ALLOW="127.0.0.1"))
        load_rows(ours, our_rows(webhook_url), directory / "rows.json")
        applications = [
            stack.enter_context(
                python("benchmarks.latency.producer", directory / f"application-{number}.log", AHGD_STATE_DIR=state_dir)
            )
            for number in range(APPLICATIONS)
        ]
        trials.settle(applications)
        trials.begin([WARM_UP], 1)
        trials.wait([WARM_UP])
        print(f"All three have told of a first trial; {count} more begin within {seconds:.0f} s.", flush=True)
        trials.begin(names, seconds)
        trials.wait(names)
    return {job: trials.latencies(job, names) for job in LABELS}


def report_of(latencies: dict[str, list[float]]) -> Report:
    """Medians and 99th percentiles, each a unit of its own: half of the one is not to be compared with the other."""
    report = Report("alert_latency", "How long from a value that crosses a limit to an accepted webhook?")
    config = ProductionConfig()
    for percent in (50, 99):
        found = {job: quantiles(values, n=100, method="inclusive")[percent - 1] for job, values in latencies.items()}
        unit = f"s, p{percent}"
        waiting = wait_seconds(config.flush_seconds, config.evaluate_seconds, percent / 100)
        report.row(f"our intervals alone, computed, p{percent}", "floor", waiting, unit)
        for job, label in LABELS.items():
            report.row(f"{label}, p{percent}", "ours" if job == OURS else "peer", found[job], unit)
        bound = {50: 15, 99: 25}[percent]
        report.limit(f"p{percent} at most {bound} s", found[OURS], bound)
        report.limit(f"p{percent} at most that of {LABELS[PEER]}", found[OURS], found[PEER])
    return report


def wait_seconds(one: float, other: float, share: float) -> float:
    """The ``share`` quantile of the sum of two waits, each equally likely to be anything up to its interval."""
    low, high = sorted((one, other))
    if share <= low / (2 * high):
        return sqrt(2 * share * low * high)
    if share <= 1 - low / (2 * high):
        return share * high + low / 2
    return low + high - sqrt(2 * (1 - share) * low * high)


if __name__ == "__main__":
    main()
