"""Saved ways to reach an Aurora PostgreSQL cluster, and tokens for scripts. No password and no token is kept here."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from connections.hosts import is_listed, is_plain

SECRET_ARN = RegexValidator(
    r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+$",
    "Give the full ARN of a Secrets Manager secret, "
    "such as arn:aws:secretsmanager:us-east-1:123456789012:secret:spark/postgres/example-AbCdEf.",
)


class TlsMode(models.TextChoices):
    """How the connection is encrypted; the values are those of libpq and of the JDBC driver."""

    DISABLE = "disable", "Off"
    PREFER = "prefer", "If the server offers it"
    REQUIRE = "require", "Required"
    VERIFY_CA = "verify-ca", "Required, certificate checked"
    VERIFY_FULL = "verify-full", "Required, certificate and host name checked"


ENCRYPTED = (TlsMode.REQUIRE.value, TlsMode.VERIFY_CA.value, TlsMode.VERIFY_FULL.value)


class AuthMethod(models.TextChoices):
    """What proves who the portal is; both take host, port, database and user name from the secret."""

    SECRET = "secret", "Password in the secret"
    IAM = "iam", "IAM database token"


class DatabaseConnectionQuerySet(models.QuerySet["DatabaseConnection"]):
    def visible_to(self, user: User | AnonymousUser) -> DatabaseConnectionQuerySet:
        """Those the user may use: all for staff, else those that name one of the user's groups.

        Each says by `was_read_for` that it was read under this rule.
        """
        if not user.is_authenticated:
            return self.none()
        visible = self if user.is_staff else self.filter(groups__in=user.groups.all()).distinct()
        return visible.annotate(reader_id=Value(user.pk))

    def usable(self) -> DatabaseConnectionQuerySet:
        return self.filter(enabled=True)


class DatabaseConnection(models.Model):
    """A PostgreSQL cluster, reached with the credentials of one Secrets Manager secret."""

    name = models.SlugField(unique=True, help_text="Short name shown in the portal, such as aurora-prod.")
    secret_arn = models.CharField("secret ARN", max_length=2048, validators=[SECRET_ARN])
    description = models.CharField(max_length=200, blank=True)
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField("default", default=False, help_text="Chosen first for a new session.")
    auth_method = models.CharField("authentication", max_length=16, choices=AuthMethod, default=AuthMethod.SECRET)
    reader_host = models.CharField(
        "reader endpoint", max_length=253, blank=True, help_text="Read from this host instead of the secret's own."
    )
    tls_mode = models.CharField("TLS", max_length=16, choices=TlsMode, default=TlsMode.REQUIRE)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="database_connections", help_text="Groups that may use it, besides staff."
    )
    max_parallel_reads = models.PositiveSmallIntegerField(
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text="Most connections that one run may open at once.",
    )
    last_tested_at = models.DateTimeField(null=True, editable=False)
    last_test_code = models.CharField(max_length=40, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DatabaseConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="connections_one_default"
            ),
            models.CheckConstraint(
                condition=~Q(auth_method=AuthMethod.IAM) | Q(tls_mode__in=ENCRYPTED),
                name="connections_iam_needs_tls",
                violation_error_message="An IAM token travels only over TLS: choose a mode that requires it.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Only secrets below the agreed prefix, which the portal's role may read, and only hosts that are listed."""
        prefix = settings.PGSPARK_SECRETS_PREFIX
        if not self.secret_arn.split(":", 6)[-1].startswith(prefix):
            text = f"The secret's name must start with {prefix} (setting PGSPARK_SECRETS_PREFIX)."
            raise ValidationError({"secret_arn": ValidationError(text, code="prefix")})
        if self.reader_host and not is_plain(self.reader_host):
            text = "Give one host name, such as example.cluster-ro-abc.us-east-1.rds.amazonaws.com."
            raise ValidationError({"reader_host": ValidationError(text, code="host")})
        if self.reader_host and not is_listed(self.reader_host):
            text = "This host is not in the list of allowed hosts (setting PGSPARK_DATABASE_HOSTS)."
            raise ValidationError({"reader_host": ValidationError(text, code="not_listed")})

    def was_read_for(self, user: User | AnonymousUser) -> bool:
        """Whether this very object came out of `visible_to(user)`, so that nobody needs to ask again."""
        return user.is_authenticated and getattr(self, "reader_id", None) == user.pk

    @property
    def test_state(self) -> str:
        """`untested`, `ok` or `failed`, from the last test."""
        if self.last_tested_at is None:
            return "untested"
        return "failed" if self.last_test_code else "ok"


class ApiToken(models.Model):
    """Lets a script use the API as its user. Only the SHA-256 of the token is kept; it is shown once, when made."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What it is for, such as nightly-report.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    ending = models.CharField(max_length=4, editable=False, help_text="Its last characters, to tell tokens apart.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="connections_token_name_once_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.name} …{self.ending}"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
