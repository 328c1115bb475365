"""All settings, read strictly from the environment.

Every value may also come from a file named by ``<NAME>_FILE`` (for container secrets).
``DEMO=1`` fills everything in with the embedded default: SQLite, a filesystem broker and a local mail sink,
all under ``var/``. Without it a missing value stops the start and says what to set.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

DEMO: bool = env.bool("DEMO", default=False)
DEBUG: bool = env.bool("DEBUG", default=False)
VAR_DIR: Path = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))


def _demo_secret_key() -> str:
    """Return the key that the demo keeps between starts, so that a restart signs nobody out."""
    path = VAR_DIR / "secret_key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(get_random_secret_key())
            path.chmod(0o600)
        return path.read_text()
    except OSError as error:
        message = f"The demo keeps its data in {VAR_DIR}, which cannot be written to: {error.strerror}."
        raise ImproperlyConfigured(message) from error


SECRET_KEY: str = env.str("SECRET_KEY", default="") or (_demo_secret_key() if DEMO else env.str("SECRET_KEY"))
# What is secret in the database is sealed with the first; the others still open what was sealed before.
SEALING_KEYS: list[str] = [key.strip() for key in env.list("SEALING_KEY", default=[]) if key.strip()]
SEALING_KEYS = SEALING_KEYS or [SECRET_KEY.strip()]
ALLOWED_HOSTS: list[str] = (
    env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"]) if DEMO else env.list("ALLOWED_HOSTS")
)
# The address people use, for links in mail: "https://luohu.example".
SITE_URL: str = (
    env.str("SITE_URL", default="http://127.0.0.1:8000") if DEMO else env.str("SITE_URL")
).rstrip("/")
SECURE = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_filters",
    "csp",
    "allauth",
    "allauth.account",
    "luohu",
    "commands",
    "tasks",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "luohu.middleware.refuse_nul_bytes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "luohu.middleware.choose_language",
    "luohu.middleware.name_source",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "luohu.middleware.SignInRequired",
    "luohu.uploads.refuse_oversized",
    "luohu.middleware.keep_session_alive",
    "luohu.middleware.require_own_password",
    "django.contrib.messages.middleware.MessageMiddleware",
    "luohu.middleware.explain_wrong_method",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "luohu.urls"
WSGI_APPLICATION = "luohu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "luohu.context.chrome",
            ],
        },
    },
]
# Widgets of forms are drawn by the same templates, so that templates/django/forms/ can stand in for Django's own.
FORM_RENDERER = "luohu.drawn.MenusOnce"

# Database. PostgreSQL in earnest, SQLite for the demo and for `make test` without a server.
DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'luohu.sqlite3'}")
    if DEMO
    else env.db("DATABASE_URL")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # One writer at a time, taken at the start of the transaction: a later upgrade could fail at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared caches: one counts failed sign-ins for all web processes and holds sessions read-through, one keeps pages.
REDIS_URL: str = env.str("REDIS_URL", default="") if DEMO else env.str("REDIS_URL")
CACHES = {
    name: (
        {
            "BACKEND": "luohu.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": prefix,
            # No second try: the cache may be away, and a page must not wait for it.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2, "retry": Retry(NoBackoff(), 0)},
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR_DIR / "cache" / prefix,
        }
    )
    for name, prefix in (("default", ""), ("pages", "pages"))
} | {
    # Where failed sign-ins are counted while Redis is away. The table is made by commands/migrations/0006.
    "counts": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "counted_attempts",
        # Names are tried by whoever likes to: when so many were, what has run out goes first.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Background jobs.
CELERY_BROKER_URL: str = REDIS_URL or "filesystem://localhost//"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = (
    {
        "visibility_timeout": 600,
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
    }
    if REDIS_URL
    else {
        "data_folder_in": str(VAR_DIR / "queue"),
        "data_folder_out": str(VAR_DIR / "queue"),
        "control_folder": str(VAR_DIR / "queue-control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a killed worker's job is handed to another; every job may run twice
CELERY_TASK_PUBLISH_RETRY = False  # the database is the truth; with the broker away a page must not wait
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat" / "schedule")

# People and sessions.
AUTH_USER_MODEL = "commands.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "luohu.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "luohu.accounts.SignInForm",
    "change_password": "luohu.accounts.PasswordChangeForm",
    "set_password": "luohu.accounts.PasswordSetForm",
    "reset_password": "luohu.accounts.PasswordResetForm",
    "reset_password_from_key": "luohu.accounts.PasswordResetKeyForm",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to addresses that anybody types into a form
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
# Five failures lock a name for a quarter of an hour; an address that tries many names is slowed as well.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,60/15m/ip", "login": "120/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXY_COUNT", default=0)
SESSION_IDLE_MINUTES: int = env.int("SESSION_IDLE_MINUTES", default=60)
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"

# Mail.
EMAIL_CONFIG = (
    env.email_url("EMAIL_URL", default="smtp://127.0.0.1:8025") if DEMO else env.email_url("EMAIL_URL")
)
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="luohu@localhost")

# Language and time. Source strings are English; people see Chinese unless they switch.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "luohu" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Static files.
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Unlike evidence: collected by one user (who builds the image), served by another.
        "OPTIONS": {"file_permissions_mode": 0o644},
    },
}
# Evidence: outside the web root, and readable by nobody else on the machine; one view alone hands it out.
MEDIA_ROOT = VAR_DIR / "evidence"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["luohu.uploads.BoundedUpload"]
UPLOAD_MAX_FILE = 20 * 1024 * 1024
UPLOAD_MAX_REQUEST = 101 * 1024 * 1024  # all the files of a report at once, and the form around them
UPLOAD_PATHS = [r"/reports/\d+/evidence/$"]
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# Safety in the browser: nothing is loaded from elsewhere, nothing runs inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "luohu.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Who may read /metrics: these networks, and whoever knows the token.
METRICS_FROM: list[str] = env.list("METRICS_FROM", default=["127.0.0.0/8", "::1/128"])
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secrets": {"()": "luohu.logs.HideSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # At DEBUG it writes robots' addresses, which are secrets.
        "apprise": {"level": "WARNING"},
    },
}

# Working days that each level has for an obstacle before it climbs to the next one.
OBSTACLE_WORKDAYS: dict[str, int] = {
    "team": env.int("OBSTACLE_WORKDAYS_TEAM", default=5),
    "office": env.int("OBSTACLE_WORKDAYS_OFFICE", default=5),
    "headquarters": env.int("OBSTACLE_WORKDAYS_HEADQUARTERS", default=5),
}
# Reminders wait for working hours; the demo sends at once, so that the whole journey can be seen at any hour.
REMIND_AT_ANY_TIME: bool = env.bool("REMIND_AT_ANY_TIME", default=DEMO)
# A worker that has been silent for so long about what it was sending is taken for dead.
REMINDER_STUCK_MINUTES: float = env.float("REMINDER_STUCK_MINUTES", default=10)
# Robots and webhooks of this very machine, and those without https; only to try out and to test.
ROBOTS_ON_THIS_MACHINE: bool = env.bool("ROBOTS_ON_THIS_MACHINE", default=DEMO)
