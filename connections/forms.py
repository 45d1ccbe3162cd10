"""What an administrator may enter for a connection."""

from __future__ import annotations

from django import forms
from django.conf import settings

from connections.models import DatabaseConnection


class DatabaseConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only secrets below the agreed prefix are taken: the portal's role may read no others."""

    class Meta:
        model = DatabaseConnection
        fields = (
            "name",
            "description",
            "secret_arn",
            "tls_mode",
            "groups",
            "enabled",
            "is_default",
            "max_parallel_reads",
        )

    def clean_secret_arn(self) -> str:
        arn: str = self.cleaned_data["secret_arn"]
        prefix = settings.PGSPARK_SECRETS_PREFIX
        if not arn.split(":", 6)[-1].startswith(prefix):
            raise forms.ValidationError(
                f"The secret's name must start with {prefix} (setting PGSPARK_SECRETS_PREFIX).", code="prefix"
            )
        return arn

    def clean_is_default(self) -> bool:
        """One default at most; the database holds to it too."""
        wanted: bool = self.cleaned_data["is_default"]
        others = DatabaseConnection.objects.filter(is_default=True).exclude(pk=self.instance.pk)
        if wanted and (other := others.first()):
            raise forms.ValidationError(f"{other.name} is the default. Take it away there first.", code="default")
        return wanted
