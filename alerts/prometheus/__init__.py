"""Alerting rules of Prometheus as ours, and ours as Prometheus': the subset that means the same on both sides."""
