"""The template environment: absent names and unescaped text are errors where they would do harm."""

import pytest
from jinja2 import UndefinedError

from codegen.client_environment import environment
from codegen.client_lower import lower
from codegen.client_parse import parse


@pytest.fixture
def render(document):
    env = environment(parse("example", lower(document)))
    return lambda text, **names: env.from_string(text).render(**names)


@pytest.mark.parametrize(
    "text", ["{{ absent }}", "{{ absent() }}", "{% for x in absent %}{% endfor %}", "{{ a.b }}"]
)
def test_using_an_absent_name_is_an_error(render, text):
    with pytest.raises(UndefinedError):
        render(text, a={})


@pytest.mark.parametrize("text", ["{% if absent %}x{% endif %}", "{% if absent is defined %}x{% endif %}"])
def test_asking_for_an_absent_name_is_not(render, text):
    assert not render(text)


def test_text_of_the_document_must_be_escaped(render, document):
    title = parse("example", lower(document)).title
    with pytest.raises(TypeError, match="without escaping"):
        render("{{ title }}", title=title)
    assert render("{{ title | safe_for_docstring }}", title=title) == "example"
