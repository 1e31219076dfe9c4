"""The services as ``service.query`` lists them."""

from dataclasses import dataclass

_NAMES = {
    "cifs": "SMB",
    "docker": "Docker",
    "ftp": "FTP",
    "iscsitarget": "iSCSI",
    "lldp": "LLDP",
    "nfs": "NFS",
    "nvmet": "NVMe-oF",
    "rsync": "rsync",
    "smartd": "S.M.A.R.T.",
    "snmp": "SNMP",
    "ssh": "SSH",
    "ups": "UPS",
    "webdav": "WebDAV",
    "webshare": "WebShare",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service: ``key`` is TrueNAS's name, ``running`` None while TrueNAS does not know."""

    key: str
    running: bool | None

    @property
    def name(self) -> str:
        """Return what people call it."""
        return name_of(self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """All of them together: how many run."""

    running: int


def name_of(key: str) -> str:
    """Return what people call the service that TrueNAS calls so."""
    return _NAMES.get(key, key)
