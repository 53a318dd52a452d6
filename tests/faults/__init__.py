"""Faults with real processes and receivers: the suite plays them with short times, ``scripts/chaos`` at true scale."""
