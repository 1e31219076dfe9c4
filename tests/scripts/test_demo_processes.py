"""The programs that the demo starts, where one of them hangs."""

import asyncio
from pathlib import Path

import pytest

from scripts.demo_house.errors import DemoError
from scripts.demo_house.processes import running, while_alive

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_parts_that_hang_are_named_with_their_last_words(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("waiting for the moon\n")
    async with running("The part", "http.server", "0", log=log) as part:
        with pytest.raises(DemoError) as told:
            await while_alive(asyncio.sleep(60), part, seconds=0.2)
    assert "The part did not answer as expected" in str(told.value)
    assert "waiting for the moon" in str(told.value)
