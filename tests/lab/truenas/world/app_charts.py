"""The methods of charts: the apps of 24.04, which ran on Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...wire import LOOPBACK
from ..errors import CallError, InstanceNotFound
from ..methods import method
from ..query import query
from ..version import V24_04
from .app_docker import roll_back

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas
    from .apps import LabApp

_STATUS = {"RUNNING": "ACTIVE", "CRASHED": "DEPLOYING", "STOPPING": "ACTIVE"}


def render(_nas: TrueNas, app: LabApp, *, history: bool = False) -> dict[str, Any]:
    """Return a chart as the API shows it."""
    shown: dict[str, Any] = {
        "name": app.name,
        "id": app.name,
        "info": {"status": "deployed", "notes": ""},
        "config": {"web_port": app.port},
        "hooks": [],
        "version": app.made,
        "namespace": f"ix-{app.name}",
        "chart_metadata": {
            "name": "ix-chart" if app.custom else app.name,
            "version": app.installed.version,
            "latest_chart_version": app.newest.version,
            "appVersion": app.installed.app_version,
            "icon": f"https://media.sys.truenas.net/apps/{app.name}/icons/icon.png",
        },
        "catalog": "TRUENAS",
        "catalog_train": "community",
        "path": f"/mnt/apps/ix-applications/releases/{app.name}",
        "dataset": f"apps/ix-applications/releases/{app.name}",
        "status": _STATUS.get(app.state, app.state),
        "used_ports": [{"port": app.port, "protocol": "TCP"}] if app.runs else [],
        "pod_status": {
            "available": int(app.state == "RUNNING"),
            "desired": int(app.state != "STOPPED"),
        },
        "update_available": app.upgradable,
        "human_version": app.installed.human,
        "human_latest_version": app.newest.human,
        "container_images_update_available": bool(app.outdated),
        "portals": {} if app.custom else {"web_portal": [_portal(app)]},
    }
    if history:
        shown["history"] = {
            version: {"chart_metadata": {"version": version}, "human_version": f"4.0.13_{version}"}
            for version in app.kept
        }
    return shown


def _portal(app: LabApp) -> str:
    return f"http://{LOOPBACK}:{app.port}{app.path}"


def announced(nas: TrueNas, app: LabApp) -> dict[str, Any]:
    """Return what an event of Kubernetes tells of a chart: known by heart, without its settings."""
    shown = render(nas, app)
    del shown["config"]
    return shown


def statistics(app: LabApp) -> dict[str, Any]:
    """Return what a chart uses; memory in megabytes, the network as one."""
    received = sum(rate for rate, _ in app.rates.values())
    sent = sum(rate for _, rate in app.rates.values())
    return {
        "id": app.name,
        "stats": {
            "memory": app.memory // 1024**2 if app.runs else 0,
            "cpu": float(app.cpu) if app.runs else 0.0,
            "network": {
                "incoming": received if app.runs else 0,
                "outgoing": sent if app.runs else 0,
            },
        },
    }


def _chart(nas: TrueNas, name: str) -> LabApp:
    found = next((app for app in nas.apps.shown if app.name == name), None)
    if found is None:
        raise InstanceNotFound(f"{name} does not exist")
    return found


@method("kubernetes.status", role="KUBERNETES_READ", until=V24_04)
def kubernetes_status(nas: TrueNas) -> dict[str, str]:
    """Tell whether charts can run."""
    return {"status": nas.apps.status, "description": f"Applications are {nas.apps.status}"}


@method("chart.release.query", role="APPS_READ", until=V24_04)
def chart_query(nas: TrueNas, filters: Any = (), options: dict[str, Any] | None = None) -> Any:
    """List the charts."""
    history = (options or {}).get("extra", {}).get("history", False)
    rows = [render(nas, app, history=history) for app in nas.apps.shown]
    return query(rows, filters, options)


@method("chart.release.scale", role="APPS_WRITE", until=V24_04, job=True)
async def chart_scale(
    nas: TrueNas, name: str, options: dict[str, Any], *, job: LabJob
) -> dict[str, Any]:
    """Start a chart with some replicas, or stop it with none."""
    app, count = _chart(nas, name), options["replica_count"]
    await job.progress(20, f"Scaling workload(s) to {count!r} replica(s)")
    if count:
        nas.apps.deploy(app)
    else:
        nas.apps.become(app, "STOPPED")
    return {"before_scale": {}, "after_scale": {}}


@method("chart.release.redeploy", role="APPS_WRITE", until=V24_04, job=True)
async def chart_redeploy(nas: TrueNas, name: str, *, job: LabJob) -> dict[str, Any]:
    """Roll a chart out anew."""
    app = _chart(nas, name)
    await job.progress(90, "Syncing secrets for chart release")
    nas.apps.deploy(app)
    return render(nas, app)


@method("chart.release.upgrade", role="APPS_WRITE", until=V24_04, job=True)
async def chart_upgrade(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> dict[str, Any]:
    """Pull newer images, and bring a chart to a newer release where there is one."""
    del options
    app = _chart(nas, name)
    if not app.upgradable and not app.outdated:
        raise CallError("EFAULT", "No update is available for chart release")
    await job.progress(10, "Updating container images")
    app.outdated.clear()
    await job.progress(50, "Created snapshot for upgrade")
    if app.upgradable:
        app.kept[app.installed.version] = app.data
        app.installed = app.newest
    nas.apps.deploy(app)
    nas.emit("chart.release.query", "changed", name, render(nas, app))
    await job.progress(100, "Upgrade complete for chart release")
    return render(nas, app)


@method("chart.release.upgrade_summary", role="APPS_READ", until=V24_04)
def chart_upgrade_summary(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Tell what an upgrade would bring."""
    del options
    app = _chart(nas, name)
    if not app.upgradable and not app.outdated:
        raise CallError("ENOENT", "No update is available for chart release")
    return {
        "image_update_available": bool(app.outdated),
        "item_update_available": app.upgradable,
        "container_images_to_update": {
            image: {"id": None, "update_available": True} for image in sorted(app.outdated)
        },
        "latest_version": app.newest.version,
        "latest_human_version": app.newest.human,
        "upgrade_version": app.newest.version,
        "upgrade_human_version": app.newest.human,
        "changelog": app.newest.changelog if app.upgradable else None,
        "available_versions_for_upgrade": [
            {"version": one.version, "human_version": one.human}
            for one in app.catalogue[app.catalogue.index(app.installed) + 1 :]
        ],
    }


@method("chart.release.rollback", role="APPS_WRITE", until=V24_04, job=True)
async def chart_rollback(
    nas: TrueNas, name: str, options: dict[str, Any], *, job: LabJob
) -> dict[str, Any]:
    """Go back to an earlier release, with its volumes or without."""
    app, version = _chart(nas, name), options["item_version"]
    if version not in app.kept:
        raise CallError("ENOENT", f"Unable to find {version!r} item version in {name!r} history")
    await job.progress(25, "Initial validation complete")
    roll_back(app, version, snapshot=options.get("rollback_snapshot", True))
    nas.apps.deploy(app)
    return render(nas, app)


METHODS = (
    kubernetes_status,
    chart_query,
    chart_scale,
    chart_redeploy,
    chart_upgrade,
    chart_upgrade_summary,
    chart_rollback,
)
