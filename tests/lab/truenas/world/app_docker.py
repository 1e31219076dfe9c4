"""The methods of Docker apps, from 24.10 on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import CallError, InstanceNotFound, ValidationError
from ..methods import method
from ..query import query
from ..version import V24_10, V25_04, V25_10, V26

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas
    from .apps import LabApp

ANY_ADDRESS = "0.0.0.0"


def not_available() -> CallError:
    """Return what statistics answer while the service does not run."""
    return CallError("EFAULT", "Apps are not available")


def render(nas: TrueNas, app: LabApp, host: str = ANY_ADDRESS) -> dict[str, Any]:
    """Return an app as the API shows it; `host` stands in portals of apps that listen everywhere."""
    newer_images = bool(app.outdated) and app.runs
    shown = {
        "name": app.name,
        "id": app.name,
        "state": app.state,
        "upgrade_available": app.upgradable or (app.custom and newer_images),
        "latest_version": app.newest.version,
        "image_updates_available": newer_images,
        "custom_app": app.custom,
        "migrated": False,
        "human_version": app.installed.human,
        "version": app.installed.version,
        "metadata": {
            "name": "custom-app" if app.custom else app.name,
            "title": "Custom App" if app.custom else app.name.title(),
            "train": "stable",
            "app_version": app.installed.app_version,
            "version": app.installed.version,
            "icon": f"https://media.sys.truenas.net/apps/{app.name}/icons/icon.png",
            "categories": ["media"],
        },
        "active_workloads": _workloads(nas, app),
        "notes": None,
        "portals": {} if app.custom else {"Web UI": f"http://{host}:{app.port}{app.path}"},
        "config": None,
        "version_details": None,
    }
    if nas.version.line >= V26.line:
        shown["action_required"] = False
        shown["latest_app_version"] = app.newest.app_version
    return shown


def _workloads(nas: TrueNas, app: LabApp) -> dict[str, Any]:
    port = {
        "container_port": app.port,
        "protocol": "tcp",
        "host_ports": [{"host_port": app.port, "host_ip": ANY_ADDRESS}],
    }
    state = {"RUNNING": "running", "DEPLOYING": "starting", "CRASHED": "crashed"}
    container = {
        "id": f"{app.name}{app.made:060x}"[-64:],
        "service_name": app.name,
        "image": app.image,
        "port_config": [port],
        "state": state.get(app.state, "exited"),
        "volume_mounts": [],
    }
    shown: dict[str, Any] = {
        "containers": int(app.runs),
        "used_ports": [port] if app.runs else [],
        "container_details": [container] if app.runs else [],
        "volumes": [],
        "images": [app.image] if app.runs else [],
    }
    if nas.version.line >= V25_04.line:
        shown["networks"] = []
    if nas.version.line >= V25_10.line:
        shown["used_host_ips"] = []
    return shown


def _app(nas: TrueNas, name: str) -> LabApp:
    found = next((app for app in nas.apps.shown if app.name == name), None)
    if found is None:
        raise InstanceNotFound(f"Application {name} does not exist")
    return found


@method("docker.status", role="DOCKER_READ", since=V24_10)
def docker_status(nas: TrueNas) -> dict[str, str]:
    """Tell whether apps can run."""
    return {"status": nas.apps.status, "description": f"Application(s) are {nas.apps.status}"}


@method("app.query", role="APPS_READ", since=V24_10)
def app_query(nas: TrueNas, filters: Any = (), options: dict[str, Any] | None = None) -> Any:
    """List the apps."""
    host = (options or {}).get("extra", {}).get("host_ip") or "127.0.0.1"
    return query([render(nas, app, host) for app in nas.apps.shown], filters, options)


@method("app.start", role="APPS_WRITE", since=V24_10, job=True)
async def app_start(nas: TrueNas, name: str, *, job: LabJob) -> None:
    """Start an app, or make the containers of one that runs anew."""
    app = _app(nas, name)
    await job.progress(20, f"Starting {name!r} app")
    nas.apps.deploy(app)
    await job.progress(100, f"Started {name!r} app")


@method("app.stop", role="APPS_WRITE", since=V24_10, job=True)
async def app_stop(nas: TrueNas, name: str, *, job: LabJob) -> None:
    """Stop an app."""
    app = _app(nas, name)
    nas.apps.become(app, "STOPPING")
    await job.progress(20, f"Stopping {name!r} app")
    nas.apps.become(app, "STOPPED")
    await job.progress(100, f"Stopped {name!r} app")


@method("app.redeploy", role="APPS_WRITE", since=V24_10, job=True)
async def app_redeploy(nas: TrueNas, name: str, *, job: LabJob) -> dict[str, Any]:
    """Make an app's containers anew."""
    app = _app(nas, name)
    await job.progress(60, "Updating docker resources")
    nas.apps.deploy(app)
    return render(nas, app)


@method("app.upgrade", role="APPS_WRITE", since=V24_10, job=True)
async def app_upgrade(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> dict[str, Any]:
    """Bring an app to a newer release; a custom one pulls its images."""
    app = _app(nas, name)
    if app.state == "STOPPED":
        raise CallError("EFAULT", "In order to upgrade an app, it must not be in stopped state")
    if app.custom and app.outdated:
        app.outdated.clear()
    elif not app.upgradable:
        raise CallError("EFAULT", f"No upgrade available for {name!r}")
    else:
        await job.progress(20, f"Validating {name!r} app upgrade")
        app.kept[app.installed.version] = app.data
        app.installed = _release(app, (options or {}).get("app_version", "latest"))
        app.outdated.clear()
        await job.progress(40, f"Configuration updated for {name!r}, upgrading app")
    nas.apps.deploy(app)
    await job.progress(100, "Upgraded app successfully")
    return render(nas, app)


def _release(app: LabApp, version: str) -> Any:
    if version == "latest":
        return app.newest
    found = next((one for one in app.catalogue if one.version == version), None)
    if found is None:
        raise CallError("EFAULT", f"Unable to locate {version!r} version for {app.name!r} app")
    return found


@method("app.upgrade_summary", role="APPS_READ", since=V24_10)
def app_upgrade_summary(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Tell what an upgrade would bring."""
    app = _app(nas, name)
    if not render(nas, app)["upgrade_available"]:
        raise CallError("EFAULT", f"No upgrade available for {name!r}")
    wanted = _release(app, (options or {}).get("app_version", "latest"))
    newer = app.catalogue[app.catalogue.index(app.installed) + 1 :]
    return {
        "latest_version": app.newest.version,
        "latest_human_version": app.newest.human,
        "upgrade_version": wanted.version,
        "upgrade_human_version": wanted.human,
        "changelog": "Image updates are available for this app" if app.custom else wanted.changelog,
        "available_versions_for_upgrade": [
            {"version": one.version, "human_version": one.human} for one in newer
        ],
    }


@method("app.outdated_docker_images", role="APPS_READ", since=V24_10)
def app_outdated_images(nas: TrueNas, name: str) -> list[str]:
    """List the images of which there are newer ones."""
    return sorted(_app(nas, name).outdated)


@method("app.pull_images", role="APPS_WRITE", since=V24_10, job=True)
async def app_pull_images(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> None:
    """Pull newer images, and make the containers anew where that is wanted."""
    app = _app(nas, name)
    await job.progress(20, "Pulling app images")
    app.outdated.clear()
    await job.progress(80, "Images pulled successfully")
    if (options or {}).get("redeploy", True):
        nas.apps.deploy(app)


@method("app.rollback_versions", role="APPS_READ", since=V24_10)
def app_rollback_versions(nas: TrueNas, name: str) -> list[str]:
    """List the versions that an app can go back to, the oldest first."""
    return list(_app(nas, name).kept)


@method("app.rollback", role="APPS_WRITE", since=V24_10, job=True)
async def app_rollback(
    nas: TrueNas, name: str, options: dict[str, Any], *, job: LabJob
) -> dict[str, Any]:
    """Go back to an earlier release, with its volumes or without."""
    app, version = _app(nas, name), options["app_version"]
    if version not in app.kept:
        raise ValidationError(
            "options.app_version", "Specified version is not available for rollback"
        )
    if app.state == "STOPPED" and nas.version.line >= V25_04.line:
        raise ValidationError("app_name", "App must not be in stopped state to rollback")
    await job.progress(20, f"Completed validation for {name!r} app rollback")
    roll_back(app, version, snapshot=options.get("rollback_snapshot", True))
    nas.apps.deploy(app)
    return render(nas, app)


def roll_back(app: LabApp, version: str, *, snapshot: bool) -> None:
    """Put an earlier release in place; what is newer is forgotten."""
    data = app.kept.pop(version)
    if snapshot:
        app.data = data
    known = next((one for one in app.catalogue if one.version == version), None)
    app.installed = known or type(app.installed)(version, app.installed.app_version)
    if known is None:
        app.catalogue.insert(0, app.installed)


METHODS = (
    docker_status,
    app_query,
    app_start,
    app_stop,
    app_redeploy,
    app_upgrade,
    app_upgrade_summary,
    app_outdated_images,
    app_pull_images,
    app_rollback_versions,
    app_rollback,
)
