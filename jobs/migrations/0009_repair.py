import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

Q = models.Q
FINAL = ("STARTED", "FAILED", "CANCELLED")


def one_to_one(to, name, **options):
    return models.OneToOneField(to, on_delete=django.db.models.deletion.CASCADE, related_name=name, **options)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_cost")]

    operations = [
        migrations.AddField("jobrun", "repairs_left", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("jobrun", "repair_number", models.PositiveSmallIntegerField(default=0)),
        migrations.CreateModel(
            "RunRepair",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "next_action_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("lease_owner", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Queued"),
                            ("WRITING", "Being written"),
                            ("STARTED", "Running again"),
                            ("FAILED", "Gave up"),
                            ("CANCELLED", "Stopped"),
                        ],
                        default="PENDING",
                        max_length=12,
                    ),
                ),
                ("failure_code", models.CharField(blank=True, max_length=40)),
                ("failure", models.JSONField(default=dict)),
                ("run", one_to_one("jobs.jobrun", "repair")),
                ("version", one_to_one("jobs.codeversion", "repair", null=True)),
                ("next_run", one_to_one("jobs.jobrun", "repair_before", null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        fields=["next_action_at"],
                        condition=Q(state__in=["PENDING", "WRITING"]),
                        name="jobs_repair_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(state__in=FINAL, finished_at__isnull=False)
                        | (~Q(state__in=FINAL) & Q(finished_at__isnull=True)),
                        name="jobs_repair_final_means_finished",
                    ),
                    models.CheckConstraint(
                        condition=(Q(state="FAILED") & ~Q(failure_code=""))
                        | (~Q(state="FAILED") & Q(failure_code="")),
                        name="jobs_repair_failed_means_coded",
                    ),
                    models.CheckConstraint(
                        condition=Q(state="STARTED", version__isnull=False, next_run__isnull=False)
                        | (~Q(state="STARTED") & Q(next_run__isnull=True)),
                        name="jobs_repair_started_means_run",
                    ),
                ],
            },
        ),
    ]
