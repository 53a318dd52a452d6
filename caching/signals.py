"""News that the cache library sends upward, to whoever listens; it never waits for an answer.

``query_executed`` carries ``sql`` (text), ``duration_seconds`` (float), ``rows`` (int or None) and ``error`` (text or None).
"""

from django.dispatch import Signal

query_executed = Signal()
