"""What can be done to a backup task: it is started, and not waited for."""

from ...paths import Path
from ...system import Button, Description
from ..client import TrueNas
from .models import BackupTask
from .tasks import list_of


async def run_now(client: TrueNas, path: Path, task: BackupTask) -> None:
    """Start the task; how it goes is told by events."""
    await client.start_job(list_of(path).run, task.id)


BACKUP: tuple[Description, ...] = (
    Button[TrueNas, BackupTask](
        key="backup_run",
        press=run_now,
        available=lambda task: task.enabled and not task.run.under_way,
    ),
)
