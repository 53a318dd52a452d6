"""``scripts/demo``: see there."""

import argparse
import signal
import subprocess

from examples.demo import incident, running
from examples.demo.place import ConsoleRefused, Place


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="A console that watches a dashboard.")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--incident", action="store_true", help="a bad day in the demo that runs")
    act.add_argument("--remove", action="store_true", help="take away everything that the demo stored")
    parser.add_argument("--no-visitor", action="store_true", help="nobody clicks about")
    asked = parser.parse_args()
    place = Place.from_environment()
    try:
        if asked.incident:
            incident.run(place, _say)
        elif asked.remove:
            _say(running.remove(place))
        else:
            _stay(running.Demo(place, has_visitor=not asked.no_visitor))
    except (ConsoleRefused, TimeoutError) as error:
        raise SystemExit(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error.cmd[1:]} failed; what it said is above.") from error


def _stay(demo: running.Demo) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with demo:
            stored = demo.push_history()
            _say(f"A day of history is there ({stored} new samples).")
            _say(f"Console: {demo.place.console_url}/   Dashboard: {demo.place.dashboard_url}/   Stop: Ctrl+C")
            _say("In another terminal: scripts/demo --incident")
            if demo.console is not None:
                demo.console.wait()
    except KeyboardInterrupt:
        _say("The demo has ended; scripts/demo --remove takes away what it stored.")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
