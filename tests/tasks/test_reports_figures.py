"""Figures typed on a report are read as people write them, and refused in words where they are doubtful."""

from decimal import Decimal

import pytest

from tasks.forms.reports import ReportForm, figure
from tasks.models import Report

FIELDS = {"progress": "完成", "own_light": "green", "version": "1"}


def form_with(report: Report, **typed: str) -> ReportForm:
    return ReportForm({**FIELDS, **typed}, report=report, filing=True)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("85.5", "85.5"),
        ("85", "85"),
        ("0", "0"),
        ("100", "100"),
        ("100.0", "100.0"),
        ("85%", "85"),
        ("85.5 %", "85.5"),
        ("８５％", "85"),
        ("８５．５％", "85.5"),
        ("　８５　", "85"),  # ideographic spaces
        ("085", "85"),
        ("-0", "0"),
    ],
)
def test_a_percentage_is_read_as_people_write_it(report: Report, typed: str, read: str) -> None:
    form = form_with(report, actual_percent=typed)
    assert form.is_valid(), form.errors
    assert form.content()["actual_percent"] == Decimal(read)
    assert not form.content()["actual_percent"].is_signed()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("85,5", "Use a decimal point, not a comma: 85.5."),
        ("８５，５", "Use a decimal point, not a comma: 85.5."),
        ("1,000", "Use a decimal point, not a comma: 85.5."),
        ("85.55", "Write at most one decimal place, such as 85.5."),
        ("-1", "Write a number from 0 to 100, such as 85.5."),
        ("\u22121", "Write a number from 0 to 100, such as 85.5."),
        ("100.1", "Write a number from 0 to 100, such as 85.5."),
        ("140", "Write a number from 0 to 100, such as 85.5."),
        ("1e3", "Write a number from 0 to 100, such as 85.5."),
        ("NaN", "Write a number from 0 to 100, such as 85.5."),
        ("Infinity", "Write a number from 0 to 100, such as 85.5."),
        ("5²", "Write a number from 0 to 100, such as 85.5."),
        ("½", "Write a number from 0 to 100, such as 85.5."),
        ("٨٥", "Write a number from 0 to 100, such as 85.5."),
        ("85。5", "Write a number from 0 to 100, such as 85.5."),
        ("%", "Write a number from 0 to 100, such as 85.5."),
        ("85%%", "Write a number from 0 to 100, such as 85.5."),
        ("8 5", "Write a number from 0 to 100, such as 85.5."),
        ("1_0", "Write a number from 0 to 100, such as 85.5."),
        ("0x10", "Write a number from 0 to 100, such as 85.5."),
        ("8\x005", "Write a number from 0 to 100, such as 85.5."),
        ("9" * 20_000, "Write a number from 0 to 100, such as 85.5."),
        ("八十五", "Write a number from 0 to 100, such as 85.5."),
        ("<script>", "Write a number from 0 to 100, such as 85.5."),
        ("   ", "Please fill this in before you file."),
        ("", "Please fill this in before you file."),
    ],
)
def test_a_doubtful_percentage_is_refused_beside_its_field(report: Report, typed: str, message: str) -> None:
    form = form_with(report, actual_percent=typed)
    assert form.errors == {"actual_percent": [message]}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7.6", "7.6"),
        ("7.65", "7.65"),
        ("７．６公顷", "7.6"),
        ("7.6 公顷", "7.6"),
        ("-3.2", "-3.2"),
        ("999999999999.99", "999999999999.99"),
        ("", None),
    ],
)
def test_a_metric_is_read_with_or_without_its_unit(report: Report, typed: str, read: str | None) -> None:
    report.task.metric, report.task.metric_unit = "已整备土地", "公顷"
    form = form_with(report, actual_percent="50", metric_value=typed)
    assert form.is_valid(), form.errors
    assert form.content()["metric_value"] == (None if read is None else Decimal(read))
    assert form.fields["metric_value"].label == "已整备土地 (公顷)"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("7,6", "Use a decimal point and no commas: 7.6."),
        ("1,234", "Use a decimal point and no commas: 1234.5."),
        ("7.655", "Write at most two decimal places, such as 1234.56."),
        ("1000000000000", "Write at most 12 digits before the decimal point."),
        ("1e3", "Write a number, such as 1234.5."),
        ("NaN", "Write a number, such as 1234.5."),
        ("约7", "Write a number, such as 1234.5."),
    ],
)
def test_a_doubtful_metric_is_refused_beside_its_field(report: Report, typed: str, message: str) -> None:
    report.task.metric = "已整备土地"
    form = form_with(report, actual_percent="50", metric_value=typed)
    assert form.errors == {"metric_value": [message]}


def test_a_task_without_metric_is_not_asked_for_one(report: Report) -> None:
    form = form_with(report, actual_percent="50", metric_value="12")
    assert form.is_valid()
    assert form.content()["metric_value"] is None


def test_a_draft_asks_for_nothing_but_takes_no_nonsense(report: Report) -> None:
    assert ReportForm({}, report=report).is_valid()
    form = ReportForm({"actual_percent": "85,5", "own_light": "blue"}, report=report)
    assert set(form.errors) == {"actual_percent", "own_light"}


def test_filing_asks_for_percentage_progress_and_light(report: Report) -> None:
    form = ReportForm({}, report=report, filing=True)
    assert set(form.errors) == {"actual_percent", "progress", "own_light"}


@pytest.mark.parametrize("version", ["", "abc", "-1", "1e3", "٣", "9" * 40, "1.5"])
def test_what_is_no_version_counts_as_an_old_one(report: Report, version: str) -> None:
    form = ReportForm({"version": version}, report=report)
    assert form.is_valid()
    assert form.seen_version == -1


def test_words_are_kept_to_the_letter(report: Report) -> None:
    words = "  第一行\n\n\t第二行 😀👨‍👩‍👧 \u202bעברית\u202c \u200f<script>alert(1)</script>　ＡＢＣ½ \n "
    form = form_with(report, actual_percent="1", progress=words.replace("\n", "\r\n"))
    assert form.is_valid()
    assert form.content()["progress"] == words


def test_the_limit_counts_letters_as_people_do(report: Report) -> None:
    line_ends = "字\r\n" * 1000  # 2,000 letters: a line end is one, however the browser sends it
    assert form_with(report, actual_percent="1", progress=line_ends).is_valid()
    form = form_with(report, actual_percent="1", progress="😀" * 2345)
    assert form.errors == {"progress": ["Write at most 2000 characters; there are 2345 now."]}


def test_a_nul_byte_is_refused_in_words(report: Report) -> None:
    form = form_with(report, actual_percent="1", progress="完成\x00了")
    message = "An invisible character (NUL), shown here as �, cannot be kept. Please take it out."
    assert form.errors == {"progress": [message]}
    assert "完成\ufffd了" in str(form["progress"])
    assert "\x00" not in str(form)


def test_a_figure_is_shown_as_it_would_be_typed() -> None:
    assert [figure(Decimal(value)) for value in ("58.1", "60.0", "100.0", "0.0", "7.60")] == [
        "58.1",
        "60",
        "100",
        "0",
        "7.6",
    ]
    assert figure(None) == ""
