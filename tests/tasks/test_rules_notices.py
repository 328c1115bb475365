"""Reading the State Council's notice, and tables of days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.calendar import WorkingCalendar
from tasks.rules.notices import read_year

NOTICE_2026 = """国务院办公厅关于2026年
部分节假日安排的通知

经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
2025年11月4日
"""


def test_a_whole_notice_gives_the_calendar_that_the_library_knows() -> None:
    reading = read_year(NOTICE_2026, 2026)
    assert not reading.faults
    entered = WorkingCalendar({day: said.is_workday for day, said in reading.days.items()}, frozenset({2026}))
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    assert [day for day in days if entered.is_workday(day) != WorkingCalendar().is_workday(day)] == []
    assert reading.days[dt.date(2026, 2, 14)].name == "春节"


def test_a_new_year_that_begins_in_december_is_read_across_the_year() -> None:
    text = "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。\n二、国庆节：10月1日放假。"
    reading = read_year(text, 2023)
    assert not reading.faults
    assert sorted(reading.days) == [
        dt.date(2022, 12, 31),
        dt.date(2023, 1, 1),
        dt.date(2023, 1, 2),
        dt.date(2023, 10, 1),
    ]


def test_a_table_of_days_may_be_separated_as_spreadsheets_do() -> None:
    reading = read_year("2027-01-01,off,元旦\n2027/1/3\t班\t元旦\n2027-10-01，休，国庆节\n\n", 2027)
    assert not reading.faults
    assert {day: said.is_workday for day, said in reading.days.items()} == {
        dt.date(2027, 1, 1): False,
        dt.date(2027, 1, 3): True,
        dt.date(2027, 10, 1): False,
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("元旦：1月1日至3日放假，共4天。", (1, "count", "4/3")),
        ("元旦：1月1日至3日。", (1, "not_understood", "1月1日至3日")),
        ("\n元旦：2月30日放假。", (2, "no_such_day", "2月30日")),
        ("元旦：1月3日至1日放假。", (1, "run", "1月3日至1日")),
        ("元旦：1月1日至12月1日放假。", (1, "run", "1月1日至12月1日")),
        ("2027-01-01,half,元旦", (1, "kind", "half")),
        ("2027-13-01,off,元旦", (1, "no_such_day", "2027-13-01")),
        ("2026-05-01,off,元旦", (1, "other_year", "2026-05-01")),
        ("2027-01-01,off\n2027-01-01,班", (2, "contradiction", "2027-01-01")),
        ("春节：2月5日放假。", (0, "incomplete", "2027-01-01")),
        ("今天天气很好", (0, "incomplete", "2027-01-01")),
    ],
)
def test_each_fault_is_told_with_its_line(text: str, fault: tuple[int, str, str]) -> None:
    first = read_year(text, 2027).faults[0]
    assert (first.line, first.code, first.detail) == fault


@given(st.text(alphabet="0123456789年月日至、，。：放假上班共天-,off\n元旦", max_size=120))
def test_whatever_is_pasted_is_read_without_an_error(text: str) -> None:
    read_year(text, 2027)
