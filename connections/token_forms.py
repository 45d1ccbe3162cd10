"""What the page of tokens sends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from connections.models import ApiToken

_NEVER = ""
_LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), (_NEVER, "Until it is revoked"))


class TokenForm(forms.Form):
    """Cleaned `days` is the moment when the token expires, None for never."""

    name = forms.CharField(max_length=80, help_text=str(ApiToken._meta.get_field("name").help_text), label="Name")
    days = forms.ChoiceField(choices=_LIVES, required=False, initial="90", label="It works for")

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_days(self) -> datetime | None:
        days: str = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
