"""What people do at a browser, and what a browser sees them through."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

PASSWORD = "luohu-demo"
WORDS = {
    "zh-hans": {"switch": "中文", "name": "用户名", "password": "密码", "sign in": "登录"},
    "en": {"switch": "English", "name": "User name", "password": "Password", "sign in": "Sign in"},
}


class Watch:
    """Notes what no page may do: complain on the console, ask another site, get no answer or a failure."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        """Watch every page of ``context``; all that it asks for must be under ``address``."""
        self.context, self.address = context, address
        self.faults: list[str] = []
        self.opened: set[str] = set()
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.faults.append(f"script: {fault.error}"))
        context.on("request", self._see_request)
        context.on("requestfailed", self._see_failure)
        context.on("response", self._see_response)

    def _hear(self, message: ConsoleMessage) -> None:
        # A browser calls a page of ours that says "not found" a failed resource: it is a page, and was asked for.
        if message.type in {"error", "warning"} and message.location["url"] not in self.opened:
            self.faults.append(f"console: {message.text}")

    def _see_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.opened.add(request.url)
        if not request.url.startswith((f"{self.address}/", "data:")):
            self.faults.append(f"left the site: {request.url}")

    def _see_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which only says that the page was left meanwhile
            self.faults.append(f"{request.failure}: {request.url}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


def open_the_door(page: Page, language: str = "zh-hans") -> None:
    """Open the way in, in the language wished for."""
    page.goto("/accounts/login/")
    if language != "zh-hans":
        page.get_by_role("button", name=WORDS[language]["switch"]).click()
    expect(page.get_by_role("button", name=WORDS[language]["sign in"])).to_be_visible()


def sign_in(page: Page, username: str, language: str = "zh-hans") -> None:
    """Sign in on the way in."""
    words = WORDS[language]
    open_the_door(page, language)
    page.get_by_label(words["name"]).fill(username)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["sign in"]).click()
    expect(page.get_by_label(words["password"])).to_have_count(0)
