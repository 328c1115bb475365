"""Task books, and what is entered into them."""

from tests.access.roles import ADMINISTRATORS, NOT_ALLOWED, Line, only

DONE = only("administrator", get=302)
REFUSED = only("administrator", get=409)

ROUTES = (
    Line("tasks:book_list", get=ADMINISTRATORS),
    Line("tasks:book_new", get=ADMINISTRATORS, post=DONE, data="book"),
    Line("tasks:book_detail", "book", get=ADMINISTRATORS, post=NOT_ALLOWED),
    Line("tasks:book_edit", "book", get=ADMINISTRATORS, post=DONE, data="book"),
    Line("tasks:book_carry", "book", get=ADMINISTRATORS, post=REFUSED),
    Line("tasks:book_close", "book", get=ADMINISTRATORS, post=REFUSED),
    Line("tasks:campaign_new", "book", get=ADMINISTRATORS, post=DONE, data="campaign"),
    Line("tasks:campaign_edit", "campaign", get=ADMINISTRATORS, post=DONE, data="campaign"),
    Line("tasks:task_new", "campaign", get=ADMINISTRATORS, post=DONE, data="task"),
    Line("tasks:task_edit", "task", get=ADMINISTRATORS, post=DONE, data="task_edit"),
    Line("tasks:task_plan", "task", get=ADMINISTRATORS, post=DONE, data="plan"),
    Line("tasks:task_milestones", "task", get=ADMINISTRATORS, post=DONE, data="milestones"),
)
