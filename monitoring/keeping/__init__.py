"""Keeping samples for years: packed chunks, hourly sums, retention, and one way to read rows and chunks together."""
