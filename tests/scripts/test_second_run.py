"""What failed in a whole pass runs once more, alone (docs/decisions/0018-a-second-run.md)."""

import pytest

from tests.scripts.conftest import SHELL, Checkout

pytestmark = pytest.mark.once

# A pytest in small. It notes its calls, fails while fails-ENGINE names tests, and says so in its cache.
PYTEST = """
engine= cache= before=
for word in "$@"; do
    case $before in --engine) engine=$word ;; -o) cache=${word#cache_dir=} ;; esac
    before=$word
done
echo "$*" >> "calls-$engine"
[ -s "fails-$engine" ] || { echo "1 passed"; exit 0; }
mkdir -p "$cache/v/cache"
printf '{\\n' > "$cache/v/cache/lastfailed"
for test in $(cat "fails-$engine"); do printf '  "tests/%s": true,\\n' "$test" >> "$cache/v/cache/lastfailed"; done
[ -e stays ] || rm "fails-$engine"
echo "FAILED tests/one.py::test_a"
echo "1 failed"
exit 1
"""


@pytest.fixture
def tested(checkout: Checkout) -> Checkout:
    """Prepared, with a Python that knows pytest and coverage in small."""
    assert checkout.prepare("requirements-dev.txt").returncode == 0
    for name in ("chromium", "nginx", "prometheus", "prometheus-alertmanager"):
        checkout.write_program(name, "exit 0")
    for name in ("tee", "printf"):
        checkout.write_program(name, f'exec /usr/bin/{name} "$@"')
    (checkout.directory / "pytest.sh").write_text(PYTEST)
    python = checkout.venv / "bin/python"
    python.rename(python.with_name("real-python"))
    python.write_text(
        f'#!{SHELL}\ncase "$*" in\n"-m pytest "*) shift 2; . ./pytest.sh ;;\n"-m coverage "*) exit 0 ;;\n'
        f'*) exec "${{0%/*}}/real-python" "$@" ;;\nesac\n'
    )
    python.chmod(0o755)
    return checkout


def runs(checkout: Checkout, engine: str) -> int:
    return len((checkout.directory / f"calls-{engine}").read_text().splitlines())


def test_what_passes_alone_is_named_and_the_run_passes(tested: Checkout) -> None:
    (tested.directory / "fails-sqlite").write_text("one.py::test_a\n")
    done = tested.run('"$0" scripts/test')
    assert done.returncode == 0, done.stderr
    assert "UNSTABLE on sqlite" in done.stdout
    assert "FAILED tests/one.py::test_a" in done.stdout
    assert (runs(tested, "sqlite"), runs(tested, "postgresql")) == (2, 1)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_fails_again_fails_the_run(tested: Checkout, engine: str) -> None:
    (tested.directory / f"fails-{engine}").write_text("one.py::test_a\n")
    (tested.directory / "stays").touch()
    done = tested.run('"$0" scripts/test')
    assert done.returncode == 1
    assert "UNSTABLE" not in done.stdout
    assert runs(tested, engine) == 2


def test_many_failures_are_no_accident(tested: Checkout) -> None:
    (tested.directory / "fails-sqlite").write_text("a\nb\nc\nd\n")
    assert tested.run('"$0" scripts/test').returncode == 1
    assert runs(tested, "sqlite") == 1


def test_a_part_of_the_tests_runs_once(tested: Checkout) -> None:
    (tested.directory / "fails-sqlite").write_text("one.py::test_a\n")
    assert tested.run('"$0" scripts/test tests/one.py').returncode == 1
    assert runs(tested, "sqlite") == 1
