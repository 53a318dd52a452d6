"""Holding alerts back on purpose: matchers, silences, maintenance windows."""
