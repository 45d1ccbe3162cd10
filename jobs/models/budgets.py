"""How much a person may spend in a month."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce


class Budget(models.Model):
    """Dollars a calendar month, of one person, or with no person of everybody who has none of their own.

    From `soft_usd` on pages warn; a run that could go beyond `hard_usd` is refused. None is no limit.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budget",
        help_text="Empty: everybody who has none of their own.",
    )
    soft_usd = models.DecimalField(
        "warn from, dollars", max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    hard_usd = models.DecimalField(
        "refuse beyond, dollars",
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    class Meta:
        ordering = ["user"]
        constraints = [
            # Each person has one at most, and so has everybody else.
            models.UniqueConstraint(Coalesce("user_id", 0), name="jobs_one_budget_each"),
            models.CheckConstraint(
                condition=Q(soft_usd=None) | Q(hard_usd=None) | Q(soft_usd__lte=F("hard_usd")),
                name="jobs_budget_warns_before_it_refuses",
            ),
            models.CheckConstraint(
                condition=(Q(soft_usd=None) | Q(soft_usd__gte=0)) & (Q(hard_usd=None) | Q(hard_usd__gte=0)),
                name="jobs_budget_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.user.get_username() if self.user else "Everybody else"

    def clean(self) -> None:
        if self.soft_usd is not None and self.hard_usd is not None and self.soft_usd > self.hard_usd:
            raise ValidationError({"soft_usd": "Warn at or below the limit beyond which runs are refused."})
        others = Budget.objects.filter(user=None).exclude(pk=self.pk)
        if self.user_id is None and others.exists():
            raise ValidationError({"user": "There is a budget for everybody else already."})
