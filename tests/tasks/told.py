"""Services whose events are tested beside their own stories, and not in ``test_events``."""

from tests.tasks.around_channels import QUIET

TOLD_ELSEWHERE = {
    *QUIET,
    # parts of others, which tell of them
    "write_version",
    "redraw_first",
    "give_first_lead",
    "exempt_what_is_owed",
    "pass_on",  # tests/tasks/test_books_passing_on.py
    # tests/tasks/test_books.py, test_books_carry.py
    "add_campaign",
    "add_task",
    "cancel_task",
    "carry_over",
    "close_book",
    "create_book",
    "edit_book",
    "edit_campaign",
    "edit_task",
    "enter_plan",
    "set_milestones",
    "may_raise",  # questions, which change nothing
    "may_resolve",
    "may_speak",
    "resend_reminder",  # tests/tasks/test_reminders_proof.py
    "may_resend",
    # see tests/tasks/test_calendar_import.py
    "enter_calendar_year",
    "periods_following",
    "change_ladder",  # tests/tasks/test_ladders.py
    "load_facts",  # tests/tasks/test_facts.py
    "reassign_in_steps",
    "reassign_all",  # tests/tasks/test_leads_many.py
    # tests/tasks/test_leads_answers.py
    "object_to_lead",
    "present_flag",
    "withdraw_planned",
    "change_planned",  # tests/tasks/test_leads_planned.py
    # tests/tasks/test_reorganising.py
    "close_unit",
    "dissolve_headquarters",
    "dissolve_team",
    "merge_unit",
}
