"""PostgreSQL's advisory locks that the console takes: a number for each purpose, so that none waits for another's."""

WRITES = 0x41484744_01
"""Shared by who writes rows that are read by cursor, exclusive for a moment to who reads how far they are visible."""

PREPARATION = 0x41484744_02
"""Held by the host that migrates and makes the first rows."""

CHUNKS = 0x41484744_03
"""Held to the end of its transaction by who moves rows into chunks, back, or away."""
