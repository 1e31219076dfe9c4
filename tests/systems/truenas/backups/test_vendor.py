"""What is asked of TrueNAS, and what the lab answers, against what the vendor has published."""

from collections.abc import Generator
from contextlib import contextmanager
import json
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.home_server_monitor.systems.truenas.client import TrueNas as Client
from tests.lab.truenas import V25_10, V26, TrueNas
from tests.lab.truenas.ejson import dumps
from tests.lab_tests.test_truenas_vendor import SHARED, specifications

from .conftest import ALL, LOCAL, REMOTE, OpenHouse

jsonschema = pytest.importorskip("jsonschema")
pytestmark = [pytest.mark.vendor, pytest.mark.usefixtures(specifications.__name__)]

FILES = {"25.10": "truenas-v25_10_5.json", "26": "truenas-v26_0_0.json"}
# The models name the parameters in no order, so that it stands here.
SENT = {
    "replication.run": ("ReplicationRunArgs", ["id"]),
    "cloudsync.sync": ("CloudSyncSyncArgs", ["id"]),
    "rsynctask.run": ("RsyncTaskRunArgs", ["id"]),
    "cloud_backup.sync": ("CloudBackupSyncArgs", ["id"]),
    "pool.snapshot.clone": ("PoolSnapshotCloneArgs", ["data"]),
    "pool.dataset.delete": ("PoolDatasetDeleteArgs", ["id", "options"]),
}
ANSWERED = {
    "replication.query": "ReplicationEntry",
    "cloudsync.query": "CloudSyncEntry",
    "rsynctask.query": "RsyncTaskEntry",
    "cloud_backup.query": "CloudBackupEntry",
}


@contextmanager
def recorded() -> Generator[list[tuple[str, list[Any]]]]:
    """Keep what is asked in the block."""
    found: list[tuple[str, list[Any]]] = []
    call = Client.call

    async def take(self: Client, method: str, *parameters: Any) -> Any:
        found.append((method, list(parameters)))
        return await call(self, method, *parameters)

    with patch.object(Client, "call", take):
        yield found


def models(nas: TrueNas) -> dict[str, Any]:
    """Return the vendor's models of a version."""
    text = (SHARED / "specs" / FILES[nas.version.label]).read_text()
    found: dict[str, Any] = json.loads(text)
    return found


both_versions = pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)


@both_versions
async def test_what_is_asked(house: OpenHouse, nas: TrueNas, vault: TrueNas) -> None:
    home = await house()
    with recorded() as asked:
        for path in ALL:
            await home.act("run_backup", path, restore_test=path == LOCAL)
    known = models(nas)
    checked = set()
    for method, parameters in asked:
        if method in SENT:
            model, names = SENT[method]
            jsonschema.validate(dict(zip(names, parameters, strict=True)), known[model])
            checked.add(method)
    assert checked == set(SENT)


@both_versions
async def test_what_is_answered(house: OpenHouse, nas: TrueNas, vault: TrueNas) -> None:
    home = await house()
    await home.act("run_backup", REMOTE)
    known = models(nas)
    client = home.entry.runtime_data.client
    for method, model in ANSWERED.items():
        for row in json.loads(dumps(await client.call(method))):
            jsonschema.validate(row, known[model])
