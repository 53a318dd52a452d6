"""A program that measures itself, told what to do by lines: ``record 5``, ``flush``, ``start``; it ends with its input.

``web`` forks after its first sample, as a server does that loads the application first, and its child goes on;
``worker`` records on four threads at once; ``script`` has no Django settings.
"""

import os
import signal
import sys
import threading

from monitoring import get_performance_monitor, track_performance

ROLE = sys.argv[1]
if ROLE != "script":
    os.environ["DJANGO_SETTINGS_MODULE"] = "ahgd_ops.settings"

monitor = get_performance_monitor()


@track_performance("shared_work")
def work() -> None:
    monitor.count("shared_total", tags={"ward": "A1"})


def record(times: int) -> None:
    for _ in range(times):
        work()


def in_threads(times: int) -> None:
    threads = [threading.Thread(target=record, args=(times // 4,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def obey() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "record":
            (in_threads if ROLE == "worker" else record)(int(arguments[0]))
        elif command == "start":
            monitor.start_monitoring(ROLE)
        else:
            monitor.flush()
        say("done")


if ROLE == "web":
    work()
    monitor.flush()
    child = os.fork()
    if child:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.close(0)
        os.waitpid(child, 0)
        os._exit(0)  # what is to be stored, its child has stored
say(os.getpid())
obey()
