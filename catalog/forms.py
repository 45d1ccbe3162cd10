"""What the picker's requests may hold."""

from __future__ import annotations

from django import forms

from catalog.types import TableRef


class PlaceForm(forms.Form):
    """Where the pickers stand. CharField refuses NUL; names are taken as they are, blanks included."""

    connection = forms.SlugField()
    database = forms.CharField(max_length=63, required=False, strip=False)
    schema = forms.CharField(max_length=63, required=False, strip=False)


class TableForm(PlaceForm):
    """One table of PostgreSQL."""

    database = forms.CharField(max_length=63, strip=False)
    schema = forms.CharField(max_length=63, strip=False)
    name = forms.CharField(max_length=63, strip=False)

    @property
    def ref(self) -> TableRef:
        facts = self.cleaned_data
        return TableRef(facts["database"], facts["schema"], facts["name"])


class PickForm(TableForm):
    """A table to pick or, without `pick`, to put back; `at` is the schema whose list the page shows, if another."""

    at = forms.CharField(max_length=63, required=False, strip=False)
    pick = forms.BooleanField(required=False)


class StarForm(TableForm):
    """A table to star or, without `on`, not any more."""

    on = forms.BooleanField(required=False)


class NoteForm(TableForm):
    """What is known of a table; an empty text takes the note away."""

    LONGEST = 2000
    text = forms.CharField(max_length=LONGEST, required=False)


class GluePlaceForm(forms.Form):
    """Where the Glue pickers stand."""

    database = forms.CharField(max_length=255, required=False, strip=False)


class GlueTableForm(GluePlaceForm):
    """One table of Glue to pick or, without `pick`, to put back."""

    database = forms.CharField(max_length=255, strip=False)
    name = forms.CharField(max_length=255, strip=False)
    pick = forms.BooleanField(required=False)


class FileForm(forms.Form):
    """One file to pick or, without `pick`, to put back; `name` is how the list calls it."""

    file = forms.CharField(max_length=1100)
    name = forms.CharField(max_length=1100, required=False)
    pick = forms.BooleanField(required=False)


class AliasForm(forms.Form):
    alias = forms.CharField(max_length=200)
