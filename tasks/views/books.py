"""Pages of task books: opening a year's book, keeping its filing rule, carrying over, closing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.books import book_board, book_rows, next_year
from tasks.forms.books import BookForm, EditBookForm
from tasks.models import TaskBook
from tasks.services.books import close_book, create_book, edit_book, moved_periods
from tasks.services.carrying import carry_over, offered
from tasks.views.access import SignedInRequest, get_book, require_power
from tasks.views.keys import keys_of

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@require_power(Power.ADMINISTER)
def book_list(request: SignedInRequest) -> HttpResponse:
    """List the task books, year by year."""
    return render(request, "tasks/books/book_list.html", {"books": book_rows()})


@page_methods
@require_power(Power.ADMINISTER)
def book_new(request: SignedInRequest) -> HttpResponse:
    """Open a year's book, and lead on to what last year's has to carry over."""
    year = next_year(timezone.localdate())
    last = TaskBook.objects.order_by("-year").first()
    form = BookForm(request.POST or None, initial=BookForm.after(last, year))
    if request.method == "POST" and form.is_valid():
        try:
            book = create_book(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The book is open, and its twelve months are set."))
            return redirect(
                "tasks:book_carry" if TaskBook.objects.before(book) else "tasks:book_detail", book.pk
            )
    return render(request, "tasks/books/book_new.html", {"form": form, "last": last})


@require_safe
@require_power(Power.ADMINISTER)
def book_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a book: its filing rule, campaigns and tasks, and what keeps it open."""
    book = get_book(pk)
    return render(request, "tasks/books/book_detail.html", {"book": book, "board": book_board(book)})


@page_methods
@require_power(Power.ADMINISTER)
def book_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a book's names and its filing rule; months that would move are shown before they do."""
    book = get_book(pk)
    form = EditBookForm(request.POST or None, initial=EditBookForm.of(book))
    moved = []
    if request.method == "POST" and form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(book, name, value)
        moved = moved_periods(book)
        if not moved or request.POST.get("action") == "confirm":
            try:
                edit_book(book=get_book(pk), **form.cleaned_data, by=request.user)
            except Refused as refusal:
                put_beside(form, refusal)
            else:
                messages.success(request, _("The book was changed."))
                return redirect("tasks:book_detail", pk)
    return render(request, "tasks/books/book_edit.html", {"book": get_book(pk), "form": form, "moved": moved})


@page_methods
@require_power(Power.ADMINISTER)
def book_carry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what last year's book has to carry over, all of it ticked; carry over what stays ticked."""
    book, refused = get_book(pk), ""
    offer = offered(book)
    ticked = {name: keys_of(request.POST, name.removesuffix("s")) for name in ("campaigns", "tasks")}
    if request.method == "POST":
        try:
            made = carry_over(book=book, **ticked, by=request.user)
        except Refused as refusal:
            refused = str(refusal.message)
        else:
            text = ngettext(
                "%(count)d task was carried over.", "%(count)d tasks were carried over.", made.tasks
            )
            messages.success(request, text % {"count": made.tasks})
            return redirect("tasks:book_detail", pk)
    context = {"book": book, "offer": offer, "refused": refused, "ticked": ticked}
    status = 409 if refused else 200
    return render(request, "tasks/books/book_carry.html", context, status=status)


@page_methods
@require_power(Power.ADMINISTER)
def book_close(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Show what keeps a book open, and close it where nothing does."""
    book, refused = get_book(pk), ""
    if request.method == "POST":
        try:
            close_book(book=book, by=request.user)
        except Refused as refusal:
            refused = str(refusal.message)
        else:
            messages.success(request, _("The book is closed. It stays to be read."))
            return redirect("tasks:book_detail", pk)
    board = book_board(book)
    after = TaskBook.objects.filter(year__gt=book.year, closed_at__isnull=True).order_by("year").first()
    context = {"book": book, "board": board, "after": after, "refused": refused}
    return render(request, "tasks/books/book_close.html", context, status=409 if refused else 200)
