"""What a storage raises when it could not take samples now, and may later."""


class Unsent(Exception):
    """The first ``done`` samples need not be kept, of which ``stored`` were taken; the others are to be tried again."""

    def __init__(self, message: str, done: int = 0, stored: int = 0) -> None:
        super().__init__(message)
        self.done = done
        self.stored = stored
