"""The product's settings with an environment fit for tests."""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

# Each process that runs tests has its own folder and its own Redis database; the processes it starts share them.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker and os.environ.get("TESTS_SET_UP_FOR") != _worker:
    os.environ["TESTS_SET_UP_FOR"] = _worker
    os.environ.pop("VAR_DIR", None)
    if os.environ.get("DATABASE_URL", "").startswith("sqlite:"):
        del os.environ["DATABASE_URL"]
    os.environ["REDIS_URL"] = re.sub(
        r"/(\d+)$", lambda number: f"/{int(number[1]) + int(_worker[2:])}", os.environ.get("REDIS_URL", "")
    )
_var = tempfile.mkdtemp(prefix="luohu-test-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "for-tests-only-and-long-enough-for-the-deployment-check-0123456789")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("SITE_URL", "http://127.0.0.1:8000")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_var}/test.sqlite3")
os.environ.setdefault("REDIS_URL", "")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("VAR_DIR", _var)
Path(_var, "static").mkdir()  # WhiteNoise warns where it is missing

from luohu.settings import *  # noqa: E402, F403  the environment must be set before the settings are read

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast: hundreds of sign-ins a run
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Tests of what a page shows write rows as no service does; those of pages that are kept take a cache.
CACHES["pages"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}  # type: ignore[assignment]  # noqa: F405
