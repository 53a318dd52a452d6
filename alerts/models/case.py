"""A test that a rule carries: a stretch of series on which it must fire, or must not."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from alerts.cases import notation
from alerts.models.rule import LONGEST_SECONDS, Rule
from alerts.validators import validate_case_series, validate_series_name


class Case(models.Model):
    """Run through the same evaluation as live at each save of its rule, by ``manage.py rules test`` and on import."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="cases")
    name = models.CharField(max_length=200, help_text="What happens in it; warnings name it.")
    must_fire = models.BooleanField(
        default=True,
        choices=((True, "must fire"), (False, "must not fire")),
        help_text="What the rule has to do with these series.",
    )
    instance = models.CharField(
        max_length=1000,
        blank=True,
        validators=[validate_series_name],
        help_text='Which series this is asked of, such as cpu_usage_percent{instance="web-1"}; empty for any.',
    )
    at_seconds = models.PositiveIntegerField(
        "at (seconds)",
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_SECONDS)],
        help_text="From the first value: it fires (or not) at this time. Empty: at any time.",
    )
    interval_seconds = models.PositiveIntegerField(
        "interval (seconds)",
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
        help_text="Between two values of a series.",
    )
    series = models.TextField(
        validators=[validate_case_series],
        help_text='One a line, in promtool\'s notation: cpu_usage_percent{instance="web-1"} 50x10 95+1x4 _ 50. '
        "Of a health check: check:database healthyx10 critical.",
    )

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("rule", "name"), name="case_once", violation_error_message="There is a case of this name."
            ),
            models.CheckConstraint(
                condition=models.Q(interval_seconds__gte=1, interval_seconds__lte=86_400), name="case_interval_bounded"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses a question about a series that the case does not hold: the answer would always be no."""
        if not (self.instance and self.series):
            return
        try:
            held = [line.named for line in notation.read_lines(self.series)]
            wanted = notation.read_series(self.instance)
        except notation.NotationRefused:
            return  # said at its field
        if wanted not in held:
            raise ValidationError({"instance": f"The case has no series {wanted}; it has {', '.join(map(str, held))}."})
