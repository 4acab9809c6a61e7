"""The example that the README opens with, run as it stands there."""

import re
from pathlib import Path

from omnirun.sandbox import running_sandbox

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_example_runs(monkeypatch, capsys):
    (example,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    with running_sandbox(speed=50) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(example, "README.md", "exec"), {})
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "finished success pass"
    assert sum(line.startswith("datafold:monitors/42/runs/") for line in rest) == 47
    assert sum("finished success" in line for line in rest[-2:]) == 2


def test_it_says_nothing_of_what_is_not_there():
    """Every file it links to exists."""
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", README)
    assert [link for link in links if not Path(__file__).parents[1].joinpath(link).exists()] == []
    assert links
