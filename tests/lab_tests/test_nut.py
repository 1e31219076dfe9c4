"""The simulated upsd answers as the real one does, and misbehaves when told to."""

from __future__ import annotations

import asyncio

from aionut import AIONUTClient
import pytest

from tests.lab.nut import NutServer, User, furnish
from tests.lab.real import RealNut


async def talk(host: str, port: int, *lines: str) -> list[str]:
    """Send commands over one connection; return each answer's first line."""
    reader, writer = await asyncio.open_connection(host, port)
    answers = []
    for line in lines:
        writer.write(f"{line}\n".encode())
        async with asyncio.timeout(5):
            answer = (await reader.readline()).decode().rstrip("\n")
        answers.append(answer)
        while answer.startswith("BEGIN") and not (await reader.readline()).startswith(b"END"):
            pass
    writer.close()
    await writer.wait_closed()
    return answers


@pytest.mark.real
async def test_as_the_real_one(real_nut: RealNut, nut_server: NutServer) -> None:
    # Both get a user who may do nothing, and one and the same password.
    nut_server.users = {
        "admin": User(real_nut.password, set=True, fsd=True, commands=True),
        "monitor": User(real_nut.password, monitor=True),
        "nobody": User(real_nut.password),
    }
    nut_server.upses["ups"].description = "UPS ups of the lab"
    nut_server.upses["ups"].variables["ups.status"] = "OL"
    login = "USERNAME admin", f"PASSWORD {real_nut.password}"
    monitor = "USERNAME monitor", f"PASSWORD {real_nut.password}"
    nobody = "USERNAME nobody", f"PASSWORD {real_nut.password}"
    for lines in (
        ("VER", "LIST UPS", "LIST VAR ups", "LIST CMD ups", "LIST RW ups", "LIST CLIENT ups"),
        ("LIST", "LIST BOGUS ups", "LIST VAR", "LIST VAR nope", "BOGUS", "", "STARTTLS"),
        ("GET VAR ups ups.status", "GET VAR ups no.such", "GET VAR nope x", "GET VAR ups", "GET"),
        ("GET NUMLOGINS ups", "GET UPSDESC ups", "GET BOGUS ups ups.status"),
        ("USERNAME a", "USERNAME b", "PASSWORD c", "PASSWORD d", "USERNAME", "LOGOUT"),
        ("SET VAR ups battery.charge.low 30", "USERNAME x", "SET VAR ups battery.charge.low 30"),
        ("USERNAME admin", "PASSWORD wrong", "SET VAR ups battery.charge.low 30", "FSD ups"),
        (*login, "SET VAR ups no.such 1", "SET VAR nope battery.charge.low 1", "SET VAR ups"),
        (*login, "SET VAR ups battery.charge.low 30", "INSTCMD ups no.such", "INSTCMD ups"),
        (*login, "INSTCMD nope load.off", "LOGIN nope", "LOGIN ups"),
        (*nobody, "SET VAR ups battery.charge.low 30", "INSTCMD ups load.off", "FSD ups"),
        (*monitor, "LOGIN ups", "GET NUMLOGINS ups", "LOGIN ups", "LOGOUT"),
        (*login, "FSD nope", "FSD", "FSD ups", "GET VAR ups ups.status"),
    ):
        real = await talk(real_nut.host, real_nut.port, *lines)
        lab = await talk(nut_server.host, nut_server.port, *lines)
        assert list(zip(lines, lab, strict=True)) == list(zip(lines, real, strict=True))


@pytest.mark.real
async def test_a_driver_that_is_gone(real_nut: RealNut, nut_server: NutServer) -> None:
    nut_server.upses["ups"].connected = False
    real_nut.kill_driver()
    lines = (
        "LIST UPS",
        "LIST VAR ups",
        "GET VAR ups ups.status",
        "LIST CMD ups",
        "LIST CLIENT ups",
    )
    real = await talk(real_nut.host, real_nut.port, *lines)
    assert await talk(nut_server.host, nut_server.port, *lines) == real
    assert "ERR DRIVER-NOT-CONNECTED" in real


@pytest.mark.real
async def test_stale_data(real_nut: RealNut, nut_server: NutServer) -> None:
    nut_server.upses["ups"].stale = True
    real_nut.freeze()
    async with asyncio.timeout(20):
        while real_nut.get("ups.status") != "ERR DATA-STALE":
            await asyncio.sleep(0.1)
    lines = ("LIST UPS", "LIST VAR ups", "GET VAR ups ups.status", "LIST CMD ups")
    real = await talk(real_nut.host, real_nut.port, *lines)
    assert await talk(nut_server.host, nut_server.port, *lines) == real


async def test_the_library_understands_it(nut_server: NutServer) -> None:
    furnish(nut_server)
    client = AIONUTClient(
        host=nut_server.host,
        port=nut_server.port,
        username=nut_server.username,
        password=nut_server.password,
    )
    assert set(await client.list_ups()) == {"ups", "network"}
    nut_server.upses["ups"].power_failure(charge=80)
    variables = await client.list_vars("ups")
    assert (variables["ups.status"], variables["battery.charge"]) == ("OB DISCHRG", "80")
    await client.run_command("ups", "beeper.mute")
    assert nut_server.upses["ups"].done == [("beeper.mute", None)]
    client.shutdown()
    assert nut_server.counts["LIST VAR"] == 1
    assert "lab-password" not in str(nut_server.requests)


async def test_faults(nut_server: NutServer) -> None:
    host, port = nut_server.host, nut_server.port
    with nut_server.faults.hang("LIST VAR"), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await talk(host, port, "LIST VAR ups")
    with nut_server.faults.status(0, "LIST VAR", body=b"DATA-STALE"):
        assert await talk(host, port, "LIST VAR ups") == ["ERR DATA-STALE"]
    with nut_server.faults.garbage(), pytest.raises(UnicodeDecodeError):
        await talk(host, port, "VER")
    with nut_server.faults.reset(count=1), pytest.raises(ConnectionResetError):
        await talk(host, port, "VER")
    await nut_server.refuse()
    with pytest.raises(ConnectionRefusedError):
        await talk(host, port, "VER")
    await nut_server.accept()
    assert (await talk(host, port, "VER"))[0].startswith("Network UPS Tools")
    assert nut_server.port == port
