"""Who may do what: every route, by area, with what each role is answered."""

from tests.access import books, door, keeping, structure, work

ROUTES = (*books.ROUTES, *door.ROUTES, *work.ROUTES, *structure.ROUTES, *keeping.ROUTES)
