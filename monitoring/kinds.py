"""What a value means. Apart from the models, so that recording can be imported before Django is set up."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """``catalogue.py`` gives each metric one."""

    GAUGE = "gauge"
    COUNTER = "counter"
    TIMING = "timing"
