"""Evidence through the browser: several files at once, opened by those who may, never run."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import User
from tasks.models import Evidence, Report, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks import files
from tests.tasks.reports import page_of, shown

AJAX: dict[str, Any] = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


def sent(name: str, data: bytes = b"words", mime: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type=mime)


def add(client: Client, report: Report, *uploads: Any, **more: Any) -> Any:
    return client.post(f"{page_of(report)}evidence/", {"uploads": list(uploads)}, **more)


def test_several_files_are_added_at_once_without_javascript(report: Report, reporter: User) -> None:
    client = signed_in(reporter)
    answer = add(client, report, sent("签约.pdf", files.PDF), sent("现场.png", files.png()), sent("说明.txt"))
    assert (answer.status_code, answer["Location"]) == (302, f"{page_of(report)}#evidence")
    page = shown(client.get(page_of(report)))
    assert "3 files are with the report." in page
    for name in ("签约.pdf", "现场.png", "说明.txt"):
        assert name in page


def test_of_several_files_the_bad_ones_are_named_and_the_good_ones_kept(
    report: Report, reporter: User
) -> None:
    client = signed_in(reporter)
    add(client, report, sent("好.pdf", files.PDF), sent("坏.pdf", files.PROGRAM), sent("空.txt", b""))
    page = shown(client.get(page_of(report)))
    assert "1 file is with the report." in page
    assert "“坏.pdf” is not what its name says" in page
    assert "“空.txt” is empty." in page
    assert Evidence.objects.get().name == "好.pdf"


def test_the_script_gets_the_list_back(report: Report, reporter: User) -> None:
    client = signed_in(reporter)
    good = add(client, report, sent("好.pdf", files.PDF), **AJAX)
    assert (good.status_code, "好.pdf" in shown(good)) == (200, True)
    bad = add(client, report, sent("坏.pdf", files.PROGRAM), **AJAX)
    assert bad.status_code == 422
    assert "“坏.pdf” is not what its name says" in shown(bad)
    assert "好.pdf" in shown(bad)


def test_names_that_climb_are_only_names(report: Report, reporter: User) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name=uploads; filename="../../../../tmp/x.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n" + files.PDF + b"\r\n--x--\r\n"
    )
    client = signed_in(reporter)
    client.post(f"{page_of(report)}evidence/", body, content_type="multipart/form-data; boundary=x")
    evidence = Evidence.objects.get()
    assert evidence.name == "x.pdf"
    assert evidence.file.path.startswith(str(settings.MEDIA_ROOT))
    assert "x.pdf" not in evidence.file.path


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.txt", "长" * 300 + ".txt", "a.txt" + "b" * 300])
def test_odd_names_are_shown_harmless_and_never_break_a_page(
    report: Report, reporter: User, name: str
) -> None:
    client = signed_in(reporter)
    assert add(client, report, sent(name, mime="text/plain")).status_code == 302
    page = client.get(page_of(report))
    assert page.status_code == 200
    assert "<script>alert" not in shown(page)


def test_nothing_chosen_and_a_strange_milestone_are_told(report: Report, reporter: User, task: Task) -> None:
    factories.milestone(task=task)
    client = signed_in(reporter)
    assert "Choose at least one file." in shown(add(client, report, **AJAX))
    answer = client.post(
        f"{page_of(report)}evidence/",
        {"uploads": sent("a.txt"), "milestone": factories.milestone().pk},
        **AJAX,
    )
    assert "This milestone is not one of the task" in shown(answer)
    assert not Evidence.objects.exists()


# Too much


class Endless(io.RawIOBase):
    """A body that would go on for ever, and remembers how much of it was read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nobody reads a body whole"
        self.taken += size
        return bytes(size)


def sending(body: Endless) -> Any:
    return {"wsgi.input": body}


def test_two_gigabytes_are_refused_before_a_byte_is_read(report: Report, reporter: User) -> None:
    body = Endless()
    answer = signed_in(reporter).generic(
        "POST",
        f"{page_of(report)}evidence/",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2 * 1024**3),
        **sending(body),
    )
    assert (answer.status_code, body.taken) == (413, 0)
    assert "too large" in shown(answer)


@pytest.mark.parametrize("who", ["nobody", "reporter"])
def test_only_the_evidence_of_somebody_signed_in_may_be_long(
    report: Report, reporter: User, who: str
) -> None:
    body, client = Endless(), signed_in(reporter) if who == "reporter" else Client()
    address = "/inbox/read/" if who == "reporter" else f"{page_of(report)}evidence/"
    answer = client.generic(
        "POST",
        address,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(50 * 1024**2),
        **sending(body),
    )
    assert (answer.status_code, body.taken) == (413, 0)


def test_a_file_over_twenty_megabytes_is_named_and_the_next_one_kept(report: Report, reporter: User) -> None:
    client = signed_in(reporter)
    big = sent("大.txt", b"a" * (20 * 1024**2 + 1))
    answer = add(client, report, big, sent("小.txt"), **AJAX)
    assert answer.status_code == 422
    assert "“大.txt” is larger than 20 MB." in shown(answer)
    assert Evidence.objects.get().name == "小.txt"


# Opening


def test_a_file_is_handed_out_to_be_saved_and_kept_nowhere(report: Report, reporter: User) -> None:
    evidence = factories.evidence(report=report, name="签约.txt", data="签约".encode())
    answer = signed_in(reporter).get(f"/evidence/{evidence.pk}/?look")
    assert b"".join(answer) == "签约".encode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_picture_may_be_looked_at_in_the_browser(report: Report, reporter: User) -> None:
    picture = factories.evidence(report=report, name="现场.png", kind="png", data=files.png())
    client = signed_in(reporter)
    looked = client.get(f"/evidence/{picture.pk}/?look")
    assert looked["Content-Disposition"].startswith("inline")
    assert (looked["Content-Type"], looked["Content-Security-Policy"]) == (
        "image/png",
        "default-src 'none'; sandbox",
    )
    saved = client.get(f"/evidence/{picture.pk}/")
    assert saved["Content-Disposition"].startswith("attachment")
    assert b"".join(looked) == b"".join(saved) == files.png()


def test_what_is_not_filed_yet_is_its_units_alone(report: Report, reporter: User, office: User) -> None:
    draft = factories.evidence(report=report)
    assert b"".join(signed_in(reporter).get(f"/evidence/{draft.pk}/"))
    assert signed_in(office).get(f"/evidence/{draft.pk}/").status_code == 404


def test_the_office_finds_the_files_beside_what_was_filed(task: Task, reporter: User, office: User) -> None:
    report = factories.report(task=task, state="submitted", by=reporter)
    filed = factories.evidence(report=report, name="签约.txt")
    client = signed_in(office)
    assert f"/evidence/{filed.pk}/" in shown(client.get(f"{page_of(report)}review/"))
    assert f"/evidence/{filed.pk}/" in shown(client.get(page_of(report)))


def test_no_address_leads_to_the_files_themselves(report: Report, reporter: User) -> None:
    evidence = factories.evidence(report=report)
    assert settings.MEDIA_URL in {"", "/"}
    assert not str(settings.MEDIA_ROOT).startswith(str(settings.STATIC_ROOT))
    for path in (
        f"/{evidence.file.name}",
        f"/static/{evidence.file.name}",
        f"/evidence/{evidence.file.name}",
    ):
        assert signed_in(reporter).get(path).status_code == 404


def test_the_unit_takes_a_file_back(report: Report, reporter: User, head: User) -> None:
    evidence = factories.evidence(report=report, name="错.txt")
    client = signed_in(head)
    assert "错.txt" in shown(client.get(page_of(report)))
    client.post(f"/evidence/{evidence.pk}/delete/")
    assert "“错.txt” is no longer with the report." in shown(client.get(page_of(report)))
    assert not Evidence.objects.exists()


def test_the_form_asks_as_often_for_many_files_as_for_few(report: Report, reporter: User) -> None:
    client = signed_in(reporter)
    client.get(page_of(report))  # the first request of a session writes to it
    counts = []
    for _round in range(2):
        for _n in range(3):
            factories.evidence(report=report, milestone=factories.milestone(task=report.task))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(page_of(report))
        counts.append(len(queries))
    assert counts[0] == counts[1]
