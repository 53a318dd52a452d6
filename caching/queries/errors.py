"""What can go wrong when a database is asked; each message says what to do about it."""


class QueryError(Exception):
    """Any of these."""


class QueryFailed(QueryError):
    """The database refused the statement; ``__cause__`` is what its driver said."""


class NoPlan(QueryFailed):
    """A statement of which the database has no plan, or would execute it to give one."""


class QueryCancelled(QueryError):
    """Somebody cancelled it before it was done: it changed nothing, unless the server was gone when it was told."""


class QueryTimedOut(QueryCancelled):
    """It took longer than its ``timeout_seconds``; otherwise as QueryCancelled."""


class PoolExhausted(QueryError):
    """Every connection was in use for too long."""


class ReadOnly(QueryError):
    """A statement that writes was given to an optimizer that only reads."""


class UnknownName(QueryError, LookupError):
    """A table or column that does not exist; the message names those that do."""


class NoKey(QueryError):
    """The rows of a query cannot be told apart, so it cannot be read in pages."""


class NoDatabase(QueryError):
    """What was given names no database that can be opened; or a package for it is missing."""
