"""How bad it is: ordered, so that the worst of several is their maximum."""

from django.db import models


class Severity(models.IntegerChoices):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word people and payloads use: low, medium, high or critical."""
        return self.name.lower()
