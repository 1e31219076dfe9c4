"""Backup tasks as the API shows them, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..version import V25_04, V25_10, V26
from .backup_tasks import ALL_DAY, LabFileTask, LabReplication
from .snapshot_state import LabSnapshotTask

if TYPE_CHECKING:
    from ..server import TrueNas

SECRET = "the-secret-of-a-cloud"


def _ssh(host: str) -> dict[str, Any]:
    return {
        "id": 7,
        "name": f"SSH to {host}",
        "type": "SSH_CREDENTIALS",
        "attributes": {
            "host": host,
            "port": 22,
            "username": "root",
            "private_key": 6,
            "remote_host_key": "ssh-ed25519 AAAA",
            "connect_timeout": 10,
        },
    }


def replication_row(nas: TrueNas, task: LabReplication) -> dict[str, Any]:
    """Return a row of `replication.query`."""
    pull = task.direction == "PULL"
    job = nas.backups.last_job("replication.run", task)
    state = dict(task.state)
    if task.last_snapshot:
        state["last_snapshot"] = task.last_snapshot
    schedule = {**task.schedule, **ALL_DAY} if task.schedule else None
    return {
        "id": task.number,
        "name": task.name,
        "direction": task.direction,
        "transport": "SSH" if task.host else "LOCAL",
        "ssh_credentials": _ssh(task.host) if task.host else None,
        "netcat_active_side": None,
        "netcat_active_side_listen_address": None,
        "netcat_active_side_port_min": None,
        "netcat_active_side_port_max": None,
        "netcat_passive_side_connect_address": None,
        "sudo": False,
        "source_datasets": task.sources,
        "target_dataset": task.target,
        "recursive": task.recursive,
        "exclude": task.exclude,
        "properties": True,
        "properties_exclude": [],
        "properties_override": {},
        "replicate": False,
        "encryption": False,
        "encryption_inherit": None,
        "encryption_key": None,
        "encryption_key_format": None,
        "encryption_key_location": None,
        "periodic_snapshot_tasks": [_snapshot_task(one) for one in task.tasks],
        "naming_schema": task.schemas if pull else [],
        "also_include_naming_schema": [] if pull else task.schemas,
        "name_regex": task.name_regex,
        "auto": task.auto,
        "schedule": schedule,
        "restrict_schedule": None,
        "only_matching_schedule": False,
        "allow_from_scratch": False,
        "readonly": "SET",
        "hold_pending_snapshots": False,
        "retention_policy": "SOURCE",
        "lifetime_value": None,
        "lifetime_unit": None,
        "lifetimes": [],
        "compression": None,
        "speed_limit": None,
        "large_block": True,
        "embed": False,
        "compressed": True,
        "retries": 5,
        "logging_level": None,
        "enabled": task.enabled,
        "has_encrypted_dataset_keys": False,
        "state": state,
        "job": job,
        **task.more,
    }


def _snapshot_task(task: LabSnapshotTask) -> dict[str, Any]:
    return {
        "id": task.number,
        "dataset": task.dataset,
        "recursive": task.recursive,
        "lifetime_value": task.lifetime_value,
        "lifetime_unit": task.lifetime_unit,
        "enabled": task.enabled,
        "exclude": task.exclude,
        "naming_schema": task.naming_schema,
        "allow_empty": task.allow_empty,
        "schedule": task.schedule,
        "state": "{}",
    }


def _place(nas: TrueNas, task: LabFileTask) -> dict[str, Any]:
    """Since 26 a path is also shown as the dataset and what is below it."""
    if nas.version.line < V26.line:
        return {}
    return {"dataset": task.path.removeprefix("/mnt/").strip("/"), "relative_path": ""}


def _cloud(nas: TrueNas, task: LabFileTask, provider: str) -> dict[str, Any]:
    """Return what the two kinds of cloud tasks have in common; the provider became an object in 25.04."""
    secrets = {"access_key_id": SECRET, "secret_access_key": SECRET}
    credentials: dict[str, Any] = {"id": task.number, "name": "my cloud"}
    if nas.version.line < V25_04.line:
        credentials |= {"provider": provider, "attributes": secrets}
    else:
        credentials["provider"] = {"type": provider, **secrets}
    return {
        "id": task.number,
        "description": task.name,
        "path": task.path,
        "credentials": credentials,
        "attributes": {"bucket": "bucket", "folder": "nas"},
        "schedule": task.schedule,
        "pre_script": "",
        "post_script": "",
        "snapshot": False,
        "include": [],
        "exclude": [],
        "args": "",
        "enabled": task.enabled,
        "locked": task.locked,
        **_place(nas, task),
    }


def cloud_sync_row(nas: TrueNas, task: LabFileTask) -> dict[str, Any]:
    """Return a row of `cloudsync.query`."""
    return {
        **_cloud(nas, task, "S3"),
        "direction": task.direction,
        "transfer_mode": "SYNC",
        "bwlimit": [],
        "transfers": None,
        "encryption": False,
        "filename_encryption": False,
        "encryption_password": SECRET,
        "encryption_salt": "",
        "create_empty_src_dirs": False,
        "follow_symlinks": False,
        "job": nas.backups.last_job("cloudsync.sync", task),
        **task.more,
    }


def cloud_backup_row(nas: TrueNas, task: LabFileTask) -> dict[str, Any]:
    """Return a row of `cloud_backup.query`."""
    newer = {"cache_path": None, "rate_limit": None} if nas.version.line >= V25_10.line else {}
    return {
        **_cloud(nas, task, "STORJ_IX"),
        "password": SECRET,
        "keep_last": 10,
        "transfer_setting": "DEFAULT",
        "absolute_paths": False,
        **newer,
        "job": nas.backups.last_job("cloud_backup.sync", task),
        **task.more,
    }


def rsync_row(nas: TrueNas, task: LabFileTask) -> dict[str, Any]:
    """Return a row of `rsynctask.query`."""
    return {
        "id": task.number,
        "path": task.path,
        "user": "root",
        "mode": "SSH",
        "remotehost": f"root@{task.host}",
        "remoteport": 22,
        "remotemodule": None,
        "ssh_credentials": _ssh(task.host),
        "remotepath": task.place,
        "direction": task.direction,
        "desc": task.name,
        "schedule": task.schedule,
        "recursive": True,
        "times": True,
        "compress": True,
        "archive": False,
        "delete": task.deletes,
        "quiet": False,
        "preserveperm": False,
        "preserveattr": False,
        "delayupdates": True,
        "extra": [],
        "enabled": task.enabled,
        "locked": task.locked,
        "job": nas.backups.last_job("rsynctask.run", task),
        **_place(nas, task),
        **task.more,
    }
