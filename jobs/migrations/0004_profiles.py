"""The three sizes that a new portal offers; `medium` is the specification's (section 16.3). Staff may change them."""

from django.db import migrations

PROFILES = [
    {"name": "small", "label": "Small, 4 vCPU", "driver_cores": 2, "driver_memory_gb": 4, "executors": 1},
    {"name": "medium", "label": "Medium, 6 vCPU", "driver_cores": 2, "driver_memory_gb": 4, "executors": 2},
    {
        "name": "large",
        "label": "Large, 20 vCPU",
        "driver_cores": 4,
        "driver_memory_gb": 16,
        "executors": 4,
        "executor_cores": 4,
        "executor_memory_gb": 16,
    },
]


def add(apps, schema_editor):
    profiles = apps.get_model("jobs", "ResourceProfile")
    for profile in PROFILES:
        profiles.objects.create(**profile, is_default=profile["name"] == "medium")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_execution")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
