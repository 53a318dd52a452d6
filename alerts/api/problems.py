"""What an operation cannot do, as a value of RFC 9457; ``ahgd_ops.api`` makes the answer of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One field of the request, and what is wrong with it."""

    field: str
    reason: str


class Problem(Exception):
    """``detail`` says what to do; ``errors`` name fields where there are any to blame."""

    def __init__(self, status: int, detail: str, *errors: Fault) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
