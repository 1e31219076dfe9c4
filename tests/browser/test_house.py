"""What a new user sees in the demo: each kind of device's page, in words and alive."""

from pathlib import Path
import re

from playwright.async_api import expect
import pytest

from .demo import demo
from .page import HomePage, home_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("socket_enabled"),
]


async def _reads_well(
    home: HomePage, device: str, rows: dict[str, str], picture: str | None = None
) -> None:
    """Open a device's page: these rows of its card Sensors match, and no word is missing."""
    await home.open_device(device)
    for name, value in rows.items():
        await expect(home.row("Sensors", name)).to_contain_text(re.compile(value))
    assert await home.raw_words() == []
    if picture is not None:
        await home.picture(picture)


async def test_every_kind_of_device_reads_well(tmp_path: Path, pictures: Path) -> None:
    usage = {"CPU": r"\d%", "Memory": r"\d\sMiB"}
    host = {"Running containers": r"\d", "Memory of containers": r"\d\sGiB"}
    async with demo(tmp_path) as house, home_page(house, pictures) as home:
        await home.log_in()
        await expect(home.page.get_by_text("jellyfin")).to_be_visible()
        await expect(home.page.get_by_text("CPU of containers").locator("../..")).to_contain_text(
            re.compile(r"\d%")
        )
        assert await home.raw_words() == []
        await home.picture("dashboard")
        await _reads_well(home, "lab", host, "device-host")
        await _reads_well(home, "media", {"State": "Running", "Containers": "6"}, "device-stack")
        await _reads_well(
            home, "Server rack", {"Status": "On mains", "Charge": r"\d%"}, "device-ups"
        )
        await _reads_well(home, "Portainer", {})
        await _reads_well(home, "jellyfin", {"State": "Running", **usage})
        assert await house.complaints() == []
