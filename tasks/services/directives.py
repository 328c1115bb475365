"""Directives: issued, replied to, closed, withdrawn. What each unit answers is in ``services/answers.py``.

The audit trail and messages name a directive by its code and never repeat its words: administrators read the
one, mail carries the other, and neither is concerned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Post, Unit, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import (
    Addressee,
    Campaign,
    Directive,
    DirectivePoint,
    DirectiveStep,
    Obstacle,
    Task,
    TaskBook,
)
from tasks.models.answers import DirectiveStepChoices
from tasks.models.tasks import UNFINISHED
from tasks.services.inbox import notify
from tasks.services.people import people_of
from tasks.services.reminders import reconcile

Subject = Campaign | Task | Obstacle
SAID_ONLY = (DirectiveStepChoices.REPLY, DirectiveStepChoices.ACKNOWLEDGED)
"""Steps after which as much is owed as before."""


def campaign_of(subject: Subject) -> Campaign:
    """Return the campaign to which something belongs."""
    if isinstance(subject, Obstacle):
        subject = subject.task
    return subject if isinstance(subject, Campaign) else subject.campaign


def may_issue(subject: Subject, by: User) -> bool:
    """Say whether ``by`` may issue a directive on ``subject``: leaders; the offices in charge, for a leader."""
    duties = by.duties
    return duties.is_leader or (duties.is_office and duties.reviews(campaign_of(subject).headquarters_id))


def is_in_charge(directive: Directive, by: User) -> bool:
    """Say whether ``by`` is of an office in charge: the district's, or that of the campaign's headquarters."""
    return by.duties.is_office and by.duties.reviews(directive.commanded_campaign.headquarters_id)


def may_close(directive: Directive, by: User) -> bool:
    """Say whether ``by`` may return an answer, close or withdraw: the issuer, the offices, never a unit addressed.

    What an office recorded, the leaders may close as well.
    """
    if Addressee.objects.of(by).filter(directive=directive).exists():
        return False
    recorded = bool(directive.issued_for) and by.duties.is_leader
    return directive.issued_by_id == by.pk or recorded or is_in_charge(directive, by)


def may_reply(directive: Directive, by: User) -> bool:
    """Say whether ``by`` may add words: the people of the units addressed, and the offices in charge."""
    return is_in_charge(directive, by) or Addressee.objects.of(by).filter(directive=directive).exists()


@transaction.atomic
def issue_directive(
    *,
    subject: Subject,
    text: str,
    points: Sequence[str] = (),
    units: Iterable[Unit],
    due_on: dt.date,
    issued_for: str = "",
    by: User,
) -> Directive:
    """Issue a directive on ``subject`` to ``units``, and tell their people at once.

    Without ``points`` it is answered as a whole. An office records it for a leader, whose title ``issued_for``
    gives. A second click issues nothing twice. Raises Refused: ``not_allowed``, ``not_open``, ``words_missing``,
    ``too_early``, ``units_missing``, ``leader_missing``, ``book_closed``.
    """
    addressed = list({unit.pk: unit for unit in units}.values())
    _check_issuing(subject, by)
    issued_for = "" if by.duties.is_leader else issued_for.strip()
    _check_content(text, addressed, due_on, issued_for, by)
    book = _lock_book(subject)
    if again := _issued_just_now(subject, text, due_on, by):
        return again
    directive = Directive(
        **_on(subject),
        year=book.year,
        number=_next_number(book.year),
        text=text,
        due_on=due_on,
        issued_at=timezone.now(),
        issued_by=by,
        issued_for=issued_for,
    )
    _write_all(directive, points or [text], addressed)
    step(directive, DirectiveStepChoices.ISSUED, by=by)
    after = {"due_on": due_on, "units": len(addressed), "points": len(points) or 1}
    record_event(action="directive.issue", about=directive, after=after, by=by)
    tell(directive, "directive_issued", people_of(unit.pk for unit in addressed), by)
    return directive


@transaction.atomic
def reply_to_directive(*, directive: Directive, words: str, by: User) -> DirectiveStep:
    """Add words to the story of a directive, for all concerned to read.

    Raises Refused: ``over``, ``not_allowed``, ``words_missing``.
    """
    directive = lock_directive(directive)
    if not may_reply(directive, by):
        message = _("The units addressed and the offices in charge reply to a directive.")
        raise Refused(message, code="not_allowed")
    check_words(words)
    mine = Addressee.objects.of(by).filter(directive=directive).first()
    added = step(directive, DirectiveStepChoices.REPLY, words=words, addressee=mine, by=by)
    record_event(action="directive.reply", about=directive, by=by)
    tell(directive, "directive_reply", people_concerned(directive), by)
    return added


@transaction.atomic
def close_directive(*, directive: Directive, words: str, by: User) -> Directive:
    """Close a directive with words; it may be closed before every unit has answered.

    Raises Refused: ``over``, ``not_allowed``, ``words_missing``.
    """
    directive = _lock_to_end(directive, words, by)
    directive.closed_at, directive.closed_by, directive.closing_words = timezone.now(), by, words
    directive.save()
    _end(directive, DirectiveStepChoices.CLOSED, words, by)
    record_event(action="directive.close", about=directive, by=by)
    return directive


@transaction.atomic
def withdraw_directive(*, directive: Directive, words: str, by: User) -> Directive:
    """Withdraw a directive with the reason: nobody need answer it any more.

    Raises Refused: ``over``, ``not_allowed``, ``words_missing``.
    """
    directive = _lock_to_end(directive, words, by)
    directive.withdrawn_at, directive.withdrawn_by, directive.withdrawal_reason = timezone.now(), by, words
    directive.save()
    _end(directive, DirectiveStepChoices.WITHDRAWN, words, by)
    record_event(action="directive.withdraw", about=directive, by=by)
    return directive


# Shared with the answers


def lock_directive(directive: Directive) -> Directive:
    """Lock a directive, which everybody who writes about it locks first. Raises Refused ``over``."""
    names = ("campaign", "task__campaign", "obstacle__task__campaign", "issued_by")
    rows = Directive.objects.select_for_update(of=("self",), no_key=True).select_related(*names)
    locked = rows.get(pk=directive.pk)
    if locked.closed_at:
        raise Refused(_("This directive has been closed already."), code="over")
    if locked.withdrawn_at:
        raise Refused(_("This directive has been withdrawn."), code="over")
    return locked


def check_words(words: str, field: str = "words") -> None:
    """Refuse words that say nothing."""
    if not words.strip():
        raise Refused(_("Please write a few words."), code="words_missing", field=field)


def step(
    directive: Directive,
    kind: DirectiveStepChoices,
    *,
    words: str = "",
    addressee: Addressee | None = None,
    round: int | None = None,  # noqa: A002  the name of the field
    by: User,
) -> DirectiveStep:
    """Write one step of the story, and put the reminders of the units addressed right."""
    row = DirectiveStep(
        directive=directive,
        kind=kind,
        addressee=addressee,
        round=round,
        words=words,
        at=timezone.now(),
        by=by,
    )
    row.full_clean()
    row.save()
    if kind not in SAID_ONLY:
        reconcile(rows=directive.addressees.all(), now=row.at)
    return row


def people_concerned(directive: Directive) -> list[User]:
    """Return the people of the units addressed, whoever issued it, and the offices in charge."""
    units = directive.addressees.values_list("unit", flat=True)
    return [*people_of(units), *keepers_of(directive)]


def keepers_of(directive: Directive) -> list[User]:
    """Return who waits for the answers: whoever issued it, and the offices in charge."""
    posts = Post.objects.on(timezone.localdate()).reviewing(directive.commanded_campaign.headquarters_id)
    return [directive.issued_by, *(post.user for post in posts.select_related("user"))]


def tell(directive: Directive, kind: str, people: Iterable[User], by: User, unit: Unit | None = None) -> None:
    """Tell people, but for the one who did it, by code, what it is about, and the day; never the words."""
    task = directive.subject_task
    about = {"task": task.title} if task else {}
    if directive.campaign:
        about = {"task": directive.campaign.name, "task_en": directive.campaign.name_en}
    values = {"code": directive.code, "day": directive.due_on.isoformat(), **about}
    if unit:
        values |= {"unit": unit.name, "unit_en": unit.name_en}
    recipients = [person for person in people if person.pk != by.pk]
    notify(recipients=recipients, kind=kind, values=values, link=f"/directives/{directive.pk}/")


# Issuing and ending


def _check_issuing(subject: Subject, by: User) -> None:
    if not may_issue(subject, by):
        message = _("Directives are issued by leaders, and recorded for them by the office in charge.")
        raise Refused(message, code="not_allowed")
    task = subject.task if isinstance(subject, Obstacle) else subject
    over = isinstance(task, Task) and task.lifecycle not in UNFINISHED
    if over or (isinstance(subject, Obstacle) and not subject.is_open):
        raise Refused(_("There is nothing left to be done about it."), code="not_open")


def _check_content(text: str, addressed: Sequence[Unit], due_on: dt.date, issued_for: str, by: User) -> None:
    check_words(text, "text")
    if due_on < timezone.localdate():
        raise Refused(_("This day has passed."), code="too_early", field="due_on")
    if not addressed:
        raise Refused(_("Choose at least one unit."), code="units_missing", field="units")
    if not by.duties.is_leader and not issued_for:
        message = _("Give the title of the leader for whom it is recorded.")
        raise Refused(message, code="leader_missing", field="issued_for")


def _lock_book(subject: Subject) -> TaskBook:
    """Lock the book: whoever holds it gives the next number; the other waits, and finds this one given.

    In a closed one a directive would be left behind: what was open there has gone on with next year's.
    """
    book = TaskBook.objects.select_for_update(no_key=True).get(pk=campaign_of(subject).book_id)
    if book.closed_at:
        raise Refused(_("The task book is closed."), code="book_closed")
    return book


def _on(subject: Subject) -> dict[str, Subject]:
    """Return the subject under the name of its field."""
    return {str(subject._meta.model_name): subject}


def _issued_just_now(subject: Subject, text: str, due_on: dt.date, by: User) -> Directive | None:
    """Return what a first click has issued a moment ago."""
    moment_ago = timezone.now() - dt.timedelta(minutes=1)
    same = Directive.objects.open().filter(**_on(subject), text=text, due_on=due_on, issued_by=by)
    return same.filter(issued_at__gt=moment_ago).first()


def _next_number(year: int) -> int:
    last = Directive.objects.filter(year=year).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _write_all(directive: Directive, points: Sequence[str], units: Iterable[Unit]) -> None:
    directive.full_clean()
    directive.save()
    rows = [
        DirectivePoint(directive=directive, number=number, text=text)
        for number, text in enumerate(points, start=1)
    ]
    for row in rows:
        row.full_clean()
    DirectivePoint.objects.bulk_create(rows)
    Addressee.objects.bulk_create(Addressee(directive=directive, unit=unit) for unit in units)


def _lock_to_end(directive: Directive, words: str, by: User) -> Directive:
    directive = lock_directive(directive)
    if not may_close(directive, by):
        message = _("It is closed by whoever issued it or by the office in charge, not by a unit addressed.")
        raise Refused(message, code="not_allowed")
    check_words(words)
    return directive


def _end(directive: Directive, kind: DirectiveStepChoices, words: str, by: User) -> None:
    step(directive, kind, words=words, by=by)
    tell(directive, f"directive_{kind.value}", people_concerned(directive), by)
