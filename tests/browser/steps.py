"""The steps of the main job, each done as its person does it: by what stands on the page, in either language."""

from __future__ import annotations

import re
from email.message import EmailMessage

from playwright.sync_api import Locator, Page, expect

from tests.stack import Stack, eventually

Words = dict[str, str]

CHINESE: Words = {
    "things to do": r"您有 \d+ 件事要办",
    "file": r"^填报.*月月报：(?P<task>.+)",
    "correct": r"^修改后重报.*月月报：(?P<task>.+)",
    "before": r"月累计 (?P<percent>[\d.]+)%",
    "percent": "累计完成率",
    "progress": "本月进展",
    "problems": "存在问题",
    "next steps": "下步计划",
    "own light": "自评亮灯",
    "behind": "滞后",
    "explanation": "原因、措施",
    "cause": "滞后原因",
    "measure": "追赶措施",
    "made up by": "追回日期",
    "submit": "^报送",
    "save draft": "保存草稿",
    "saved": "草稿已保存",
    "filed": "已报送：{task}",
    "waiting": r"\d+ 份月报待审核",
    "accept": "通过",
    "accepted": "已通过：{task}",
    "return": "退回",
    "words": "审核意见",
    "returned": "已退回单位：{task}",
    "todo": "待办",
    "main menu": "主导航",
    "dashboard": "年十大攻坚行动",
    "ledger": "任务台账",
    "search": "搜索",
    "filter": "筛选",
    "standing": "当前进度",
    "reassign": "调整牵头单位",
    "reassignments": "牵头调整",
    "find": "任务名称或编码",
    "new unit": "新牵头单位",
    "reason": "事由",
    "preview": "查看移交内容",
    "told": "将通知的人员",
    "confirm": "确认调整",
    "reassigned": "已通知双方单位",
    "inbox": "站内消息",
    "lead given": "“{task}”改由贵单位牵头",
    "reminded": "“{task}”.*请于11月25日 18:00前报送",
    "take over": "签收新牵头任务：{task}",
    "acknowledge": "签收",
    "acknowledged": "已签收：",
}
ENGLISH: Words = {
    "things to do": r"You have \d+ things? to do",
    "file": r"^File the .*report: (?P<task>.+)",
    "correct": r"^Correct the .*report and file it again: (?P<task>.+)",
    "before": r"(?P<percent>[\d.]+)% accepted",
    "percent": "Cumulative progress",
    "progress": "Progress this month",
    "problems": "Problems",
    "next steps": "Next steps",
    "own light": "Own light",
    "behind": "Behind",
    "explanation": "Cause, measure and recovery day",
    "cause": "Why it is behind",
    "measure": "What is being done about it",
    "made up by": "Made up by",
    "submit": "^Submit",
    "save draft": "Save draft",
    "saved": "The draft is saved",
    "filed": "Filed: {task}",
    "waiting": r"\d+ reports? waits? for review",
    "accept": "Accept",
    "accepted": "Accepted: {task}",
    "return": "Return",
    "words": "Words to the unit",
    "returned": "Returned to the unit: {task}",
    "todo": "To do",
    "main menu": "Main",
    "dashboard": "the ten tough-task campaigns",
    "ledger": "Ledger",
    "search": "Search",
    "filter": "Filter",
    "standing": "Standing",
    "reassign": "Reassign",
    "reassignments": "Reassignments",
    "find": "Title or code",
    "new unit": "New lead unit",
    "reason": "Reason",
    "preview": "See what will move",
    "told": "Who will be told",
    "confirm": "Confirm the reassignment",
    "reassigned": "Both units have been told",
    "inbox": "Inbox",
    "lead given": "The lead of “{task}” passes to your unit",
    "reminded": "The report for .* on “{task}” is due on 25 November, 18:00",
    "take over": "Acknowledge the task taken over: {task}",
    "acknowledge": "Acknowledge",
    "acknowledged": "Acknowledged:",
}


def to_file(page: Page, words: Words, kind: str = "file") -> list[str]:
    """Return the tasks that the desk asks a report for, as it lists them."""
    links = page.get_by_role("region", name=words["todo"]).get_by_role("link")
    matches = [re.match(words[kind], text) for text in links.all_inner_texts()]
    return [match["task"] for match in matches if match]


def open_from_desk(page: Page, words: Words, task: str, kind: str = "file") -> float:
    """Open a report from the desk; return the percentage that was accepted last."""
    title = re.compile(words[kind].replace("(?P<task>.+)", re.escape(task)))
    todo = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title))
    before = re.search(words["before"], todo.inner_text())
    assert before, todo.inner_text()
    page.get_by_role("link", name=title).click()
    return float(before["percent"])


def type_report(page: Page, words: Words, percent: float, progress: str) -> None:
    """Type a month's report on a task that is behind: the figure, words of our own, and why it is behind."""
    page.get_by_label(words["percent"]).fill(f"{percent:.1f}")
    page.get_by_label(words["progress"]).fill(progress)
    page.get_by_label(words["problems"]).fill("")
    page.get_by_label(words["next steps"]).fill("12月上旬完成剩余工作。")
    lights = page.get_by_role("group", name=words["own light"])
    lights.get_by_role("radio", name=words["behind"], exact=True).check()
    cause = page.get_by_label(words["cause"])
    if not cause.is_visible():  # without scripts the reader opens the fold
        page.get_by_text(words["explanation"]).click()
    cause.fill("施工许可办理用时超过预期。")
    page.get_by_label(words["measure"]).fill("增加一个班组，每周调度。")
    page.get_by_label(words["made up by"]).fill("2026-12-18")


def submit(page: Page, words: Words, task: str) -> None:
    """File the report that is open."""
    page.get_by_role("button", name=re.compile(words["submit"])).click()
    expect(message(page)).to_contain_text(words["filed"].format(task=task))


def message(page: Page) -> Locator:
    """Return what the system answers to what was just done."""
    return page.get_by_role("status").filter(has=page.get_by_role("list"))


def decide(page: Page, words: Words, task: str, decision: str, reason: str = "") -> None:
    """Open a submitted report from the office's queue, and accept or return it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(words["waiting"]))
    page.get_by_role("link", name=task).click()
    page.get_by_label(words["words"]).fill(reason)
    page.get_by_role("button", name=words[decision], exact=True).click()
    expect(message(page)).to_contain_text(words[f"{decision}ed"].format(task=task))


def from_menu(page: Page, words: Words, entry: str) -> None:
    """Open a page from the main menu."""
    menu = page.get_by_role("navigation", name=words["main menu"])
    menu.get_by_role("link", name=words[entry], exact=True).click()


def standing(page: Page, words: Words, task: str) -> str:
    """Return what a task's page says about how it stands, found through the ledger."""
    from_menu(page, words, "ledger")
    page.get_by_label(words["search"]).fill(task)
    page.get_by_role("button", name=words["filter"]).click()
    page.get_by_role("link", name=task).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(task)
    return page.get_by_role("region", name=words["standing"]).inner_text()


def reassign(page: Page, words: Words, task: str, unit: str) -> None:
    """Give a task to another unit: choose it, say why, look at what will move, confirm."""
    from_menu(page, words, "reassignments")
    page.get_by_role("link", name=words["reassign"], exact=True).click()
    page.get_by_label(words["find"]).fill(task)
    page.get_by_role("button", name=words["filter"]).click()
    page.get_by_role("link", name=f"{words['reassign']} {task}").click()
    page.get_by_label(words["new unit"]).select_option(unit)
    page.get_by_label(words["reason"]).fill("现场在该单位辖区内，由其牵头便于协调。")
    page.get_by_role("button", name=words["preview"]).click()
    expect(page.get_by_role("region", name=words["told"])).to_contain_text(unit)
    page.get_by_role("button", name=words["confirm"]).click()
    expect(message(page)).to_contain_text(words["reassigned"])


def mail_about(stack: Stack, address: str, task: str) -> list[EmailMessage]:
    """Wait for mail about a task to an address: that its report is due, and that it is to be taken over."""

    def arrived() -> list[EmailMessage]:
        letters = [letter for letter in stack.letters(address) if task in text_of(letter)]
        said = "".join(text_of(letter) for letter in letters)
        return letters if f"{stack.address}/reports/" in said and f"{stack.address}/tasks/" in said else []

    return eventually(arrived, f"mail to {address} about {task}: report due, and lead to be acknowledged")


def text_of(letter: EmailMessage) -> str:
    """Return the plain text of a letter with its subject."""
    body = letter.get_body(("plain",))
    assert body
    return f"{letter['Subject']}\n{body.get_content()}"
