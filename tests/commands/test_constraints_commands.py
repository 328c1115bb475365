"""What can never be true of the rows of the command structure, whoever writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from commands.models import Headquarters, Nameplate, Post, Unit, UnitName
from commands.models.ranges import NoOverlap
from tests import factories
from tests.refused import Case, assert_allowed, assert_refused, constraints_of, refused

NEW_YEAR, JUNE, JULY = dt.date(2026, 1, 1), dt.date(2026, 6, 1), dt.date(2026, 7, 1)
BACKWARDS = {"starts_on": JULY, "ends_on": JUNE}
NO_DAY_AT_ALL = {"starts_on": JUNE, "ends_on": JUNE}


def office_of_headquarters() -> Post:
    return factories.post(role="office", headquarters=factories.headquarters())


REFUSED: list[Case] = [
    ("user_language_known", factories.user, {"language": "fr"}),
    ("unit_kind_known", factories.unit, {"kind": "club"}),
    ("unit_name_range", factories.unit_name, BACKWARDS),
    ("unit_name_range", factories.unit_name, NO_DAY_AT_ALL),
    ("nameplate_range", factories.nameplate, BACKWARDS),
    ("nameplate_range", factories.nameplate, NO_DAY_AT_ALL),
    ("work_team_range", factories.team, BACKWARDS),
    ("team_history_range", factories.team_history, BACKWARDS),
    ("unit_merged_is_closed", factories.unit, {"merged_into": factories.unit}),
    ("work_team_kind_known", factories.team, {"kind": "committee"}),
    ("post_range", factories.post, BACKWARDS),
    ("post_range", factories.post, NO_DAY_AT_ALL),
    ("post_role_fits_place", factories.post, {"role": "mayor"}),
    ("post_role_fits_place", factories.post, {"unit": None}),
    ("post_role_fits_place", factories.post, {"headquarters": factories.headquarters}),
    ("post_role_fits_place", factories.post, {"role": "leader"}),
    ("post_role_fits_place", factories.post, {"role": "administrator"}),
    ("post_role_fits_place", factories.post, {"role": "office"}),
    ("post_function_fits_role", office_of_headquarters, {"function": "commander"}),
    ("post_function_fits_role", office_of_headquarters, {"function": "office", "headquarters": None}),
    ("post_role_fits_place", office_of_headquarters, {"role": "administrator"}),
    ("post_role_fits_place", office_of_headquarters, {"role": "head"}),
    ("post_role_fits_place", office_of_headquarters, {"unit": factories.unit}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (factories.post, {"starts_on": JUNE, "ends_on": JUNE + dt.timedelta(days=1)}),
        (factories.unit_name, {"starts_on": None, "ends_on": JUNE}),
        (factories.nameplate, {"starts_on": None, "ends_on": None}),
        (office_of_headquarters, {"headquarters": None}),
        (factories.team, {"kind": "dedicated_group"}),
    ],
)
def test_the_edge_is_allowed(db: None, make: Any, changes: dict[str, Any]) -> None:
    assert_allowed(make, changes)


def test_a_nameplate_does_not_follow_itself(db: None) -> None:
    plate = factories.nameplate()
    with refused("nameplate_not_renamed_from_itself"):
        Nameplate.objects.filter(pk=plate.pk).update(renamed_from=plate)


def test_two_nameplates_do_not_follow_the_same_one(db: None) -> None:
    first = factories.nameplate(ends_on=JUNE)
    factories.nameplate(renamed_from=first)
    with pytest.raises(IntegrityError, match="renamed_from"), transaction.atomic():
        factories.nameplate(renamed_from=first)


def test_every_constraint_is_seen_to_hold() -> None:
    tested = {name for name, _make, _changes in REFUSED} | {
        "nameplate_not_renamed_from_itself",
        "nameplate_one_principal_a_day",
        "unit_name_one_a_day",
        "team_history_one_a_day",
    }
    assert tested == set(constraints_of("commands")), (
        "a constraint is only as good as the test that saw it refuse"
    )


def test_a_unit_is_not_merged_into_itself(db: None, east: Unit) -> None:
    with refused("unit_merged_is_closed"):
        Unit.objects.filter(pk=east.pk).update(merged_into=east, closed_on=JUNE)


# One name a day, one principal nameplate a day


def test_a_team_is_in_one_place_a_day(db: None) -> None:
    first = factories.team_history(ends_on=JULY)
    with refused("team_history_one_a_day"):
        factories.team_history(team=first.team, starts_on=JUNE)
    factories.team_history(team=first.team, starts_on=JULY)


def test_a_unit_has_one_name_a_day(db: None, east: Unit) -> None:
    factories.unit_name(unit=east, starts_on=NEW_YEAR, ends_on=JULY)
    with refused("unit_name_one_a_day"):
        UnitName.objects.bulk_create([UnitName(unit=east, name="新名", starts_on=JUNE)])
    UnitName.objects.bulk_create([UnitName(unit=east, name="新名", starts_on=JULY)])


def test_a_name_from_time_unknown_counts_from_the_beginning(db: None, east: Unit) -> None:
    factories.unit_name(unit=east, starts_on=None, ends_on=JULY)
    with refused("unit_name_one_a_day"):
        factories.unit_name(unit=east, starts_on=None, ends_on=NEW_YEAR)
    with refused("unit_name_one_a_day"):
        factories.unit_name(unit=east, starts_on=dt.date(1949, 10, 1), ends_on=dt.date(1950, 1, 1))
    factories.unit_name(unit=east, starts_on=JULY)


def test_two_units_may_bear_a_name_at_once(db: None, east: Unit, south: Unit) -> None:
    factories.unit_name(unit=east)
    factories.unit_name(unit=south, name=east.name)


def test_a_name_cannot_be_stretched_over_the_next(db: None, east: Unit) -> None:
    old = factories.unit_name(unit=east, ends_on=JUNE)
    factories.unit_name(unit=east, starts_on=JUNE)
    with refused("unit_name_one_a_day"):
        UnitName.objects.filter(pk=old.pk).update(ends_on=JULY)


def test_only_one_principal_nameplate_hangs_a_day(headquarters: Headquarters) -> None:
    with refused("nameplate_one_principal_a_day"):
        factories.nameplate(headquarters=headquarters, starts_on=NEW_YEAR)
    second = factories.nameplate(headquarters=headquarters, starts_on=NEW_YEAR, is_principal=False)
    factories.nameplate(headquarters=headquarters, starts_on=NEW_YEAR, is_principal=False)
    with refused("nameplate_one_principal_a_day"):
        Nameplate.objects.filter(pk=second.pk).update(is_principal=True)


def test_two_nameplates_one_staff(headquarters: Headquarters, today: dt.date) -> None:
    further = factories.nameplate(headquarters=headquarters, name="笋岗-清水河分指挥部", is_principal=False)
    assert headquarters.co_located_on(today) == [further]


# The same, said beside the form


def test_an_overlap_is_explained_before_it_is_refused(db: None, east: Unit) -> None:
    factories.unit_name(unit=east)
    with pytest.raises(ValidationError, match="It overlaps with an entry that holds at the same time"):
        UnitName(unit=east, name="新名", starts_on=JUNE).full_clean()


def test_a_second_principal_nameplate_is_explained(headquarters: Headquarters) -> None:
    plate = Nameplate(headquarters=headquarters, name="新牌子", starts_on=JUNE)
    with pytest.raises(ValidationError, match="Another principal nameplate hangs at the same time"):
        plate.full_clean()
    plate.is_principal = False
    plate.full_clean()


def test_a_row_does_not_overlap_with_itself(headquarters: Headquarters) -> None:
    headquarters.nameplates.get().full_clean()


def test_an_end_before_the_start_is_explained(db: None, east: Unit) -> None:
    with pytest.raises(ValidationError, match="The end must be later than the start"):
        UnitName(unit=east, name="新名", **BACKWARDS).full_clean()


def test_a_role_in_the_wrong_place_is_explained(db: None, stranger: Any, east: Unit) -> None:
    with pytest.raises(ValidationError, match="This role does not exist there"):
        Post(user=stranger, role="leader", unit=east, starts_on=NEW_YEAR).full_clean()


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (None, None),
        (None, JULY),
        (NEW_YEAR, None),
        (NEW_YEAR, JULY),
        (JUNE, JULY),
        (NEW_YEAR, JUNE + dt.timedelta(days=1)),
    ],
)
def test_the_form_and_the_database_agree(
    db: None, east: Unit, starts_on: dt.date | None, ends_on: dt.date | None
) -> None:
    factories.unit_name(unit=east, starts_on=JUNE, ends_on=JULY)
    row = UnitName(unit=east, name="新名", starts_on=starts_on, ends_on=ends_on)
    with pytest.raises(ValidationError):
        row.full_clean()
    with refused("unit_name_one_a_day"):
        row.save()


@pytest.mark.parametrize(("starts_on", "ends_on"), [(None, JUNE), (NEW_YEAR, JUNE), (JULY, None)])
def test_the_form_and_the_database_agree_that_touching_is_not_overlapping(
    db: None, east: Unit, starts_on: dt.date | None, ends_on: dt.date | None
) -> None:
    factories.unit_name(unit=east, starts_on=JUNE, ends_on=JULY)
    row = UnitName(unit=east, name="新名", starts_on=starts_on, ends_on=ends_on)
    row.full_clean()
    row.save()


def test_the_constraint_is_written_into_migrations_as_it_is() -> None:
    constraint = constraints_of("commands")["nameplate_one_principal_a_day"]
    assert isinstance(constraint, NoOverlap)
    copied = constraint.clone()
    assert copied == constraint
    assert hash(copied) == hash(constraint)
    assert constraint != constraints_of("commands")["unit_name_one_a_day"]
    assert constraint != "nameplate_one_principal_a_day"
