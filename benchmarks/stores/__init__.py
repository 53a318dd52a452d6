"""The parts of ``benchmarks/keeping.py``: the sets of samples, and each store that they are put into."""
