"""What is shown of backup tasks, in all versions and with what goes wrong."""

import pytest

from ..conftest import every_version
from .conftest import ALL, OpenHouse


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_what_is_shown(house: OpenHouse) -> None:
    home = await house()
    for path in ALL:
        assert home.value("backup_result", path) == "success", path
        assert home.value("backup_overdue", path) == "off", path
