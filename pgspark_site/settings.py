"""Settings of Django and of the libraries, read from the environment; those of the portal are in `portal_settings.py`.

Standard names where a standard exists (`DATABASE_URL`, `AWS_REGION`, ...), else the prefix `PGSPARK_`.
A wrong value stops the start: `pgspark_site/checks.py` names the setting and the remedy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from kombu import Queue

from pgspark_site.portal_settings import *  # noqa: F403
from pgspark_site.surroundings import BASE_DIR, VAR_DIR, env

DEBUG = env.bool("DEBUG", False)
_secret_key_file = env.str("SECRET_KEY_FILE", "")
SECRET_KEY = Path(_secret_key_file).read_text().strip() if _secret_key_file else env.str("SECRET_KEY", "")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where things are kept.
DATABASE_URL = env.str("DATABASE_URL", "postgres://pgspark@127.0.0.1:5432/pgspark")
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "csp",
    "django_structlog",
    "pgspark_site.apps.SiteConfig",
    "connections",
    "catalog",
    "jobs",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "pgspark_site.middleware.PortalErrorMiddleware",
]

ROOT_URLCONF = "pgspark_site.urls"
WSGI_APPLICATION = "pgspark_site.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jobs.context_processors.top_bar",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **env.db_url_config(DATABASE_URL),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "pgspark_site.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "serializer": "pgspark_site.cache.JsonSerializer",
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
        },
    }
}

# Accounts: local ones, made by an administrator; nobody signs up alone.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "pgspark_site.accounts.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Browser security. The page carries no inline script and no inline style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
HTTPS_ONLY = env.bool("PGSPARK_HTTPS_ONLY", not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_AGE = env.int("PGSPARK_LOGIN_DAYS", 14) * 24 * 3600
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("PGSPARK_BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = env.str("PGSPARK_TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("PGSPARK_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("PGSPARK_STATIC_STORAGE", "whitenoise.storage.CompressedManifestStaticFilesStorage")
    },
}

# Celery: a lost message costs one sweep, a duplicate costs nothing (jobs/supervisor.py).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Writing code waits for a model for minutes: its messages go to a queue of their own, and its task has its own limits.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("generation")]
CELERY_TASK_ROUTES = {"jobs.tasks.advance_code": {"queue": "generation"}}
# Beside each app's tasks.py.
CELERY_IMPORTS = ["jobs.repairs"]
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# However long Redis is away: a worker that gave up would have to be started by hand.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "retry_on_timeout": True,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "jobs.tasks.sweep",
        "schedule": env.float("PGSPARK_SWEEP_SECONDS", 1.0),
        # As in jobs/tasks.py: clocks of machines differ, and a sweep too many costs nothing.
        "options": {"expires": 3600},
    },
}
CELERY_BEAT_SCHEDULE["prune_uploads"] = {"task": "catalog.tasks.prune_uploads", "schedule": crontab(hour=3, minute=30)}
CELERY_BEAT_SCHEDULE["prune_runs"] = {"task": "jobs.tasks.prune_runs", "schedule": crontab(hour=3, minute=45)}
CELERY_BEAT_SCHEDULE["bill_runs"] = {"task": "jobs.tasks.bill_runs", "schedule": 300.0, "options": {"expires": 3600}}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# AWS. The endpoints come from the standard AWS_ENDPOINT_URL variables, read by boto3 itself.
AWS_REGION = env.str("AWS_REGION", env.str("AWS_DEFAULT_REGION", "us-east-1"))

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "pgspark_site.logs.formatter", "as_json": env.bool("PGSPARK_LOG_JSON", not DEBUG)},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("PGSPARK_LOG_LEVEL", "INFO")},
    "loggers": {
        # The pool writes the driver's own message, which names host and user; ours is in connections/pool.py.
        "psycopg.pool": {"level": "CRITICAL"},
        # A line for every tick of the sweep would bury all others.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "py4j": {"level": "WARNING"},
    },
}
