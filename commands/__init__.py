"""Who commands and who leads: headquarters, work teams, units, users, posts and the audit trail."""
