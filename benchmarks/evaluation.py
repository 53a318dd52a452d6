"""How long does one cycle of judgement take, beside Prometheus' on as many rules and series?

Ours: each rule selects one series by name and tag, each series has one new snapshot, in every cycle 1 % of the rules
begin to fire and, from the second on, as many resolve; reading the snapshots, verdicts, alerts, events, outbox rows and
instances are all in the time, on SQLite. Prometheus: one group of as many alerting rules on as many series of one
exporter, 1 % of which fire, and its own figure of the last evaluation.

What is not equal. Ours reads its snapshots from the database and writes each alert there; Prometheus has samples in
memory and its alerts too, and writes its ALERTS series to its log. Ours passes quickly over rules whose series said
nothing new; here all have. The first cycle after a start reads and compiles all rules and is not counted: a fifth of a
millisecond each, once per text.

Growth is told twice. A cycle of ten times the rules may take ten times as long; it takes less, since part of a cycle
costs the same however many rules there are. Without that part, a rule among 10 000 is compared with one among 1 000.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.programs.embedded import set_up
from benchmarks.programs.running import end_on_term
from benchmarks.report import Report


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures a cycle of judgement, ours beside Prometheus'.")
    parser.add_argument("--rules", type=int, default=10_000)
    options = parser.parse_args()
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as directory:
        set_up(directory)
        report = measure(Path(directory), options.rules)
    report.save()


def measure(directory: Path, count: int) -> Report:
    from benchmarks.judging import language, ours, peer

    theirs = peer.seconds_per_evaluation(directory, count)
    whole, tenth, hundredth = (ours.seconds_per_cycle(size) for size in (count, count // 10, count // 100))
    windows, timings = (ours.seconds_per_window_cycle(count // 10, count, kind) for kind in ("gauge", "timing"))
    nothing = ours.seconds_of_nothing(count)
    verdict, cel = language.seconds_per_verdict()

    report = Report("evaluation", "How long does it take to judge 10 000 rules on 10 000 series?")
    report.row(f"Prometheus, {count} rules", "peer", theirs * 1000, "ms")
    report.row(f"AHGD Ops, {count} rules, 1 % open and 1 % resolve", "ours", whole * 1000, "ms")
    report.row(f"AHGD Ops, {count // 10} rules", "ours", tenth * 1000, "ms")
    report.row(f"AHGD Ops, {count // 100} rules", "ours", hundredth * 1000, "ms")
    report.row(f"AHGD Ops, {count} rules, nothing new", "ours", nothing * 1000, "ms")
    report.row(f"AHGD Ops, {count // 10} rules with p95 over 5 min of {count} series", "ours", windows * 1000, "ms")
    report.row("the same of timings, from merged sketches of 1.2 million calls", "ours", timings * 1000, "ms")
    report.row("common-expression-language, one condition", "peer", cel * 1e6, "us")
    report.row("AHGD Ops, one condition", "ours", verdict * 1e6, "us")
    report.limit("a cycle at most 0.25 of Prometheus' evaluation", whole / theirs, 0.25)
    report.limit("1 000 rules with p95 over 10 000 series at most 1 s", windows, 1.0)
    report.limit("a condition at most 0.5 of common-expression-language", verdict / cel, 0.5)
    for less, more, text in ((hundredth, tenth, "100 to 1 000"), (tenth, whole, "1 000 to 10 000")):
        report.limit(f"from {text} rules at most 12.5 times as long (10 is linear)", more / less, 12.5)
    growth = (whole - tenth) / (tenth - hundredth) / 10  # 9 000 more rules beside 900 more
    report.limit("without what any cycle costs: a rule past 1 000 at most 1.25 of one before", growth, 1.25)
    return report


if __name__ == "__main__":
    main()
