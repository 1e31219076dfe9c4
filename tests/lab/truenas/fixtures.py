"""pytest fixtures of the simulated TrueNAS; a plugin module."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from . import V25_10, TrueNas, Version, furnish


@pytest.fixture
async def nas(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncGenerator[TrueNas]:
    """Give a furnished TrueNAS 25.10, or of the version that the test's parameter says.

    @pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)
    """
    version = getattr(request, "param", V25_10)
    assert isinstance(version, Version)
    async with TrueNas(version) as server:
        furnish(server)
        yield server
