import subprocess
from pathlib import Path

import pytest

from alerts.prometheus import files
from alerts.prometheus.messages import message_of
from alerts.prometheus.rules import convert
from alerts.rulefiles.reading import FileRefused

pytestmark = pytest.mark.django_db
FILE = """
groups:
  - name: hosts
    rules:
      - record: job:up:sum
        expr: sum(up)
      - alert: Host down!
        expr: up{job="node"} == 0
        for: 5m
        keep_firing_for: 1h30m
        labels: {severity: page, team: ops}
        annotations:
          summary: "{{ $labels.instance }} is down ({{ $value }})"
          description: It does not answer.
          runbook_url: https://example.org/down
      - alert: Host down!
        expr: up == 0
        for: 0m
      - alert: HighErrors
        expr: errors / requests > 0.1
"""


def test_a_file_becomes_entries_and_reasons() -> None:
    converted = convert(FILE)
    first, second = converted.entries
    assert first.model_dump(by_alias=True, exclude_defaults=True, mode="json") == {
        "name": "Host_down_",
        "condition": "name == 'up' and tags['job'] == 'node' and value == 0",
        "for": "5m",
        "keep_firing_for": "90m",
        "severity": "critical",
        "no_data": "ok",
        "message": "{tags[instance]} is down ({value})",
        "description": "It does not answer.",
        "runbook": "https://example.org/down",
        "tags": {"team": "ops"},
    }
    assert (second.name, second.for_seconds) == ("Host_down_-2", 0)
    assert [str(one).partition(":")[0] for one in converted.left] == [
        "job",
        "HighErrors does not map",
    ]
    assert str(converted) == "2 of 4 rules map."


@pytest.mark.parametrize("text", ["- a", "rules: []", "groups: 3", "a: [", ""])
def test_what_is_no_file_of_rules_is_refused(text: str) -> None:
    with pytest.raises(FileRefused):
        convert(text)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("plain {braces}", "plain {{braces}}"),
        ('{{ $value | printf "%.2f" }} on {{$labels.host}}', "{value:.2f} on {tags[host]}"),
        ("{{ $value | humanizePercentage }}", "{value:.0%}"),
        ("{{ range query `up` }}x{{ end }}", ""),
        ("", ""),
    ],
)
def test_templates_that_name_values_and_labels_become_messages(template: str, message: str) -> None:
    assert message_of(template) == message


@pytest.mark.debian("prometheus")
def test_what_is_exported_is_what_promtool_accepts_and_reads_back_the_same(tmp_path: Path) -> None:
    entries = convert(FILE).entries
    text, left = files.write(entries)
    assert left == []
    (tmp_path / "rules.yml").write_text(text)
    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert [one.condition for one in convert(text).entries] == [one.condition for one in entries]


def test_a_rule_that_does_more_than_prometheus_can_is_left_out_with_the_reason() -> None:
    (entry, _) = convert(FILE).entries
    text, left = files.write([entry.model_copy(update={"worse_condition": "value > 1"})])
    assert "groups: []" in text
    assert str(left[0]) == "Host_down_ does not map: it has a worse or a recovery condition"
