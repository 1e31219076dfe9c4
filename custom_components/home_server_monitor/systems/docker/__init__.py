"""Docker: an engine or Podman by itself (``docker``), or many behind ``portainer``."""

from dataclasses import replace

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ...procedures import container_exchange
from ..paths import ROOT, Path
from ..system import DeviceDetails, Field, Kind, System
from . import controls, groups, portainer, sensors
from .actions import ACTIONS
from .audit import AUDIT_KINDS
from .audit_actions import AUDIT_ACTIONS, FREE_ACTIONS
from .connect import CA, CERTIFICATE, CERTIFICATES, KEY, DockerClient, connect, identify
from .models import (
    Container,
    ContainerUsage,
    DiskUsage,
    EngineInfo,
    Environment,
    Host,
    HostUsage,
    PortainerServer,
    Stack,
)
from .options import OPTIONS
from .tree import CONTAINER, STACK, stack_path
from .update_actions import UPDATE_ACTIONS
from .update_entities import CONTAINER_IMAGE
from .updates import ContainerImage

_TEXT = TextSelector()
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_PEM = TextSelector(TextSelectorConfig(multiline=True))


def _host_device(_path: Path, host: Host) -> DeviceDetails:
    return DeviceDetails(
        name=host.name,
        parent=None,
        manufacturer=host.engine,
        model=f"{host.engine} host",
        sw_version=host.version,
    )


def _stack_device(path: Path, stack: Stack) -> DeviceDetails:
    return DeviceDetails(name=stack.name, parent=path[:-1], manufacturer="Docker", model="Stack")


def _container_device(path: Path, container: Container) -> DeviceDetails:
    host = path[:-1]
    return DeviceDetails(
        name=container.service or container.name,
        parent=stack_path(host, container.project) if container.project else host,
        manufacturer="Docker",
        model="Container",
        sw_version=container.version,
    )


def _environment_device(_path: Path, environment: Environment) -> DeviceDetails:
    return DeviceDetails(
        name=environment.name,
        parent=ROOT,
        manufacturer=environment.engine,
        model=f"{environment.engine} environment",
    )


def _portainer_device(_path: Path, server: PortainerServer) -> DeviceDetails:
    return DeviceDetails(
        name="Portainer",
        parent=None,
        manufacturer="Portainer.io",
        model="Portainer",
        sw_version=server.version,
        configuration_url=server.url,
    )


_HOST = Kind(model=Host, group="containers", device=_host_device, entities=sensors.HOST)
_PARTS = (
    Kind(
        model=Stack,
        group="containers",
        name=STACK,
        device=_stack_device,
        entities=sensors.STACK,
    ),
    Kind(
        model=Container,
        group="containers",
        name=CONTAINER,
        device=_container_device,
        entities=(*sensors.CONTAINER, *controls.CONTAINER),
    ),
    Kind(model=ContainerUsage, group="usage", entities=sensors.CONTAINER_USAGE),
    Kind(model=HostUsage, group="usage", entities=sensors.HOST_USAGE),
    Kind(model=EngineInfo, group="engine", entities=sensors.ENGINE_INFO),
    Kind(model=DiskUsage, group="disk_usage", entities=sensors.DISK_USAGE),
    Kind(model=ContainerImage, group="updates", entities=CONTAINER_IMAGE),
    *AUDIT_KINDS,
)
_GROUPS = (
    groups.CONTAINERS,
    groups.USAGE,
    groups.INFO,
    groups.DISK_USAGE,
    groups.UPDATES,
    groups.AUDIT,
)

DOCKER: System[DockerClient] = System(
    key="docker",
    name="Docker",
    fields=(
        Field(key="url", selector=_TEXT),
        Field(key="verify_ssl", selector=BooleanSelector(), default=True),
        Field(
            key=CERTIFICATES,
            selector=section(
                vol.Schema(
                    {
                        vol.Optional(CA): _PEM,
                        vol.Optional(CERTIFICATE): _PEM,
                        vol.Optional(KEY): _PEM,
                    }
                ),
                {"collapsed": True},
            ),
            required=False,
            secret=True,
            credential=True,
        ),
    ),
    connect=connect,
    identify=identify,
    groups=_GROUPS,
    kinds=(_HOST, *_PARTS),
    actions=(*ACTIONS, *UPDATE_ACTIONS, *AUDIT_ACTIONS),
    free_actions=FREE_ACTIONS,
    procedures={container_exchange.PROCEDURE: container_exchange.resume},
    options=OPTIONS,
)

PORTAINER: System[portainer.PortainerClient] = System(
    key="portainer",
    name="Portainer",
    fields=(
        Field(key="url", selector=_URL),
        Field(key="token", selector=_PASSWORD, secret=True, credential=True),
        Field(key="verify_ssl", selector=BooleanSelector(), default=True),
    ),
    connect=portainer.connect,
    identify=portainer.identify,
    groups=(portainer.ENVIRONMENTS, *_GROUPS),
    kinds=(
        Kind(
            model=PortainerServer,
            group="environments",
            device=_portainer_device,
            entities=sensors.PORTAINER,
        ),
        Kind(
            model=Environment,
            group="environments",
            name=portainer.ENVIRONMENT,
            device=_environment_device,
            entities=sensors.ENVIRONMENT,
        ),
        replace(_HOST, device=None),
        *_PARTS,
    ),
    actions=(*ACTIONS, *UPDATE_ACTIONS, *AUDIT_ACTIONS),
    free_actions=FREE_ACTIONS,
    procedures={container_exchange.PROCEDURE: container_exchange.resume},
    options=OPTIONS,
)
