"""A person adds a TrueNAS, looks at its pools and disks, and starts a scrub."""

from pathlib import Path
import re

from playwright.async_api import expect
import pytest

from tests.lab.truenas import TrueNas

from .demo import demo
from .page import HomePage, home_page

pytestmark = [pytest.mark.browser, pytest.mark.real, pytest.mark.timeout(600)]


async def _add_truenas(home: HomePage, nas: TrueNas) -> None:
    page = home.page
    await home.open("/config/integrations/dashboard", "Add integration")
    await page.get_by_role("button", name="Add integration").first.click()
    await page.get_by_placeholder("Search for a brand name").fill("Home Server")
    await page.get_by_text("Home Server Monitor", exact=True).click()
    await page.get_by_text("TrueNAS", exact=True).click()
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_role("textbox", name="Address").fill(nas.url)
    await page.get_by_role("textbox", name="User name").fill(nas.username)
    await page.get_by_role("textbox", name="API key").fill(nas.api_key)
    for name in ("Verify the certificate", "Allow control"):
        switch = page.locator("ha-selector-boolean", has_text=name).locator("ha-switch")
        await switch.click()
    assert await home.raw_words() == []
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text("Name and assign").wait_for()
    await page.get_by_role("button", name="Skip and finish").click()


async def test_add_truenas_and_scrub_a_pool(nas: TrueNas, tmp_path: Path, pictures: Path) -> None:
    async with demo(tmp_path, "--empty") as house, home_page(house, pictures) as home:
        await home.log_in()
        await _add_truenas(home, nas)
        await home.open("/config/integrations/integration/home_server_monitor", "boot-pool")
        await home.picture("truenas", height=2_900)
        assert await home.raw_words() == []

        await home.open_device("truenas")
        await expect(home.row("Sensors", "CPU usage")).to_contain_text(re.compile(r"\d%"))
        await expect(home.row("Sensors", "ARC hit ratio")).to_contain_text(re.compile(r"\d%"))
        await home.picture("device-nas")
        assert await home.raw_words() == []

        await home.open_device("tank")
        await expect(home.row("Sensors", "State")).to_contain_text("Online")
        await expect(home.row("Sensors", "Scan")).to_contain_text("Finished")
        await home.row("Controls", "Start scrub").get_by_role("button", name="Press").click()
        await expect(home.row("Sensors", "Scan")).to_contain_text("Scrubbing")
        await home.picture("device-pool", waits_for=home.row("Sensors", "Used"))
        assert await home.raw_words() == []

        await home.open_device("ST4000VN006-3CW104 ZW6000A1")
        await expect(home.row("Sensors", "Health")).to_contain_text("Healthy")
        await expect(home.row("Sensors", "Temperature")).to_contain_text(re.compile(r"\d"))
        await home.picture("device-disk")
        assert await home.raw_words() == []
        assert nas.disks_woken == []
        assert await house.complaints() == []
