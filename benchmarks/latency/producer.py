"""An application that records through the library, as a process of its own.

Each line of its standard input is ``moment value trial``: at that moment of the monotonic clock, which all processes
of a machine share, it records the value for the series of that trial. It ends when its input does.
"""

import sys
import time

import django

from benchmarks.latency.rules import METRIC, OURS


def main() -> None:
    django.setup()
    from monitoring import get_performance_monitor

    monitor = get_performance_monitor()
    for line in sys.stdin:
        moment, value, trial = line.split()
        time.sleep(max(0.0, float(moment) - time.monotonic()))
        monitor.add_custom_metric(METRIC, float(value), tags={"job": OURS, "trial": trial})


if __name__ == "__main__":
    main()
