"""How the audit log shows that a secret changed; ``settings.AUDITLOG_MASK_CALLABLE``."""


def masked(text: str) -> str:
    """Nothing of ``text``, not even its length: the library's own mask leaves the second half."""
    return "***"
