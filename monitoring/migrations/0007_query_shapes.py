from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0006_watched_checks_and_uptime")]

    operations = [
        migrations.AlterField(
            model_name="slowquery",
            name="database",
            field=models.CharField(help_text="An alias, the path of a file, or an address.", max_length=200),
        ),
        migrations.CreateModel(
            name="QueryShape",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("database", models.CharField(max_length=200)),
                ("vendor", models.CharField(max_length=32)),
                ("query", models.CharField(help_text="As in the tag of db_query_duration_seconds.", max_length=200)),
                ("text", models.TextField(help_text="Literals are replaced by question marks.")),
                ("first_at", models.DateTimeField()),
                ("plan", models.TextField(blank=True)),
                ("advice", models.JSONField(blank=True, default=list, help_text="Indexes that the plan misses.")),
                ("planned_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("database", "query"), name="query_shape_once")],
            },
        ),
    ]
