"""Asking databases: pooled connections, cached results, explained plans, and pages of what does not fit in memory."""
