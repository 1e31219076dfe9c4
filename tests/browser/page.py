"""Home Assistant's page in headless Chromium, moved through as a person moves through it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import re
import shutil

from playwright.async_api import Error, Locator, Page, Route, async_playwright, expect

from .demo import Demo

# The first page fetches and compiles all of Home Assistant's frontend.
_FIRST_LOAD = 60_000
_LOAD = 30_000
_PATIENCE = 180_000
_WIDTH, _HEIGHT = 1280, 900
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # The page comes through `_fetch` below, which makes Chromium take it for one from far away.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
)
_ALL_TEXT = """() => {
    const words = [];
    const visit = (node) => {
        if (node.nodeType === Node.TEXT_NODE) { words.push(node.textContent.trim()); return; }
        if (["SCRIPT", "STYLE"].includes(node.nodeName)) return;
        if (node.checkVisibility && !node.checkVisibility()) return;
        if (node.shadowRoot) node.shadowRoot.childNodes.forEach(visit);
        (node.assignedNodes ? node.assignedNodes() : []).length || node.childNodes.forEach(visit);
    };
    visit(document.body);
    return words.filter((word) => word);
}"""
# What a page shows when a word is missing.
_RAW = re.compile(r"component\.|ui\.panel\.|home_server_monitor|undefined|\[object|NaN|None|null")


class HomePage:
    """The page of a demo; ``pictures`` is the folder for what is photographed."""

    def __init__(self, page: Page, demo: Demo, pictures: Path) -> None:
        self.page = page
        self._demo = demo
        self._pictures = pictures

    async def log_in(self) -> None:
        """Open the page and type name and password."""
        await self.page.goto(self._demo.url)
        await self.page.get_by_label("Username").fill(self._demo.username)
        await self.page.get_by_label("Password", exact=True).fill(self._demo.password)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.get_by_text("Settings", exact=True).wait_for(timeout=_FIRST_LOAD)

    async def open(self, path: str, shows: str | re.Pattern[str]) -> None:
        """Open one of Home Assistant's pages and wait for a text on it."""
        await self.page.goto(f"{self._demo.url}{path}")
        await self.page.get_by_text(shows).first.wait_for(timeout=_LOAD)

    async def open_device(self, name: str) -> None:
        """Open a device's page, found by its name."""
        devices = await self._demo.command("config/device_registry/list")
        device_id = next(device["id"] for device in devices if device["name"] == name)
        await self.open(f"/config/devices/device/{device_id}", re.compile("(Service|Device) info"))

    def row(self, card: str, name: str) -> Locator:
        """Return an entity's row in one of the device page's cards ("Sensors", "Controls")."""
        cards = self.page.locator("ha-device-entities-card").filter(
            has=self.page.get_by_role("heading", name=card)
        )
        rows = cards.locator("hui-generic-entity-row")
        return rows.filter(has=self.page.get_by_text(name, exact=True))

    async def words(self) -> list[str]:
        """Return all texts that the page shows."""
        words: list[str] = await self.page.evaluate(_ALL_TEXT)
        return words

    async def raw_words(self) -> list[str]:
        """Return the texts that should have been words for a person and are not."""
        return [word for word in await self.words() if _RAW.search(word)]

    async def picture(
        self, name: str, waits_for: Locator | None = None, height: int = _HEIGHT
    ) -> None:
        """Photograph the page as it is now, without anything moving.

        A picture that is to be kept first waits, minutes if need be, for digits in a row.
        """
        await self.page.set_viewport_size({"width": _WIDTH, "height": height})
        if waits_for is not None and self._pictures != self._demo.folder:
            await expect(waits_for).to_contain_text(re.compile(r"\d"), timeout=_PATIENCE)
        await self.page.mouse.move(0, 0)
        await self.page.wait_for_timeout(600)
        await self.page.screenshot(path=self._pictures / f"{name}.png", animations="disabled")


@asynccontextmanager
async def home_page(demo: Demo, pictures: Path) -> AsyncIterator[HomePage]:
    """Give the demo's page in a browser that has never been there."""
    executable = shutil.which("chromium")
    assert executable, "there is no chromium on PATH"
    expect.set_options(timeout=_LOAD)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        context = await browser.new_context(
            viewport={"width": _WIDTH, "height": _HEIGHT},
            device_scale_factor=2,
            locale="en-GB",
            reduced_motion="reduce",
            service_workers="block",
        )
        await context.route("**/*", _fetch)
        page = await context.new_page()
        try:
            yield HomePage(page, demo, pictures)
        except BaseException:
            await page.screenshot(path=demo.folder / "failed.png")
            raise
        finally:
            await context.unroute_all(behavior="ignoreErrors")
            await browser.close()


async def _fetch(route: Route) -> None:
    """Fetch for Chromium, which drops its requests whenever a network interface comes or goes.

    The tests of the real Docker Engine make interfaces come and go all the time. What is not on
    this machine is left alone.
    """
    if not route.request.url.startswith("http://127.0.0.1:"):
        await route.abort()
        return
    # The page may have moved on meanwhile.
    with suppress(Error):
        await route.fulfill(response=await route.fetch())
