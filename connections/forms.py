"""What an administrator may enter for a connection."""

from __future__ import annotations

from django import forms

from connections.models import DatabaseConnection


class DatabaseConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = DatabaseConnection
        fields = (
            "name",
            "description",
            "secret_arn",
            "auth_method",
            "tls_mode",
            "reader_host",
            "groups",
            "enabled",
            "is_default",
            "max_parallel_reads",
        )

    def clean_is_default(self) -> bool:
        """One default at most; the database holds to it too."""
        wanted: bool = self.cleaned_data["is_default"]
        others = DatabaseConnection.objects.filter(is_default=True).exclude(pk=self.instance.pk)
        if wanted and (other := others.first()):
            raise forms.ValidationError(f"{other.name} is the default. Take it away there first.", code="default")
        return wanted
