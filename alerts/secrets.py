"""A secret that was encrypted with a key we no longer have, which is not the same as none."""


class Unreadable(str):
    """Its text is the encrypted one, as stored, so that it can be written back until the key is restored."""

    __slots__ = ()


HINT = "The secret cannot be read: the key has changed. Enter the secret anew, or restore AHGD_FIELD_KEY."
