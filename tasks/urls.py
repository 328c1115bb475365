"""Addresses of the work."""

from django.urls import path

from tasks.views import (
    calendar,
    campaigns,
    dashboard,
    events,
    evidence,
    headquarters,
    inbox,
    leads,
    obstacles,
    reminders,
    reorganising,
    reports,
    reviews,
    tasks,
    units,
)

app_name = "tasks"
urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/wall/", dashboard.wall, name="wall"),
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/<int:pk>/", campaigns.campaign_detail, name="campaign_detail"),
    path("tasks/", tasks.task_list, name="task_list"),
    path("tasks/<int:pk>/", tasks.task_detail, name="task_detail"),
    path("reports/", reports.report_list, name="report_list"),
    path("reports/accept/", reviews.report_accept, name="report_accept"),
    path("reports/<int:pk>/", reports.report_detail, name="report_detail"),
    path("reports/<int:pk>/review/", reviews.report_review, name="report_review"),
    path("reports/<int:pk>/reopen/", reviews.report_reopen, name="report_reopen"),
    path("reassignments/", leads.reassignment_list, name="reassignment_list"),
    path("reassignments/new/", leads.reassignment_new, name="reassignment_new"),
    path("reassignments/<int:pk>/acknowledge/", leads.lead_acknowledge, name="lead_acknowledge"),
    path("headquarters/", headquarters.headquarters_list, name="headquarters_list"),
    path("headquarters/<int:pk>/", headquarters.headquarters_detail, name="headquarters_detail"),
    path("units/", units.unit_list, name="unit_list"),
    path("units/<int:pk>/", units.unit_detail, name="unit_detail"),
    *(
        path(address, reorganising.reorganise, {"act": act}, name=act)
        for act, address in (
            ("headquarters_new", "headquarters/new/"),
            ("headquarters_rename", "headquarters/<int:pk>/rename/"),
            ("headquarters_co_locate", "headquarters/<int:pk>/nameplates/"),
            ("headquarters_part", "headquarters/<int:pk>/nameplates/part/"),
            ("headquarters_dissolve", "headquarters/<int:pk>/dissolve/"),
            ("team_new", "headquarters/<int:pk>/teams/new/"),
            ("team_rename", "teams/<int:pk>/rename/"),
            ("team_move", "teams/<int:pk>/move/"),
            ("team_dissolve", "teams/<int:pk>/dissolve/"),
            ("unit_new", "units/new/"),
            ("unit_rename", "units/<int:pk>/rename/"),
            ("unit_merge", "units/<int:pk>/merge/"),
            ("unit_close", "units/<int:pk>/close/"),
        )
    ),
    path("events/", events.event_list, name="event_list"),
    path("reminders/", reminders.reminder_list, name="reminder_list"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.inbox_read_all, name="inbox_read_all"),
    path("inbox/<int:pk>/", inbox.notification_open, name="notification_open"),
    path("reports/<int:pk>/evidence/", evidence.evidence_add, name="evidence_add"),
    path("evidence/<int:pk>/", evidence.evidence_open, name="evidence_open"),
    path("evidence/<int:pk>/delete/", evidence.evidence_delete, name="evidence_delete"),
    path("obstacles/", obstacles.obstacle_list, name="obstacle_list"),
    path("obstacles/<int:pk>/", obstacles.obstacle_detail, name="obstacle_detail"),
    path("tasks/<int:pk>/obstacles/new/", obstacles.obstacle_new, name="obstacle_new"),
    path("calendar/", calendar.calendar, name="calendar"),
]
