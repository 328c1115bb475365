"""What the units addressed do with a directive: acknowledge it and answer it point by point; and its return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Addressee, Directive, PointAnswer
from tasks.models.answers import DirectiveStepChoices
from tasks.services.directives import check_words, keepers_of, lock_directive, may_close, step, tell
from tasks.services.people import people_of
from tasks.services.reminders import reconcile

Words = Mapping[int, str]
"""What is answered to each point, by its number."""


@transaction.atomic
def acknowledge_directive(*, addressee: Addressee, by: User) -> Addressee:
    """Acknowledge for the unit that the directive has been read (签收). A second time changes nothing.

    Raises Refused: ``over``, ``other_unit``.
    """
    addressee = _lock(addressee, by)
    if addressee.acknowledged_at is None:
        _acknowledge(addressee, by)
        addressee.save()
    return addressee


@transaction.atomic
def save_answer(*, addressee: Addressee, words: Words, version: int, by: User) -> Addressee:
    """Keep what is typed as the unit's draft. Only its own people read it.

    Raises Refused: ``over``, ``other_unit``, ``answered``, ``stale``.
    """
    addressee = _lock_to_answer(addressee, words, version, by)
    _write_words(addressee, words, by)
    addressee.save()
    after = _unit(addressee)
    record_event(action="directive.save", about=addressee.directive, after=after, is_draft=True, by=by)
    return addressee


@transaction.atomic
def give_answer(*, addressee: Addressee, words: Words, version: int, by: User) -> Addressee:
    """Give the unit's answer to every point, final until it is returned. Who answers has acknowledged, too.

    A second click answers nothing twice. Raises Refused: ``words_missing`` beside ``point_<number>``, and as
    ``save_answer`` does.
    """
    addressee = _lock(addressee, by)
    if addressee.answered_at and addressee.answered_by_id == by.pk and draft_of(addressee) == dict(words):
        return addressee
    addressee = _lock_to_answer(addressee, words, version, by)
    for point in addressee.directive.points.all():
        check_words(words.get(point.number, ""), f"point_{point.number}")
    if addressee.acknowledged_at is None:
        _acknowledge(addressee, by)
    _write_words(addressee, words, by)
    addressee.answered_at, addressee.answered_by = timezone.now(), by
    addressee.save()
    directive = addressee.directive
    step(directive, DirectiveStepChoices.ANSWERED, addressee=addressee, round=addressee.round, by=by)
    record_event(action="directive.answer", about=directive, after=_unit(addressee), by=by)
    tell(directive, "directive_answered", keepers_of(directive), by, addressee.unit)
    return addressee


@transaction.atomic
def return_answer(*, addressee: Addressee, words: str, by: User) -> Addressee:
    """Return a unit's answer with words. It stays as it was given; the next one starts from its text.

    Raises Refused: ``over``, ``not_allowed``, ``not_answered``, ``words_missing``.
    """
    directive = lock_directive(addressee.directive)
    addressee = _locked_row(addressee, directive)
    if not may_close(directive, by):
        message = _("Answers are returned by whoever issued the directive or by the office in charge.")
        raise Refused(message, code="not_allowed")
    if addressee.answered_at is None:
        raise Refused(_("This unit's answer is not there, or was returned already."), code="not_answered")
    check_words(words)
    given = addressee.round
    texts = draft_of(addressee)
    addressee.answered_at = addressee.answered_by = None
    addressee.returned_at, addressee.round = timezone.now(), given + 1
    _write_words(addressee, texts, by)
    addressee.saved_at = addressee.saved_by = None
    addressee.save()
    step(directive, DirectiveStepChoices.RETURNED, words=words, addressee=addressee, round=given, by=by)
    record_event(action="directive.return", about=directive, after=_unit(addressee), by=by)
    tell(directive, "directive_returned", people_of([addressee.unit_id]), by, addressee.unit)
    return addressee


@transaction.atomic
def pass_directives_on(*, day: dt.date) -> int:
    """Let the heirs of units merged by ``day`` answer what those still owe, and return how much that was.

    An heir who is addressed as well answers once, for itself; what the merged unit owed is then left to the office.
    """
    merged = Addressee.objects.owing().filter(unit__merged_into__isnull=False, unit__closed_on__lte=day)
    concerned = Directive.objects.open().filter(pk__in=merged.values("directive")).order_by("pk")
    passed = 0
    for directive in concerned.select_for_update(of=("self",), no_key=True):
        for row in merged.filter(directive=directive).select_related("unit__merged_into"):
            heir, before = row.unit.merged_into, row.unit
            if heir is None or directive.addressees.filter(unit=heir).exists():
                continue
            row.unit = heir
            row.save()
            values = ({"unit": before.name}, {"unit": heir.name})
            record_event(action="directive.pass", about=directive, before=values[0], after=values[1], by=None)
            passed += 1
        reconcile(rows=directive.addressees.all(), now=timezone.now())
    return passed


def draft_of(addressee: Addressee) -> dict[int, str]:
    """Return what is written to each point in the present round, by its number."""
    rows = addressee.answers.filter(round=addressee.round).select_related("point")
    return {row.point.number: row.words for row in rows}


def _locked_row(addressee: Addressee, directive: Directive) -> Addressee:
    rows = Addressee.objects.select_for_update(of=("self",), no_key=True).select_related("unit")
    locked = rows.get(pk=addressee.pk)
    locked.directive = directive
    return locked


def _lock(addressee: Addressee, by: User) -> Addressee:
    """Lock directive and unit, in this order, for one of the unit's people."""
    if addressee.unit_id not in by.duties.unit_ids:
        raise Refused(_("Another unit is addressed: only its staff answer for it."), code="other_unit")
    return _locked_row(addressee, lock_directive(addressee.directive))


def _lock_to_answer(addressee: Addressee, words: Words, version: int, by: User) -> Addressee:
    """Lock for writing an answer, unless it is given already or a colleague has saved something else since."""
    addressee = _lock(addressee, by)
    if addressee.answered_at:
        raise Refused(_("Your unit has answered already."), code="answered")
    if addressee.version != version and draft_of(addressee) != dict(words):
        message = _("A colleague has saved another text meanwhile: both are shown. Saving again keeps yours.")
        raise Refused(message, code="stale")
    return addressee


def _acknowledge(addressee: Addressee, by: User) -> None:
    addressee.acknowledged_at, addressee.acknowledged_by = timezone.now(), by
    step(addressee.directive, DirectiveStepChoices.ACKNOWLEDGED, addressee=addressee, by=by)
    record_event(action="directive.acknowledge", about=addressee.directive, after=_unit(addressee), by=by)


def _write_words(addressee: Addressee, words: Words, by: User) -> None:
    """Write the words of the present round, one row to a point."""
    for point in addressee.directive.points.all():
        PointAnswer.objects.update_or_create(
            addressee=addressee,
            point=point,
            round=addressee.round,
            defaults={"words": words.get(point.number, "")},
        )
    addressee.version += 1
    addressee.saved_at, addressee.saved_by = timezone.now(), by


def _unit(addressee: Addressee) -> dict[str, object]:
    """Return what the audit trail keeps of a unit's step."""
    return {"unit": addressee.unit_id}
