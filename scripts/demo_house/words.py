"""What the demo says when it stands."""

from dataclasses import dataclass
import json
import sys

from .home_assistant import Account
from .options import ANY_ADDRESS, KEPT, Options
from .systems import House


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that stands: where, how to log in, what it shows and what it left out.

    ``loaded`` are the titles of the integration's entries, ``unknown`` the lab's systems that the
    integration has no folder for.
    """

    url: str
    token: str
    account: Account
    loaded: tuple[str, ...]
    house: House
    unknown: tuple[str, ...]


def tell(demo: Demo, options: Options) -> None:
    """Print one line for a program, or a page for a person."""
    if demo.unknown:
        print(f"demo: not shown yet: {', '.join(demo.unknown)}", file=sys.stderr)
    if options.json:
        line = {
            "url": demo.url,
            "token": demo.token,
            "username": demo.account.username,
            "password": demo.account.password,
        }
        print(json.dumps(line), flush=True)
        return
    print("\n".join(_page(demo, options)), flush=True)


def _page(demo: Demo, options: Options) -> list[str]:
    lines = [
        "",
        f"  Home Assistant   {demo.url}{_elsewhere(options.host)}",
        f"  user             {demo.account.username}",
        f"  password         {demo.account.password}",
        "",
    ]
    if options.empty:
        lines += [
            "  Nothing is added yet. Settings > Devices & services > Add integration >",
            "  Home Server Monitor, and then one of these:",
            *(f"    {name:<16} {_door(door)}" for name, door in demo.house.items()),
        ]
    else:
        lines += [
            "  The first page shows the house, a tab for each of",
            f"    {', '.join(demo.loaded)}.",
            "  Click on a container: its page shows its state and usage as they change, its",
            "  switch stops it, its Restart button restarts it. What the integration is made of:",
            f"    {demo.url}/config/integrations/integration/home_server_monitor",
        ]
    if options.docker is not None:
        lines += ["", "  These are the real containers of this machine: what you stop, stops."]
    if options.keep:
        lines += ["", f"  Its folder and logs stay in {KEPT}/"]
    return [*lines, "", "  Ctrl-C ends all of it.", ""]


def _elsewhere(host: str) -> str:
    return " and this machine's other addresses" if host in ANY_ADDRESS else ""


def _door(door: object) -> str:
    if not isinstance(door, dict):
        return str(door)
    return ", ".join(f"{key} {value}" for key, value in door.items())
