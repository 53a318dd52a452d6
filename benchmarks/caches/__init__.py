"""What ``benchmarks/cache.py`` measures, and what it measures it with."""
