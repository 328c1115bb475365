"""The way in and out."""

from tests.access.roles import Line, all_get, public

ROUTES = (
    # The way in
    Line("home", get=all_get(302)),
    Line("set_language", get=public(405), post=public(302), data="language"),
    Line("healthz", get=public(200), post=public(405)),
    Line("readyz", get=public(503), post=public(405)),  # no worker runs here, and it says so
    Line("metrics", get=public(403), post=public(405)),  # they ask from their desks, without the token
    Line("account_login", get={**public(302), "anonymous": 200}, post={**public(302), "anonymous": 200}),
    Line("account_logout", post=all_get(302)),
    Line("account_inactive", get=public(200), post=public(405)),
    Line("account_change_password", post=all_get(302), data="password"),
    Line("account_set_password", get=all_get(302), post=all_get(302)),
    Line("account_reset_password", get=public(200), post=public(302), data="reset"),
    Line("account_reset_password_done", get=public(200), post=public(405)),
    Line("account_reset_password_from_key", "key", get=public(200), post=public(200)),
    Line("account_reset_password_from_key_done", get=public(200), post=public(405)),
)
