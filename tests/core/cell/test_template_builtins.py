"""Python's builtins in templates: they can be called, but are no values."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.template import render_text
from chat_magic.errors import InvalidRequest

VARIABLES = {"xs": ["a", "bcd"], "n": 3, "name": "Ada", "apply": lambda function, x: function(x)}


@pytest.mark.parametrize(
    "template",
    [
        "{{ input }}",
        "{{ id }}",
        "{{ format }}",
        "{{ str }}",
        "{{ ValueError }}",
        "{{ license }}",
        "{{ range }}",
        "{{ input | upper }}",
        "{{ input | string }}",
        "{{ input | length }}",
        "{{ input ~ name }}",
        "{{ 'x%s' % id }}",
        "{{ [id] }}",
        "{{ {'a': id} }}",
        "{{ input + 1 }}",
        "{{ input == 'yes' }}",
        "{{ input != 'yes' }}",
        "{{ not input }}",
        "{{ name if input else n }}",
        "{{ input if n else name }}",
        "{{ input and name }}",
        "{% if input %}yes{% endif %}",
        "{% for item in input %}{{ item }}{% endfor %}",
        "{% for item in xs if input %}{{ item }}{% endfor %}",
        "{% set x = input %}{{ x }}",
        "{{ id.name }}",
        "{{ input['name'] }}",
        "{{ 'a' in input }}",
        "{{ input.x.y }}",
        "{{ str(input) }}",
        "{{ repr(id) }}",
        "{{ '%s' % format(id) }}",
    ],
)
def test_a_builtin_as_a_value_is_an_undefined_variable(template):
    """It is the name of a variable that was not assigned, wherever it stands."""
    with pytest.raises(InvalidRequest) as caught:
        render_text(template, VARIABLES)
    assert "is undefined: it is a Python builtin and is not assigned" in str(caught.value)


@pytest.mark.parametrize("name", ["namespace", "lipsum", "cycler", "joiner"])
def test_a_function_of_jinja_as_a_value_is_an_undefined_variable(name):
    """Templates may call it all the same."""
    with pytest.raises(InvalidRequest, match=f"'{name}' is undefined: it is a function of Jinja"):
        render_text(f"{{{{ {name} }}}}", VARIABLES)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ len(xs) }}", "2"),
        ("{{ str(n) }}", "3"),
        ("{{ sorted(xs, key=len)[0] }}", "a"),
        ("{{ map(str, [1, 2]) | join(',') }}", "1,2"),
        ("{{ isinstance(n, int) }}", "True"),
        ("{{ isinstance(n, (str, int)) }}", "True"),
        ("{{ isinstance(True, bool) and issubclass(bool, int) }}", "True"),
        ("{{ type(n) == int }}", "True"),
        ("{{ type(n) != int }}", "False"),
        ("{{ str.upper(name) }}", "ADA"),
        ("{{ dict.fromkeys(xs, n)['a'] }}", "3"),
        ("{{ dict(a=n).a }}", "3"),
        ("{{ apply(len, name) }}", "3"),
        ("{{ apply(function=len, x=name) }}", "3"),
        ("{% for i in range(2) %}{{ i }}{% endfor %}", "01"),
        ("{% for i, x in enumerate(xs) %}{{ i }}{{ x }}{% endfor %}", "0a1bcd"),
        ("{% if all(xs) %}yes{% endif %}", "yes"),
        ("{{ '{:>4}'.format(n) }}", "   3"),
        ("{{ format(n, '03') }}", "003"),
        ("{{ input | default('none') }}", "none"),
        ("{{ input is defined }}", "False"),
        ("{{ input is undefined }}", "True"),
        ("{{ name if input is defined else n }}", "3"),
        ("{% set ns = namespace(x=1) %}{% set ns.x = 2 %}{{ ns.x }}", "2"),
    ],
)
def test_a_builtin_can_be_called_and_passed_on(template, text):
    """In an expression it is Python's."""
    assert render_text(template, VARIABLES) == text


def test_a_variable_hides_the_builtin_of_its_name():
    """What the notebook assigned is what was meant, be it a builtin or not."""
    assert render_text("{{ input }} {{ id }}", {"input": "text", "id": 7}) == "text 7"
    assert render_text("{{ f('abc') }}", {"f": len}) == "3"


def test_what_ipython_assigns_is_a_builtin_too(shell):
    """It puts its own `open`, `exit` and `quit` into the notebook's names."""
    namespace = shell.user_ns
    with pytest.raises(InvalidRequest, match="'open' is undefined: it is a Python builtin"):
        render_text("{{ open }}", namespace)
    assert render_text("{{ open }}", {**namespace, "open": "at nine"}) == "at nine"
