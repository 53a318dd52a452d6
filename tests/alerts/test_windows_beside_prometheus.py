"""Window functions of gauges give what Prometheus gives: promtool evaluates the same samples."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.alerts.test_windows import answer, store

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.debian("prometheus")]
VALUES = [3.0, 8.0, 1.5, 9.0, 4.0, 4.0, 7.5, 2.0, 6.0, 5.0, 9.5]
CALLS = (
    ("avg('m', '5m')", "avg_over_time(m[5m])"),
    ("min_over_time('m', '5m')", "min_over_time(m[5m])"),
    ("max_over_time('m', '5m')", "max_over_time(m[5m])"),
    ("sum_over_time('m', '5m')", "sum_over_time(m[5m])"),
    ("stddev_over_time('m', '5m')", "stddev_over_time(m[5m])"),
    ("last_over_time('m', '5m')", "last_over_time(m[5m])"),
    ("count_over_time('m', '5m')", "count_over_time(m[5m])"),
    ("p95('m', '5m')", "quantile_over_time(0.95, m[5m])"),
    ("p50('m', '7m')", "quantile_over_time(0.5, m[7m])"),
    ("delta('m', '5m')", "delta(m[5m])"),
    ("increase('m', '5m')", "increase(m[5m])"),
    ("rate('m', '5m')", "rate(m[5m])"),
    ("deriv('m', '5m')", "deriv(m[5m])"),
    ("predict_linear('m', '5m', '1h')", "predict_linear(m[5m], 3600)"),
    ("avg('m', '3m', offset='2m')", "avg_over_time(m[3m] offset 2m)"),
)
# Samples stand 10 s before whole minutes, so that open and closed ends of windows agree between Prometheus 2 and 3.
_STEP, _AT = 60, 60 * (len(VALUES) - 1)


@pytest.mark.parametrize(("ours", "theirs"), CALLS, ids=[theirs for _, theirs in CALLS])
def test_a_window_function_gives_what_prometheus_gives(tmp_path: Path, ours: str, theirs: str) -> None:
    store("m", VALUES, step=_STEP, ends_before=10)
    mine = answer(ours)
    assert mine is not None
    case = {
        "interval": f"{_STEP}s",
        "input_series": [{"series": "m", "values": " ".join(map(str, VALUES))}],
        "promql_expr_test": [
            {
                "expr": f"abs(({theirs}) - ({mine!r})) < 1e-9",
                "eval_time": f"{_AT + 10}s",
                "exp_samples": [{"labels": "{}", "value": 0}],
            }
        ],
    }
    file = tmp_path / "case.json"
    file.write_text(json.dumps({"evaluation_interval": "1m", "tests": [case]}))
    said = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    got = said.stdout + said.stderr
    assert "got: nil" not in got.replace("\n", " "), f"ours is {mine}: {got}"
