"""What people are told, and what administrators keep."""

from tests.access.roles import ADMINISTRATORS, NOT_ALLOWED, OVERSEERS, Line, all_get, answers, only

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
    # What administrators keep
    Line("tasks:calendar", post=only("administrator", get=302), data="calendar"),
    Line("tasks:ladder_list", get=ADMINISTRATORS),
    Line("tasks:ladder_change", "kind", get=ADMINISTRATORS, post=ADMINISTRATORS, data="ladder"),
    Line("tasks:light_rules", get=ADMINISTRATORS, post=ADMINISTRATORS, data="light_rules"),
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
