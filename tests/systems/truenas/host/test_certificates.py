"""Certificates: how long they last, by name, and nothing of their keys."""

import pytest

from tests import harness
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.host.certificates import PRIVATE, LabCertificate

from ..conftest import every_version
from .conftest import Box, OpenBox

HOME, OWN = ("certificate:home",), ("certificate:truenas_default",)


@every_version
async def test_how_long_they_last(box: Box) -> None:
    await box.until("nas_certificate_days_left", "58", HOME)
    assert box.value("nas_certificate_days_left", OWN) == "310"
    assert box.value("nas_certificate_expiring", HOME) == "off"
    assert box.value("nas_certificate_days_left", ("certificate:home-csr",)) == "missing"
    assert box.state("nas_certificate_days_left", HOME).name == "truenas Certificate home days left"


@pytest.mark.parametrize(("days", "soon"), [(21.5, "off"), (20.5, "on"), (0.5, "on"), (-3.5, "on")])
async def test_three_weeks_are_left(nas: TrueNas, box: Box, days: float, soon: str) -> None:
    await box.settled()
    nas.host.certificates["home"].days = days
    await box.refresh("nas_certificates")
    assert box.value("nas_certificate_expiring", HOME) == soon


async def test_a_renewed_one_is_the_same(nas: TrueNas, box: Box) -> None:
    await box.settled()
    before = box.registered("nas_certificate_days_left", HOME)
    nas.host.certificates.renew("home", 89.5)
    await box.refresh("nas_certificates")
    assert box.value("nas_certificate_days_left", HOME) == "89"
    after = box.registered("nas_certificate_days_left", HOME)
    assert before is not None
    assert after is not None
    assert before.entity_id == after.entity_id


async def test_one_that_was_deleted(nas: TrueNas, box: Box) -> None:
    await box.settled()
    nas.host.certificates.all.remove(nas.host.certificates["home"])
    nas.host.certificates.all.append(LabCertificate(9, "new", 5.5))
    await box.refresh("nas_certificates")
    assert box.registered("nas_certificate_days_left", HOME) is None
    assert box.value("nas_certificate_expiring", ("certificate:new",)) == "on"


async def test_what_cannot_be_read_costs_itself(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.changed(
        r"^certificate\.query$",
        lambda rows: [{"name": "odd", "until": "whenever"}, None, {"until": 5}, {}, *rows],
    )
    box = await open_box()
    await box.until("nas_certificate_days_left", "58", HOME)
    assert box.value("nas_certificate_days_left", ("certificate:odd",)) == "missing"


async def test_private_keys_are_not_even_asked_for(nas: TrueNas, box: Box) -> None:
    await box.settled()
    answers: list[object] = []

    def overhear(rows: object) -> object:
        answers.append(rows)
        return rows

    nas.faults.changed(r"^certificate\.query$", overhear)
    await box.refresh("nas_certificates")
    assert answers
    assert PRIVATE not in str(answers)


async def test_denied(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.denied(r"^certificate\.query$")
    box = await open_box()
    await box.until("nas_update", "off")
    assert not harness.coordinator(box.entry, "nas_certificates").items
