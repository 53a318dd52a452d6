"""The operators and functions of a condition, as bounded calls.

Each takes what may be unknown (``None`` in, ``None`` out), checks its types, and cannot grow past the bounds of
``values.py``: its cost is bounded whatever the text and whatever the facts.
"""
