import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


def dollars(words):
    return models.DecimalField(
        words,
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[django.core.validators.MinValueValidator(0)],
    )


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_asked"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            "jobrun", "reserved_usd", models.DecimalField(decimal_places=4, default=0, max_digits=10)
        ),
        migrations.AddField("jobrun", "sources_key", models.CharField(blank=True, max_length=64)),
        migrations.AddField("jobrun", "input_bytes", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "jobrun",
            models.Index(
                fields=["target", "sources_key", "-id"],
                condition=models.Q(state="SUCCEEDED"),
                name="jobs_run_same_sources",
            ),
        ),
        migrations.AddIndex(
            "jobrun",
            models.Index(
                fields=["target", "input_bytes"], condition=models.Q(state="SUCCEEDED"), name="jobs_run_like_size"
            ),
        ),
        migrations.AddIndex("jobrun", models.Index(fields=["owner", "created_at"], name="jobs_run_spending")),
        migrations.CreateModel(
            "Budget",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        help_text="Empty: everybody who has none of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budget",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("soft_usd", dollars("warn from, dollars")),
                ("hard_usd", dollars("refuse beyond, dollars")),
            ],
            options={
                "ordering": ["user"],
                "constraints": [
                    models.UniqueConstraint(Coalesce("user_id", 0), name="jobs_one_budget_each"),
                    models.CheckConstraint(
                        condition=models.Q(soft_usd=None)
                        | models.Q(hard_usd=None)
                        | models.Q(soft_usd__lte=models.F("hard_usd")),
                        name="jobs_budget_warns_before_it_refuses",
                    ),
                    models.CheckConstraint(
                        condition=(models.Q(soft_usd=None) | models.Q(soft_usd__gte=0))
                        & (models.Q(hard_usd=None) | models.Q(hard_usd__gte=0)),
                        name="jobs_budget_is_not_negative",
                    ),
                ],
            },
        ),
    ]
