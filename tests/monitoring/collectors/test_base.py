import pytest

from monitoring.collectors.base import Reading, sample_of
from monitoring.samples import SampleRefused


def test_a_reading_becomes_a_sample_with_the_catalogues_kind_and_category() -> None:
    sample = sample_of(Reading("disk_usage_percent", 40, (("mount", "/"),)), 1000, "host-a")
    assert (sample.key.kind, sample.key.category, sample.at_ms, sample.value) == ("gauge", "system", 1000, 40)


def test_a_metric_that_nobody_declared_is_refused_with_what_to_do() -> None:
    with pytest.raises(SampleRefused, match="is not in the catalogue: declare it there"):
        sample_of(Reading("nobody_declared_this", 1), 1000, "host-a")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_reading_that_is_no_finite_number_is_refused(value: float) -> None:
    with pytest.raises(SampleRefused, match="finite"):
        sample_of(Reading("cpu_usage_percent", value), 1000, "host-a")
