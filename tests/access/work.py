"""The pages of the work itself: boards, tasks, reports, and what hangs on them."""

from tests.access.roles import (
    CAMPAIGN_READERS,
    CONCERNED,
    ISSUERS,
    KEEPERS,
    KEEPING,
    NOT_ALLOWED,
    OFFICES,
    RAISERS,
    READERS,
    REVIEWERS,
    UNIT,
    Line,
    answers,
    only,
)

ROUTES = (
    # The work
    Line("tasks:dashboard"),
    Line("tasks:wall"),
    Line("tasks:campaign_list"),
    Line("tasks:campaign_detail", "campaign", get=answers({CAMPAIGN_READERS: 200}, 404)),
    Line("tasks:task_list"),
    Line("tasks:task_detail", "task", get=answers({READERS: 200}, 404)),
    Line("tasks:report_list"),
    Line(
        "tasks:report_detail",
        "due",
        get=answers({READERS: 200}, 404),
        post=only(*UNIT, get=302, visible_to=READERS),
        data="filing",
    ),
    Line(
        "tasks:report_review",
        "submitted",
        get=only(*REVIEWERS, visible_to=READERS),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="decision",
    ),
    Line("tasks:report_accept", get=NOT_ALLOWED, post=answers({OFFICES: 302}, 403), data="ticks"),
    Line(
        "tasks:report_reopen",
        "accepted",
        get=NOT_ALLOWED,
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="reason",
    ),
    # The periods, kept by the district's office and the administrators
    Line("tasks:period_list", get=KEEPERS),
    Line("tasks:period_detail", "period", get=KEEPERS, post=KEEPING, data="close"),
    # Evidence
    Line(
        "tasks:evidence_add",
        "due",
        get=NOT_ALLOWED,
        post=only(*UNIT, get=302, visible_to=READERS),
        data="files",
    ),
    Line("tasks:evidence_open", "filed_file", get=answers({READERS: 200}, 404)),
    Line(
        "tasks:evidence_delete",
        "file",
        get=NOT_ALLOWED,
        post=answers({UNIT: 302}, 404),  # what was never filed is its unit's alone
    ),
    # Change requests
    Line(
        "tasks:change_new",
        "task",
        get=only(*UNIT, visible_to=READERS),
        post=only(*UNIT, get=200, visible_to=READERS),  # one waits already, and the form says so
        data="change",
    ),
    Line(
        "tasks:change_detail",
        "change",
        get=answers({READERS: 200}, 404),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="answer",
    ),
    Line(
        "tasks:closing_new",
        "task",
        get=only(*UNIT, visible_to=READERS),
        post=only(*UNIT, get=200, visible_to=READERS),
        data="closing",
    ),
    Line(
        "tasks:closing_detail",
        "closing",
        get=answers({READERS: 200}, 404),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="close_out",
    ),
    # Directives, private to those concerned
    Line("tasks:directive_list"),
    Line(
        "tasks:directive_new",
        get=only(*OFFICES, "leader"),
        post=answers({ISSUERS: 302, ("far_office",): 404}, 403),
        data="directive",
    ),
    Line(
        "tasks:directive_detail",
        "directive",
        get=answers({CONCERNED: 200}, 404),
        post=only(*ISSUERS, get=302, visible_to=CONCERNED),
        data="directive_words",
    ),
    Line(
        "tasks:directive_answer",
        "addressee",
        get=only(*UNIT, visible_to=CONCERNED),
        post=only(*UNIT, get=302, visible_to=CONCERNED),
        data="directive_answer",
    ),
    Line(
        "tasks:directive_acknowledge",
        "addressee",
        get=NOT_ALLOWED,
        post=only(*UNIT, get=302, visible_to=CONCERNED),
    ),
    Line(
        "tasks:directive_return",
        "answered",
        get=NOT_ALLOWED,
        post=only(*ISSUERS, get=302, visible_to=CONCERNED),
        data="directive_words",
    ),
    # A light set by the office
    Line(
        "tasks:light_set",
        "task",
        get=only(*REVIEWERS, visible_to=READERS),
        post=only(*REVIEWERS, get=302, visible_to=READERS),
        data="light",
    ),
    Line(
        "tasks:light_withdraw",
        "override",
        get=NOT_ALLOWED,
        post=only(*REVIEWERS, get=302, visible_to=READERS),
    ),
    # Obstacles
    Line("tasks:obstacle_list"),
    Line(
        "tasks:obstacle_new",
        "task",
        get=only(*RAISERS, visible_to=READERS),
        post=only(*RAISERS, get=302, visible_to=READERS),
        data="obstacle",
    ),
    Line(
        "tasks:obstacle_detail",
        "obstacle",
        get=answers({READERS: 200}, 404),
        post=only(*RAISERS, get=302, visible_to=READERS),
        data="words",
    ),
)
