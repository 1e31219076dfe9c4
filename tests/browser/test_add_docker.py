"""A person adds a Docker host, sees its containers live, and restarts one."""

from pathlib import Path
import re

from playwright.async_api import expect
import pytest

from tests.lab.docker import SimulatedEngine, furnish

from .demo import demo
from .page import HomePage, home_page

pytestmark = [pytest.mark.browser, pytest.mark.real, pytest.mark.timeout(600)]


async def _add_docker(home: HomePage, url: str) -> None:
    page = home.page
    await home.open("/config/integrations/dashboard", "Add integration")
    await page.get_by_role("button", name="Add integration").first.click()
    await page.get_by_placeholder("Search for a brand name").fill("Home Server")
    await page.get_by_text("Home Server Monitor", exact=True).click()
    await page.get_by_text("Docker", exact=True).click()
    await home.picture("add-choose")
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_role("textbox", name="Address").fill(url)
    await page.locator("ha-selector-boolean", has_text="Allow control").locator("ha-switch").click()
    await home.picture("add-connect")
    assert await home.raw_words() == []
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text("Name and assign").wait_for()
    assert await home.raw_words() == []
    await page.get_by_role("button", name="Skip and finish").click()


async def _give_a_quota(home: HomePage) -> None:
    """Type one that means nothing first, and be told."""
    page = home.page
    await home.open("/config/integrations/integration/home_server_monitor", "sonarr")
    await page.get_by_role("button", name="Configure").first.click()
    quotas = page.locator("ha-selector-object").first
    await quotas.get_by_role("button").last.click()
    await page.get_by_role("textbox", name="Memory", exact=True).fill("much")
    await home.picture("options-quota")
    assert await home.raw_words() == []
    await page.get_by_role("button", name="Add", exact=True).last.click()
    await expect(quotas).to_contain_text("much")
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text(re.compile("much is not a size such as 512m or 2g")).wait_for()
    assert await home.raw_words() == []
    await quotas.get_by_role("button").first.click()
    await page.get_by_role("textbox", name="Memory", exact=True).fill("3g")
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(quotas).to_contain_text("3g")
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text("Options successfully saved").wait_for()


async def test_add_docker_and_restart_a_container(
    docker_engine: SimulatedEngine, tmp_path: Path, pictures: Path
) -> None:
    furnish(docker_engine)
    async with demo(tmp_path, "--empty") as house, home_page(house, pictures) as home:
        await home.log_in()
        await _add_docker(home, docker_engine.url)
        await home.open("/config/integrations/integration/home_server_monitor", "sonarr")
        await home.picture("integration")
        assert await home.raw_words() == []

        await home.open_device("sonarr")
        await expect(home.row("Sensors", "State")).to_contain_text("Running")
        await expect(home.row("Sensors", "CPU")).to_contain_text(re.compile(r"\d%"))
        await expect(home.row("Sensors", "Memory")).to_contain_text(re.compile(r"\d\sMiB"))
        assert await home.raw_words() == []

        before = docker_engine.find("sonarr").started
        await home.row("Controls", "Restart").get_by_role("button", name="Press").click()
        await expect(home.row("Events", "Last event")).to_contain_text("Restart")
        assert docker_engine.find("sonarr").started > before
        restarts = [ask for ask in docker_engine.requests if ask.template.endswith("/restart")]
        assert [ask.method for ask in restarts] == ["POST"]
        await home.picture("device", waits_for=home.row("Sensors", "CPU"))
        assert await home.raw_words() == []

        await home.row("Controls", "Power").locator("ha-switch").click()
        await expect(home.row("Sensors", "State")).to_contain_text("Exited")
        assert docker_engine.find("sonarr").status == "exited"
        await _give_a_quota(home)
        assert await house.complaints() == []
