"""Alerts for programs: what ``ahgd_ops.api`` serves under /api/v1/alerts."""
