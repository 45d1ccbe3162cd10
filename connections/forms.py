"""What an administrator may enter for a connection; the model's own rules hold as well."""

from __future__ import annotations

from typing import Any, TypedDict

from django import forms
from django.contrib.auth.models import Group

from connections.models import DatabaseConnection
from connections.operations import EDITED


class Saving(TypedDict):
    """The arguments of `operations.save_connection` that a form gives."""

    connection: DatabaseConnection
    groups: list[Group]
    is_default: bool


class DatabaseConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The admin's form. `make_default` is no field of the model, because another row may have to change with it."""

    make_default = forms.BooleanField(
        label="Default", required=False, help_text="Chosen first for a new session, in place of the one before."
    )

    class Meta:
        model = DatabaseConnection
        fields = (*EDITED, "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["make_default"].initial = self.instance.is_default

    def saving(self) -> Saving:
        """What a valid form wants stored."""
        facts = self.cleaned_data
        return {
            "connection": self.instance,
            "groups": list(facts["groups"]),
            "is_default": facts["make_default"],
        }


class ConnectionPageForm(DatabaseConnectionForm):
    """The same with the page's looks."""

    class Meta(DatabaseConnectionForm.Meta):
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = _look(field.widget)


class DeleteForm(forms.Form):
    name = forms.CharField(max_length=50, required=False, strip=True)


def _look(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
        return "ps-check"
    return "ps-select" if isinstance(widget, forms.Select) else "ps-input"
