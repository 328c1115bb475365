"""The command structure, reorganising it, and who leads."""

from tests.access.roles import ADMINISTRATORS, ANSWERING, NOT_ALLOWED, READERS, UNIT, Line, only

ROUTES = (
    # The command structure, open to everybody
    Line("tasks:headquarters_list"),
    Line("tasks:headquarters_detail", "headquarters"),
    Line("tasks:unit_list"),
    Line("tasks:unit_detail", "unit"),
    # Reorganising it
    *(
        Line(f"tasks:{name}", about, get=ADMINISTRATORS, post=ADMINISTRATORS)
        for about, names in {
            "": ("headquarters_new", "unit_new"),
            "headquarters": (
                "headquarters_rename",
                "headquarters_co_locate",
                "headquarters_part",
                "headquarters_dissolve",
                "team_new",
            ),
            "team": ("team_rename", "team_move", "team_dissolve"),
            "unit": ("unit_rename", "unit_merge", "unit_close"),
        }.items()
        for name in names
    ),
    # Leads
    Line("tasks:reassignment_list"),
    Line(
        "tasks:reassignment_new", get=ADMINISTRATORS, post=only("administrator", get=200), data="reassignment"
    ),
    Line("tasks:reassignment_many", get=NOT_ALLOWED, post=ADMINISTRATORS, data="reassignment"),
    Line("tasks:lead_object", "lead", get=NOT_ALLOWED, post=ANSWERING, data="objection"),
    Line(
        "tasks:lead_change", "lead", get=only("administrator", get=302), post=only("administrator", get=302)
    ),
    Line("tasks:lead_withdraw", "lead", get=NOT_ALLOWED, post=only("administrator", get=302)),
    Line("tasks:flag_present", "campaign", get=ADMINISTRATORS, post=ADMINISTRATORS),
    Line("tasks:lead_acknowledge", "lead", get=NOT_ALLOWED, post=only(*UNIT, get=302, visible_to=READERS)),
)
