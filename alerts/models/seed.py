"""Which rows were made from the starter set or the environment: each once, so that deleting or editing one lasts."""

from django.db import models


class Seed(models.Model):
    key = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
