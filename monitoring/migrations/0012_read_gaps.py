"""What a reader missed that stood still."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0011_holds")]

    operations = [
        migrations.CreateModel(
            name="ReadGap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reader", models.CharField(max_length=64)),
                ("position", models.BigIntegerField(help_text="Where the reader stood; it reads on behind the gap.")),
                ("rows", models.BigIntegerField(default=0)),
                ("start", models.BigIntegerField(verbose_name="first (ms)")),
                ("end", models.BigIntegerField(verbose_name="last (ms)")),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "gap of a reader",
                "verbose_name_plural": "gaps of readers",
                "ordering": ("-noted_at",),
                "constraints": [models.UniqueConstraint(fields=("reader", "position"), name="read_gap_once")],
            },
        ),
    ]
