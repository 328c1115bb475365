"""The chain of posts: who is told of a stage, and who in whose place."""

from __future__ import annotations

from tasks.rules.chain import Called, Seat, call, seats_of
from tasks.rules.reminders import Audience

EAST, SOUTH, BLOCKS = 1, 2, 7
REPORTER, HEAD = Seat("reporter", EAST), Seat("head", EAST)
OFFICE, DISTRICT, LEADER = Seat("office", None, BLOCKS), Seat("office"), Seat("leader")
EVERYBODY = {REPORTER: {10}, HEAD: {11}, OFFICE: {12}, DISTRICT: {13}, LEADER: {14}}
REPORTERS, HEADS = Audience.REPORTERS, Audience.HEADS


def told(*audience: Audience, but: tuple[Seat, ...] = (), headquarters: int | None = BLOCKS) -> Called:
    """Call an audience where the posts in ``but`` are vacant."""
    holders = {seat: people for seat, people in EVERYBODY.items() if seat not in but}
    return call(audience, seats_of([EAST], headquarters), holders)


def test_whoever_holds_the_post_is_told_for_themselves() -> None:
    assert told(REPORTERS) == Called({10: ()}, frozenset())
    assert set(told(REPORTERS, HEADS, Audience.OFFICE, Audience.DISTRICT, Audience.LEADERS).people) == {
        10,
        11,
        12,
        13,
        14,
    }


def test_a_vacant_post_passes_to_the_next_above_and_is_named() -> None:
    assert told(REPORTERS, but=(REPORTER,)) == Called({11: (REPORTER,)}, frozenset({REPORTER}))
    assert told(REPORTERS, HEADS, but=(HEAD,)) == Called({10: (), 12: (HEAD,)}, frozenset({HEAD}))
    assert told(Audience.OFFICE, but=(OFFICE,)) == Called({13: (OFFICE,)}, frozenset({OFFICE}))
    assert told(Audience.DISTRICT, but=(DISTRICT,)) == Called({14: (DISTRICT,)}, frozenset({DISTRICT}))


def test_several_vacant_posts_pass_on_to_the_first_that_is_held() -> None:
    called = told(REPORTERS, but=(REPORTER, HEAD, OFFICE))
    assert called == Called({13: (REPORTER,)}, frozenset({REPORTER, HEAD, OFFICE}))


def test_who_is_told_for_themselves_stands_in_for_nobody() -> None:
    assert told(REPORTERS, HEADS, but=(REPORTER,)) == Called({11: ()}, frozenset({REPORTER}))


def test_one_person_stands_in_for_a_whole_unit() -> None:
    assert told(REPORTERS, HEADS, but=(REPORTER, HEAD)).people == {12: (REPORTER, HEAD)}


def test_above_the_leaders_is_nobody() -> None:
    assert told(Audience.LEADERS, but=(LEADER,)) == Called({}, frozenset({LEADER}))
    assert told(REPORTERS, but=tuple(EVERYBODY)).people == {}


def test_without_headquarters_there_is_no_office_to_be_vacant() -> None:
    assert told(REPORTERS, HEADS, but=(HEAD,), headquarters=None) == Called(
        {10: (), 13: (HEAD,)}, frozenset({HEAD})
    )
    assert told(Audience.OFFICE, headquarters=None) == Called({}, frozenset())


def test_another_units_head_never_stands_in() -> None:
    seats = seats_of([EAST, SOUTH], BLOCKS)
    holders = {Seat("reporter", SOUTH): {20}, Seat("head", SOUTH): {21}, OFFICE: {12}}
    called = call([REPORTERS], seats, holders)
    assert called.people == {20: (), 12: (REPORTER,)}
    assert called.vacant == {REPORTER, HEAD}


def test_several_people_of_one_post_are_all_told() -> None:
    assert set(call([REPORTERS], seats_of([EAST], None), {REPORTER: {1, 2, 3}}).people) == {1, 2, 3}
