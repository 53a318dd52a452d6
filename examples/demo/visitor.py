"""Somebody who clicks about in the dashboard, in a real browser.

``python -m examples.demo.visitor URL [CLICKS [PAUSE_SECONDS]]``, for ever without a number.
"""

import random
import shutil
import sys
import time

from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

PAGES = {
    "Overview": "Long-term conditions",
    "Trends": "over the years",
    "Areas": "is most common",
    "Inequality": "and disadvantage",
    "Records": "All records of",
}
"""Each with words of a heading that no other has."""
_SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
_PATIENCE_MS = 60_000
_PAUSE_SECONDS = 3.0


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium where there is one, else the browser that Playwright brought. Raises BrowserError."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=found, args=list(_SWITCHES))


def come_in(browser: Browser, url: str) -> Page:
    page = browser.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    return page


def click(page: Page, name: str) -> None:
    """Opens a page of the dashboard and waits until it is drawn.

    First its heading: right after a click the page before is still there, and nothing runs.
    """
    page.get_by_test_id("stRadio").get_by_text(name, exact=True).click()
    page.get_by_role("heading").filter(has_text=PAGES[name]).first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def wander(url: str, clicks: int | None, pause_seconds: float, chance: random.Random) -> None:
    """Each page, then any, so many clicks or without an end. Another session now and then, as visitors come and go."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = come_in(browser, url)
        names, done = list(PAGES), 0
        while clicks is None or done < clicks:
            click(page, names[done] if done < len(names) else chance.choice(names))
            done += 1
            time.sleep(pause_seconds * chance.random() * 2)
            if done % 25 == 0:
                page.close()
                page = come_in(browser, url)
        browser.close()


def main() -> None:
    clicks = int(sys.argv[2]) if len(sys.argv) > 2 else None
    pause_seconds = float(sys.argv[3]) if len(sys.argv) > 3 else _PAUSE_SECONDS
    while True:
        try:
            wander(sys.argv[1], clicks, pause_seconds, random.Random(5))  # noqa: S311  (which page is no secret)
            return
        except BrowserError as error:
            print(f"The visitor has to begin again: {str(error).splitlines()[0]}", file=sys.stderr)
            if "Executable doesn't exist" in str(error):
                raise SystemExit("There is no Chromium for a visitor; click about yourself.") from error
            time.sleep(5)


if __name__ == "__main__":
    main()
