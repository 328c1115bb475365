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
    size = json.loads(sys.argv[1])
    leader = data.load(**size)
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(leader, backend=settings.AUTHENTICATION_BACKENDS[0])
    pages = addresses(size["months"])
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    sql = {name: count(client, name, path) for name, path in pages.items()}
    print(json.dumps({"cookie": cookie, "pages": pages, "sql": sql}))


def addresses(months: int) -> dict[str, str]:
    """Return the pages to be measured: a hundred rows, fifty reports, a thousand tasks, whatever the scale."""
    campaign, task = Campaign.objects.latest("pk"), Task.objects.latest("pk")
    thousand = f"campaign={campaign.pk}&" if Task.objects.count() > 1_000 else ""
    pages = {
        "floor": "/floor/",
        "dashboard": "/dashboard/",
        "wall": "/dashboard/wall/",
        "ledger of 100 rows": f"/tasks/?campaign={campaign.pk}",
        "task of 50 reports": f"/tasks/{task.pk}/",
        "CSV of 1,000 tasks": f"/tasks/?{thousand}export=csv",
    }
    if months > data.MONTHS_SHOWN:
        pages[f"task of {months} reports"] = f"/tasks/{task.pk - 1}/"
    ways = {name: path for name, path in pages.items() if name != "floor"}
    return {
        **pages,
        **{f"{name}, first": path for name, path in ways.items()},
        **{f"{name}, unchanged": path for name, path in ways.items() if path.startswith("/dashboard/")},
        "dashboard, an event a second": "/dashboard/",
    }


def count(client: Client, name: str, path: str) -> int:
    """Return how many queries a page asks when it is opened once more."""
    client.get(path)
    tag = client.get(path).headers.get(
        "ETag", ""
    )  # the first answer gave out the token that counts from now on
    headers = {"If-None-Match": tag} if name.endswith("unchanged") else {}
    with CaptureQueriesContext(connection) as captured:
        client.get(fresh(path, "sql") if name.endswith("first") else path, headers=headers)
    return len(captured)


def fresh(path: str, mark: object) -> str:
    """Return an address under which nothing was kept yet."""
    return f"{path}{'&' if '?' in path else '?'}first={mark}"


if __name__ == "__main__":
    main()
