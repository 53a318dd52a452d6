"""The parts of ``benchmarks/store.py``: the sets of samples, and each store that they are put into."""
