"""Fill the benchmark's database and tell, as JSON, whom to ask as, which pages, and how many queries each makes."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402  Django must be set up first
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from tasks.models import Campaign, Task  # noqa: E402
from tests.benchmarks import data  # noqa: E402


def main() -> None:
    """Load, sign in, and count."""
    leader = data.load(**json.loads(sys.argv[1]))
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(leader, backend=settings.AUTHENTICATION_BACKENDS[0])
    campaign, task = Campaign.objects.latest("pk"), Task.objects.latest("pk")
    pages = {
        "floor": "/floor/",
        "dashboard": "/dashboard/",
        "dashboard unchanged": "/dashboard/",
        "wall": "/dashboard/wall/",
        "wall unchanged": "/dashboard/wall/",
        "ledger of a campaign": f"/tasks/?campaign={campaign.pk}",
        "task page": f"/tasks/{task.pk}/",
        "ledger as CSV": "/tasks/?export=csv",
    }
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    print(
        json.dumps(
            {
                "cookie": cookie,
                "pages": pages,
                "sql": {name: _sql(client, name, path) for name, path in pages.items()},
            }
        )
    )


def _sql(client: Client, name: str, path: str) -> int:
    first = client.get(path)
    headers = {"If-None-Match": first.headers.get("ETag", "")} if name.endswith("unchanged") else {}
    with CaptureQueriesContext(connection) as captured:
        client.get(path, headers=headers)
    return len(captured)


if __name__ == "__main__":
    main()
