"""What people are told, and what administrators keep."""

from tests.access.roles import (
    ADMINISTRATORS,
    NOT_ALLOWED,
    OVERSEERS,
    Line,
    all_get,
    answers,
    only,
    public,
)

ROUTES = (
    # What people are told
    Line("tasks:reminder_list"),
    Line("tasks:reminder_why"),
    Line("tasks:reminder_detail", "reminder", get=answers({("reporter", "hq_office", *OVERSEERS): 200}, 404)),
    Line(
        "tasks:reminder_resend",
        "reminder",
        get=NOT_ALLOWED,
        post=answers({("office", "hq_office", "administrator"): 302, ("reporter", "leader"): 403}, 404),
    ),
    Line("tasks:inbox"),
    Line("tasks:inbox_read_all", get=NOT_ALLOWED, post=all_get(302)),
    Line(
        "tasks:notification_open",
        "notification",
        get=NOT_ALLOWED,
        post=answers({("reporter",): 302}, 404),
    ),
    Line(
        "tasks:notification_snooze",
        "notification",
        get=NOT_ALLOWED,
        post=answers({("reporter",): 302}, 404),
        data="snooze",
    ),
    # By which channels
    Line("tasks:own_channels", post=all_get(302), data="choice"),
    Line(
        "tasks:own_channel_change",
        "app",
        get=NOT_ALLOWED,
        post=answers({("reporter",): 302}, 404),
        data="disable",
    ),
    Line("tasks:own_feed", get=NOT_ALLOWED, post=all_get(302), data="revoke"),
    Line("tasks:calendar_feed", "feed_token", get=public(200), post=public(405)),
    Line("tasks:digest_refuse", "digest_token", get=public(200), post=public(200)),
    Line("tasks:channel_list", get=ADMINISTRATORS, post=only("administrator", get=302), data="robot"),
    Line(
        "tasks:channel_change",
        "robot",
        get=NOT_ALLOWED,
        post=only("administrator", get=302),
        data="disable",
    ),
    # What administrators keep
    Line("tasks:calendar", post=only("administrator", get=302), data="calendar"),
    Line("tasks:ladder_list", get=ADMINISTRATORS),
    Line("tasks:ladder_change", "kind", get=ADMINISTRATORS, post=ADMINISTRATORS, data="ladder"),
    Line("tasks:light_rules", get=ADMINISTRATORS, post=ADMINISTRATORS, data="light_rules"),
    Line("tasks:calendar_import", get=ADMINISTRATORS, post=ADMINISTRATORS, data="calendar_year"),
    Line("tasks:event_list", get=ADMINISTRATORS),
    Line("commands:user_list", get=ADMINISTRATORS),
    Line("commands:user_new", get=ADMINISTRATORS, post=ADMINISTRATORS, data="user"),
    Line(
        "commands:user_detail",
        "person",
        get=ADMINISTRATORS,
        post=only("administrator", get=302),
        data="disable",
    ),
)
