"""The checks of data files find what they are for, and nothing in a good project."""

from collections.abc import Callable
from typing import Any

import pytest

from scripts.checks.__main__ import problems
from scripts.checks.project import Project
from scripts.checks.validate import text
from tests.scripts.conftest import Change, png, write

type Mutation = Callable[[Any], None]


def found(project: Project) -> str:
    """Return what the checks say."""
    return "\n".join(str(problem) for problem in problems(project))


def test_a_good_project_has_no_problems(project: Project) -> None:
    assert found(project) == ""


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (lambda m: m.pop("version"), "version"),
        (lambda m: m.pop("issue_tracker"), "issue_tracker"),
        (lambda m: m.pop("integration_type"), "integration_type"),
        (lambda m: m.update(version="dev"), "'dev' is no version"),
        (lambda m: m.update(zzz=1), "zzz"),
        (lambda m: m.update(domain="bad"), "domain must be the folder's name"),
        (lambda m: m.update(codeowners=["somebody"]), "does not name an account"),
        (lambda m: m.update(codeowners=[]), "codeowners"),
        (lambda m: m.update(documentation="http://a.de"), "is no https address"),
        (
            lambda m: m.update(documentation="https://www.home-assistant.io/integrations/good"),
            "only core",
        ),
        (lambda m: m.update(integration_type="virtual"), "integration_type"),
        (lambda m: m.update(iot_class="push"), "iot_class"),
        (lambda m: m.update(quality_scale="diamond"), "quality_scale"),
        (lambda m: m.update(requirements=["a >= 1"]), "is no requirement"),
        (lambda m: m.update(requirements=["a@git+https://b/c"]), "requirement"),
        (lambda m: m.update(name=m.pop("name")), "keys must be ordered"),
        (lambda m: m.update(dhcp=[{"macaddress": "aa*"}], version="1"), "must be upper case"),
        (lambda m: m.update(zeroconf=[{"name": "x"}]), "needs a type"),
    ],
)
def test_manifest(project: Project, change: Change, mutate: Mutation, message: str) -> None:
    change("manifest.json", mutate)
    assert message in found(project)


def test_manifest_that_is_no_object(project: Project) -> None:
    write(project.integration / "manifest.json", "[]")
    assert "manifest.json: is missing or no JSON object" in found(project)


def test_categories_are_home_assistants(project: Project, change: Change) -> None:
    generated = ".venv-x/lib/python3/site-packages/homeassistant/generated"
    categories = [{"slug": "network", "subcategories": [{"slug": "nas"}]}]
    write(project.root / generated / "integration_categories.json", categories)
    change("manifest.json", lambda m: m.update(categories=["network.nas", "network.fish"]))
    said = found(project)
    assert "'network.fish' is not one of Home Assistant's" in said
    assert "'network.nas'" not in said


@pytest.mark.parametrize(
    "value",
    [
        3,
        "",
        " space",
        "<host> is not there",
        "a <b>bold</b> word",
        "in '{quotes}'",
        "{a.b}",
        "{0}",
        "{a b}",
        "a lone { brace",
        "a lone } brace",
        "[%key:common::yes%]",
        "see https://example.com",
        "see http://nas.local:80",
        "see www.example.com",
    ],
)
def test_text_that_may_not_be_shown(project: Project, change: Change, value: object) -> None:
    change("translations/en.json", lambda t: t["exceptions"]["refused"].update(message=value))
    assert "en.json: exceptions.refused.message" in found(project)


@pytest.mark.parametrize(
    "value",
    [
        "a < b",
        'in "{quotes}"',
        "{{literal}}",
        "http://192.168.1.10:80",
        "http://localhost:80",
        "[docs]({url})",
    ],
)
def test_text_that_may_be_shown(value: str) -> None:
    assert text(value) == value


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (lambda t: t.update(nonsense={}), "nonsense"),
        (lambda t: t["config"].pop("step"), "config.step"),
        (lambda t: t["config"]["step"]["user"].update(hint="x"), "config.step.user.hint"),
        (lambda t: t["config"]["step"]["user"].pop("data"), "unknown fields: url"),
        (
            lambda t: t["config"]["step"]["user"]["data_description"].update(x="y"),
            "unknown fields: x",
        ),
        (lambda t: t["config"]["abort"].update({"a__b": "x"}), "config.abort"),
        (
            lambda t: t["entity"]["sensor"]["state"]["state"].update(on="{x}"),
            "may not hold placeholders",
        ),
        (lambda t: t["entity"]["sensor"].update({"Upper": {"name": "x"}}), "entity.sensor"),
        (lambda t: t["issues"]["right"].pop("description"), "issues.right"),
        (
            lambda t: t["issues"]["right"].update(fix_flow={"step": {}}),
            "either a description or a fix_flow",
        ),
        (lambda t: t["services"]["restart"].pop("description"), "services.restart.description"),
        (lambda t: t["triggers"]["died"].update(sections={}), "triggers.died"),
        (lambda t: t["selector"]["how"].update(values={}), "selector.how"),
    ],
)
def test_translations(project: Project, change: Change, mutate: Mutation, message: str) -> None:
    change("translations/en.json", mutate)
    assert message in found(project)


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (lambda i: i["entity"]["sensor"]["state"].update(default="fa:home"), "must start with mdi"),
        (lambda i: i["entity"]["sensor"]["state"].update(state={"on": "mdi:home"}), "repeat"),
        (
            lambda i: i["entity"]["sensor"]["state"].update(
                range={"10": "mdi:home", "9": "mdi:home"}
            ),
            "must ascend",
        ),
        (lambda i: i["entity"]["sensor"]["state"].update(range={"a": "mdi:home"}), "numbers"),
        (lambda i: i["services"].update(restart="mdi:restart"), "services.restart"),
        (lambda i: i["services"].clear(), "services.restart has no icon"),
        (lambda i: i["triggers"].update(x={"trigger": "mdi:home"}), "triggers.x, which does not"),
        (lambda i: i["entity"]["sensor"].update(x={}), "entity.sensor.x has an icon but no words"),
        (lambda i: i.update(nonsense={}), "nonsense"),
    ],
)
def test_icons(project: Project, change: Change, mutate: Mutation, message: str) -> None:
    change("icons.json", mutate)
    assert message in found(project)


def test_icons_exist_in_home_assistants_page(project: Project) -> None:
    icons = ".venv-x/lib/python3/site-packages/hass_frontend/static/mdi/iconList.json"
    write(project.root / icons, [{"name": "restart"}])
    assert "there is no icon mdi:home" in found(project)


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (lambda s: s.update({"No-Slug": None}), "no slug"),
        (lambda s: s["restart"].update(name="x"), "restart"),
        (lambda s: s["restart"]["fields"]["how"].update(default=None), "how.default"),
        (lambda s: s["restart"]["fields"]["how"].update(selector={"nothing": {}}), "how.selector"),
        (lambda s: s["restart"]["fields"]["how"].update(advanced=True), "advanced"),
        (
            lambda s: s["restart"]["fields"].update(more={"fields": {"how": {}}}),
            "fields stand twice: how",
        ),
        (
            lambda s: (
                s["restart"].pop("target"),
                s["restart"]["fields"]["how"].update(filter={"supported_features": [1]}),
            ),
            "needs a target",
        ),
        (
            lambda s: s["restart"]["fields"]["how"]["selector"]["select"]["options"].append("odd"),
            "selector.how.options has no odd",
        ),
        (lambda s: s.update(stop=None), "services stop has no words"),
        (lambda s: s.pop("restart"), "words for services restart, which does not exist"),
        (
            lambda s: s["restart"]["fields"].update(when={"selector": {"text": {}}}),
            "services.restart field when has no words",
        ),
        (
            lambda s: s["restart"]["fields"].update(more={"fields": {"x": {}}}),
            "services.restart section more has no words",
        ),
    ],
)
def test_services(project: Project, change: Change, mutate: Mutation, message: str) -> None:
    change("services.yaml", mutate)
    assert message in found(project)


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ({"died": {"fields": {"a": {"context": {"x": "target"}}}}}, "context but no selector"),
        (
            {"died": {"fields": {"a": {"selector": {"text": {}}, "context": {"x": "b"}}}}},
            "unknown field b",
        ),
        ({"died": {"nonsense": 1}}, "died"),
        ({"died": None, "born": None}, "triggers born has no words"),
    ],
)
def test_triggers(project: Project, trigger: object, message: str) -> None:
    write(project.integration / "triggers.yaml", trigger)
    assert message in found(project)


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (lambda q: q["rules"].pop("devices"), "devices is not answered"),
        (lambda q: q["rules"].update(devices="todo"), "devices is to do"),
        (lambda q: q["rules"].update(devices="exempt"), "rules.devices"),
        (lambda q: q["rules"].update(devices={"status": "exempt"}), "needs a comment"),
        (lambda q: q["rules"].update(devices={"status": "exempt", "comment": " "}), "comment"),
        (lambda q: q["rules"].update(nonsense="done"), "rules"),
    ],
)
def test_quality_scale(project: Project, change: Change, mutate: Mutation, message: str) -> None:
    change("quality_scale.yaml", mutate)
    assert message in found(project)


def test_quality_scale_below_the_declared_tier_may_stay_to_do(
    project: Project, change: Change
) -> None:
    change("quality_scale.yaml", lambda q: q["rules"].update(devices="todo"))
    change("manifest.json", lambda m: m.update(quality_scale="silver"))
    assert found(project) == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("icon.png", png(255, 256), "is 255x256, not 256x256"),
        ("icon@2x.png", png(256, 256), "not 512x512"),
        ("logo.png", png(400, 100), "shortest side is 100"),
        ("dark_logo@2x.png", png(900, 700), "shortest side is 700"),
        ("icon.png", png(256, 256, colour=2), "no transparent background"),
        ("icon.png", b"GIF89a", "is no PNG"),
        ("banner.png", png(256, 256), "not a picture that Home Assistant looks for"),
    ],
)
def test_brand(project: Project, name: str, content: bytes, message: str) -> None:
    write(project.integration / "brand" / name, content)
    assert message in found(project)


@pytest.mark.parametrize("name", ["icon.png", "icon@2x.png", "logo.png", "logo@2x.png"])
def test_brand_is_complete(project: Project, name: str) -> None:
    (project.integration / "brand" / name).unlink()
    assert f"brand/{name}: is missing" in found(project)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "name"),
        ({"name": "x", "icon": "y"}, "icon"),
        ({"name": "x", "zip_release": True}, "zip_release needs a filename"),
        ({"name": "x", "homeassistant": "new"}, "homeassistant is no version"),
        ([], "hacs.json: is missing or no JSON object"),
    ],
)
def test_hacs(project: Project, content: object, message: str) -> None:
    write(project.root / "hacs.json", content)
    assert message in found(project)


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "hacs.json"])
def test_hacs_files_are_there(project: Project, name: str) -> None:
    (project.root / name).unlink()
    assert f"{name}: is missing" in found(project)


def test_one_integration_in_a_repository(project: Project) -> None:
    write(project.root / "custom_components" / "other" / "__init__.py", "")
    assert "more than one integration" in found(project)


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ([], "does not pin aiodocker"),
        (["aiodocker==0.28.0"], "aiodocker==0.28.0 is no version of the manifest's"),
        (["aiodocker>=0.27"], "aiodocker>=0.27 is no version of the manifest's"),
        (["aiodocker==0.27.0", "aionut==4.3.4"], "pins aionut, which the manifest does not"),
    ],
)
def test_pins(project: Project, pins: list[str], message: str) -> None:
    write(project.root / "pyproject.toml", f"[dependency-groups]\nrequirements = {pins}\n")
    assert message in found(project)


def test_pins_are_somewhere(project: Project) -> None:
    (project.root / "pyproject.toml").unlink()
    assert "pyproject.toml: is missing" in found(project)
