"""All addresses: the way in, health, and those of the two apps."""

from allauth.account import views as account
from django.urls import include, path, re_path

from luohu import health, metrics, views

# Of allauth's pages, those that have a job here: users are created by administrators, who also keep their
# e-mail addresses, so there is no sign-up, no confirmation of addresses and no sign-in by code.
account_urls = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.set_language, name="set_language"),
    path("accounts/", include(account_urls)),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("commands.urls")),
    path("", include("tasks.urls")),
]

handler400 = "luohu.errors.bad_request"
handler403 = "luohu.errors.permission_denied"
handler404 = "luohu.errors.page_not_found"
handler500 = "luohu.errors.server_error"
