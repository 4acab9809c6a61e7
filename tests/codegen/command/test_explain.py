"""`explain`: every operation and component, where it comes from and what was made of it."""

import pytest

from codegen.build import ROOT, Places
from codegen.explain import explain, text
from codegen.spec import load, normalize_provider

PROVIDERS = list(load(ROOT / "specs").providers)


def _find(answer, kind, name):
    return next(each for each in answer[kind] if each["name"] == name)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_operation_and_component_has_an_origin_that_is_there(name):
    answer = explain(name, Places())
    document = normalize_provider(ROOT / "specs", name).document
    assert {each["name"] for each in answer["components"]} == set(document["components"]["schemas"])
    assert len(answer["operations"]) == sum(len(item) for item in document["paths"].values())
    for part in [*answer["operations"], *answer["components"]]:
        assert part["origins"]
        for origin in [*part["origins"], *part["amended"], *part["lowered"]]:
            folder = ROOT / "specs" / name
            file = (
                folder / origin["file"]
                if origin["file"] == "amendments.yaml"
                else folder / "fragments" / origin["file"]
            )
            assert 1 <= origin["line"] <= len(file.read_text().splitlines())
    shown = text(answer)
    for part in [*answer["operations"], *answer["components"]]:
        assert f"{part['kind']} {part['name']}" in shown


def test_what_came_from_an_amendment_says_which():
    answer = explain("firecrawl", Places())
    status = _find(answer, "components", "MonitorCheckStatus")
    assert status["named_by"] == "the pipeline, from an inline type"
    assert [each["target"] for each in status["amended"]] == [
        "$.components.schemas.MonitorCheck.properties.status"
    ]
    listing = _find(answer, "operations", "monitoring.list_monitors")
    assert [origin["file"] for origin in listing["origins"]] == ["amendments.yaml"]
    assert "GET /monitor" in listing["amended"][0]["description"]


def test_what_was_joined(kiln):
    answer = kiln.json("explain", "kiln")
    firing = _find(answer, "components", "Firing")
    assert firing["joined"] == [
        "from get-firing.md and start-firing.md",
        "/properties/peak: only get-firing.md states it",
    ]
    assert firing["named_by"] == "the page"
    assert _find(answer, "components", "Program")["joined"] == []


def test_what_only_one_page_requires_or_lists(kiln):
    page = kiln.specs / "kiln" / "fragments" / "get-firing.md"
    changed = page.read_text().replace(
        "              - id\n              - state\n        ex", "              - id\n        ex"
    )
    changed = changed.replace(
        "                      - failed\n", "                      - failed\n                      - lost\n"
    )
    _vendored(kiln, page, changed)
    answer = kiln.json("explain", "kiln")
    assert "/: only start-firing.md requires state" in _find(answer, "components", "Firing")["joined"]
    joined = _find(answer, "components", "FiringState")["joined"]
    assert "/: only get-firing.md has the value lost" in joined


def test_what_lowering_changed(kiln):
    answer = kiln.json("explain", "kiln")
    changes = {(each["file"], each["at"]): each for each in _find(answer, "components", "Firing")["lowered"]}
    nullable = changes["start-firing.md", "/properties/startedAt"]
    assert nullable["before"] == 'type: "string", format: "date-time", nullable: true'
    assert nullable["after"] == 'anyOf: ["type: string", "type: null"]'
    start = _find(answer, "operations", "firings.start_a_firing")
    assert start["import"] == "from studio.raw.kiln import firings"
    assert any('security: [{"bearerAuth": []}]' in each["after"] for each in start["lowered"])


def test_people_are_told_the_same(kiln):
    said = kiln.run("explain", "kiln").stdout
    assert (
        "operation firings.start_a_firing  POST /kilns/{kilnId}/firings\n  from     start-firing.md line 20 ("
        in said
    )
    assert "  joined   from get-firing.md and start-firing.md\n" in said
    assert "  named    by the pipeline, from an inline type\n" in said
    assert "  lowered  /properties/startedAt: type: " in said


def _vendored(folders, page, content):
    import hashlib  # noqa: PLC0415

    sources = folders.specs / "sources.toml"
    old = hashlib.sha256(page.read_bytes()).hexdigest()
    page.write_text(content)
    sources.write_text(sources.read_text().replace(old, hashlib.sha256(page.read_bytes()).hexdigest()))


def test_webhooks_and_callbacks_are_explained(tmp_path, specs_of):
    page = """```yaml
openapi: 3.1.0
info: {title: Acme, version: '1'}
paths:
  /hooks:
    servers: [{url: https://api.example.test}]
    post:
      tags: [hooks]
      responses: {'204': {description: Done.}}
      callbacks:
        done:
          '{$request.body#/url}':
            post: {responses: {'200': {description: Heard.}}}
webhooks:
  thing.made:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Event'}}}}
      responses: {'200': {description: Heard.}}
components: {schemas: {Event: {type: object, properties: {id: {type: string}}}}}
```
"""
    specs = specs_of(tmp_path / "specs", {"acme": page}, operations={"POST /hooks": "hooks.make"})
    answer = explain("acme", Places(specs))
    assert [each["name"] for each in answer["operations"]] == ["hooks.make"]
    (moved,) = answer["operations"][0]["lowered"]
    assert 'servers: [{"url": "https://api.example.test"}]' in moved["after"]
    (webhook,) = answer["webhooks"]
    assert (webhook["name"], webhook["method"]) == ("thing.made", "POST")
    assert [(each["file"], each["line"]) for each in webhook["origins"]] == [("page.md", 16)]
    assert "\nwebhook thing.made  POST\n  from     page.md line 16 (" in text(answer)
