"""The parts of ``benchmarks/alert_latency.py``."""
