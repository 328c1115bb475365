"""How gunicorn serves the pages, in containers and in the demo. Gunicorn finds this file by its name."""

import os
from typing import Any

from gunicorn.glogging import Logger

from luohu.logs import hide_secrets
from luohu.memory import settle

wsgi_app = "luohu.wsgi:application"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")  # the image opens it to the proxy, nothing else does
# Threads wait for the database side by side; two processes keep one slow page from stopping all others.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_TIMEOUT", "25"))
keepalive = 5
# A worker that has served a while is replaced, a few at a time, so that a slow leak never matters.
max_requests = 5_000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112  heartbeats stay off the disk
control_socket_disable = True  # we steer it by signals; a socket in the home folder would outlive kill -9
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "INFO").lower()


def post_worker_init(_worker: Any) -> None:
    """Be ready to serve for long."""
    settle()


class SecretKeepingLogger(Logger):
    """Writes requests without the tokens in their addresses: a calendar's address is its password."""

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the parts of a line of the access log."""
        found = super().atoms(*args, **kwargs)
        return {name: hide_secrets(part) if isinstance(part, str) else part for name, part in found.items()}


logger_class = SecretKeepingLogger
accesslog = "-" if os.environ.get("ACCESS_LOG") else None
