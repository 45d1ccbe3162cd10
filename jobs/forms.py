"""What the workspace's forms send, as values of the domain."""

from __future__ import annotations

import csv
from typing import Any

from django import forms
from django.conf import settings

from connections.errors import PortalError
from jobs.states import Target

ROW_LIMITS = (1_000, 10_000, 100_000, 1_000_000)
TIMEOUT_MINUTES = (5, 10, 30, 60, 240)
NO_LIMIT = 0


def row_limit_choices() -> list[tuple[int, str]]:
    """The run bar's row limits; the setting's own value is always among them."""
    numbers = sorted({*ROW_LIMITS, settings.PGSPARK_ROW_LIMIT})
    return [*((number, f"{number:,}".replace(",", "\u202f")) for number in numbers), (NO_LIMIT, "No limit")]


def timeout_choices() -> list[tuple[int, str]]:
    minutes = sorted({*TIMEOUT_MINUTES, settings.PGSPARK_RUN_TIMEOUT_MINUTES})
    return [(number, f"{number} min" if number < 60 else f"{number // 60} h") for number in minutes]


class CodeForm(forms.Form):
    """The editor's text and the number of the version it was made from."""

    transform = forms.CharField(strip=False, required=False)
    version = forms.IntegerField(required=False)


class RunForm(CodeForm):
    """The run bar; cleaned `row_limit` is None for no limit; `target` and `size` are empty for whichever suits."""

    target = forms.ChoiceField(choices=Target.choices, required=False)
    size = forms.SlugField(required=False)
    timeout_minutes = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    repair = forms.BooleanField(required=False)
    row_limit = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["timeout_minutes"].choices = timeout_choices()  # type: ignore[attr-defined]
        self.fields["row_limit"].choices = row_limit_choices()  # type: ignore[attr-defined]

    def clean_row_limit(self) -> int | None:
        limit: int | None = self.cleaned_data["row_limit"]
        if limit is None:
            return int(settings.PGSPARK_ROW_LIMIT)
        return limit or None


class AgainForm(forms.Form):
    """What a run is to have otherwise than the one before; nothing for what stays as it was."""

    target = forms.ChoiceField(choices=Target.choices, required=False)
    size = forms.SlugField(required=False)
    timeout_minutes = forms.IntegerField(required=False, min_value=1, max_value=max(TIMEOUT_MINUTES))


class QuoteForm(AgainForm):
    """What is chosen in the run bar, as far as it makes a run cost more or less."""

    repair = forms.BooleanField(required=False)


class TitleForm(forms.Form):
    title = forms.CharField(max_length=120)


class ReadingForm(forms.Form):
    """How a table is read; the values are checked against the table by `jobs.reading.set_read_options`."""

    partition_column = forms.CharField(strip=False, required=False)
    partitions = forms.CharField(required=False)
    fetch_size = forms.CharField(required=False)
    row_filter = forms.CharField(required=False)
    as_text = forms.CharField(
        required=False, help_text="Names parted by commas; in double quotes if one holds a comma."
    )

    def options(self) -> dict[str, Any]:
        """What the form says, as the operation takes it. Raises READ_OPTION_INVALID."""
        if not self.is_valid():
            raise PortalError("READ_OPTION_INVALID", problem="a field holds what no table can", remedy="Type it again.")
        line = " ".join(self.cleaned_data["as_text"].splitlines())
        names = next(csv.reader([line], skipinitialspace=True), [])
        return {**self.cleaned_data, "as_text": [name for name in map(str.strip, names) if name]}
