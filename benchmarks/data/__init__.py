"""Data that benches make for themselves, the same each time."""
