from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_size")]

    operations = [migrations.AddField("jobrun", "asked_at", models.DateTimeField(null=True))]
