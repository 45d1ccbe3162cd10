from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_changes")]

    operations = [migrations.AddField("jobrun", "size", models.JSONField(default=dict))]
