from monitoring.collectors.process import ProcessSampler


def test_a_process_measures_itself_by_role_and_slot() -> None:
    samples = {sample.key.name: sample for sample in ProcessSampler("web-1", "host-a", 10)(1000)}
    assert samples["process_resident_memory_bytes"].value > 1_000_000
    assert dict(samples["process_threads"].key.tags) == {"instance": "host-a", "process": "web-1"}


def test_it_answers_once_an_interval_and_forgives_a_flush_that_comes_a_little_early() -> None:
    sampler = ProcessSampler("web-1", "host-a", 10)
    asked = [bool(list(sampler(at_ms))) for at_ms in (0, 5000, 9800, 15000, 20000)]
    assert asked == [True, False, True, False, True]
