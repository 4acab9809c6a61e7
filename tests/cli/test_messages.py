"""Every message of the source is in a recording: what the command says, and what the library says through it.

A message is any prose in a module of the command (docstrings aside), and what a library error or warning says. Its
literal parts have to stand in one recording, in their order. What can't be is in `UNRECORDED`, with its reason.
"""

import ast
import re
import shlex
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from omnirun import cli
from omnirun.cli.app import app
from omnirun.cli.words import said_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "cli"
sys.path.insert(0, str(DOCS))

from messages import VERBS, messages  # noqa: E402 - they lie there
from promises import broken, plain, squeezed  # noqa: E402
from terminal import steady  # noqa: E402
from tried import SETTINGS, Seen, tried  # noqa: E402

MESSAGES = messages()
OVERLAY = ROOT / "overlay" / "omnirun"
COMMAND = [
    *sorted(path for path in (OVERLAY / "cli").glob("*.py") if path.name != "examples.py"),
    OVERLAY / "sandbox" / "__main__.py",
]
LIBRARY = [path for path in sorted(OVERLAY.glob("*.py")) if path.name not in ("notebook.py", "webhooks.py")]
LIBRARY += [path for path in sorted((OVERLAY / "firecrawl").glob("*.py")) if path.name != "deliveries.py"]
PROSE = re.compile(r"[A-Za-z']{2,}[ ,:;] ?[A-Za-z'`{-]{1,}|[A-Za-z']{3,} ?\.\.\.")
CHECKED = "the command checks it first, and says it in its own words"
PYTHON = "only a program that calls the library can cause it"
TARGETS = "a provider reads its own targets, so none of another kind reaches it"
HOOKS = "the command's one hook only says what it is told"
STANDALONE = "of `python -m omnirun.sandbox`, whose words are not those of the command"
LEFT = "the command follows every trigger to its end, and says itself what it had to leave"
UNRECORDED = {
    # the command
    "the input {} can't be read: {}.": "a path with a null character: no command line can hold one",
    "# omnirun sandbox: datafold, firecrawl and monid at {}; Ctrl-C ends it": "recorded; the terminal breaks the line",
    "python -m omnirun.sandbox": STANDALONE,
    "Datafold, Firecrawl and Monid, played on a loopback port.": STANDALONE,
    "the port; a free one if left out": STANDALONE,
    "how many times faster runs go (1)": STANDALONE,
    "a rule for what goes wrong, such as '{": STANDALONE,
    "end when stdin does: with the parent process": STANDALONE,
    "bold red": "a colour",
    # the library, before anything is sent
    "module 'omnirun' has no attribute {}": PYTHON,
    "an account's rate is a number of requests per second above 0, not {}.": PYTHON,
    "an Account holds a key and is not pickled": PYTHON,
    "no account {}@{} is known. Pass it in": CHECKED,
    "no key is known for {}. Set {}_API_KEY, or pass one in": CHECKED,
    "this client belongs to another event loop": PYTHON,
    "a Datafold monitor is named by its number, not by {}": CHECKED,
    "Datafold runs monitors, such as": TARGETS,
    "a Monid endpoint is a provider slug and a path that begins with a slash": CHECKED,
    "Monid lists the runs of endpoints and of the workspace": TARGETS,
    "Firecrawl runs monitors, such as": TARGETS,
    "a Firecrawl monitor is named by its UUID, not by {}": CHECKED,
    "the timeout {} is a number of seconds above 0": PYTHON,
    "limit is {}; it is a number of items": CHECKED,
    "scan_limit is {}; it is a number of items": PYTHON,
    "{} is no cursor of the list {}": CHECKED,
    "{} has no time zone; say which": CHECKED,
    "{} has no models; read run.raw.": PYTHON,
    "{} gives its verdicts itself": PYTHON,
    "{} has no status {}. It has {}": CHECKED,
    "an account is named with letters, digits": CHECKED,
    "there is no provider {}. Known are {}.": CHECKED,
    "{} is no target. One is datafold.Monitor(42)": PYTHON,
    "{} is no run. One is a Run, its ref": PYTHON,
    "a gate either raises or passes": PYTHON,
    "this is not what Run.to_json writes": PYTHON,
    "timeout is {}; it is a number of seconds": CHECKED,
    "{}: {} {}: what is to be sent is no JSON": CHECKED,
    "this client was opened before the fork": PYTHON,
    # the library, later
    "the client was closed; runs that were waited for go on": PYTHON,
    "a hook can't wait": HOOKS,
    "a hook gave the header": HOOKS,
    "a hook failed": HOOKS,
    "a hook kept the trigger from being sent": HOOKS,
    "no thread can be started, so nothing was sent": "a machine that is out of threads",
    "the body is larger than {} MB": "an answer of more than 100 MB; tests/overlay tries one",
    "the wait ended{}, the runs did not": CHECKED,
    "The last poll failed: {}": CHECKED,
    "has not ended": "a run is only judged when it has",
    "{} Resume with cursor={}.": "`Go on with: --cursor` is said, or only the cause",
    "The list {} could not be read further": "only the cause is said",
    "its provider can't read it ({})": "a defect of a plug-in, after a trigger",
    "the judge of firecrawl's verdicts failed": PYTHON,
    "the caller left": LEFT,
}
"""What can't be recorded, by how it begins, and why."""


def page(name):
    return (DOCS / name).read_text("utf-8")


@cache
def recordings():
    """What each recording shows, however it is folded."""
    found = re.findall(r"```console\n(.*?)\n```", page("recordings.md") + page("messages.md"), re.DOTALL)
    return [squeezed(text) for text in found]


def literal(node):
    """A message with `{}` where something is put in."""
    values = node.values if isinstance(node, ast.JoinedStr) else [node]
    parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values]
    return " ".join(re.sub(r"%(\.\d)?[srdf]|\\\d", "{}", "".join(parts)).split())


def texts(tree):
    """All texts of a tree, each once: what is joined, with what is put in."""
    inside = set()
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
        if called in ("cast", "re.compile"):  # a type, a pattern
            inside.add(id(node.args[0]))
        text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if text and id(node) not in inside:
            yield literal(node)


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:  # of attributes too
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield statement


def prose(path):
    """What a module of the command may say."""
    tree = ast.parse(path.read_text("utf-8"))
    for statement in docstrings(tree):
        statement.value = ast.Constant(value=None)
    return [text for text in texts(tree) if PROSE.search(text)]


def errors(path):
    """What a module of the library raises or logs, and what its errors add."""
    tree = ast.parse(path.read_text("utf-8"))
    for statement in docstrings(tree):
        statement.value = ast.Constant(value=None)
    for node in ast.walk(tree):
        told = isinstance(node, ast.Raise)
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            owner = getattr(getattr(called, "value", None), "id", "")
            told = name in ("PageError", "unreadable") or (owner == "_log" and name != "debug")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            told = "_next" in ast.unparse(node).partition("=")[0]
        if told or (
            path.name == "errors.py" and isinstance(node, ast.FunctionDef) and node.name == "__init__"
        ):
            yield from (said_of(Exception(text)) for text in texts(node) if PROSE.search(text))


def recorded(message):
    """Tell whether a recording shows a message."""
    words = [part.strip() for part in message.split("{}") if part.strip(" .:;,'\"")]
    return any(holds(text, words) for text in recordings())


def holds(text, words):
    """Tell whether a text has all words, in their order and not far from each other."""
    start = -1
    while (start := text.find(words[0], start + 1)) >= 0:
        end = start + len(words[0])
        for word in words[1:]:
            found = text.find(word, end, end + 400 + len(word))
            if found < 0:
                break
            end = found + len(word)
        else:
            return True
    return False


@pytest.mark.parametrize(("paths", "read"), [(COMMAND, prose), (LIBRARY, errors)], ids=["command", "library"])
def test_every_message_of_the_source_is_recorded(paths, read):
    """Else add the message to docs/cli/messages/*.toml and `make recordings`, or say above why that can't be."""
    missing = {
        f"{path.name}: {text}"
        for path in paths
        for text in read(path)
        if not recorded(text) and not excused(text)
    }
    assert missing == set()


def test_what_is_in_no_recording_is_found_out():
    assert recorded("no runs of {} were found")
    assert not recorded("no runs of {} were ever found")


def excused(text):
    return any(text.startswith(beginning) for beginning in UNRECORDED)


def test_every_excuse_is_still_one():
    said = [text for path in COMMAND for text in prose(path)] + [
        text for path in LIBRARY for text in errors(path)
    ]
    assert [begins for begins in UNRECORDED if not any(text.startswith(begins) for text in said)] == []


# ------------------------------------------------------------------------------------------------ the tables


def blocks():
    """What the page shows: verb and title, and all that is said of it."""
    found = {}
    for section in page("messages.md").split("\n## ")[1:]:
        verb = section.partition("\n")[0].removeprefix("omnirun ")
        for title, about, text in re.findall(
            r"^\*\*(.*?)\*\*: (.*?)\n\n```console\n(.*?)\n```$", section, re.MULTILINE | re.DOTALL
        ):
            found[verb, title] = about, text
    return found


def alike(text):
    """Words, less what differs from one day to the next."""
    return re.sub(r"/tmp/\S+|/home/\S+", "/...", squeezed(steady(text)))


def test_the_page_is_that_of_the_tables():
    recorded_ = blocks()
    assert list(recorded_) == [(message.verb, message.title) for message in MESSAGES]
    for message in MESSAGES:
        about, text = recorded_[message.verb, message.title]
        assert about.endswith(f"exit code {message.code}")
        assert text.startswith(f"$ {message.command}\n") or text == f"$ {message.command}"
        if not message.press:
            said = alike(text)
            assert [words for words in (*message.says, *message.data) if alike(words) not in said] == []


def test_every_verb_and_what_can_be_wrong_with_its_words_has_a_message():
    """Its help, an unknown option, a missing argument, and for each option that is read a value that can't be."""
    verbs = get_command(app).commands
    assert set(verbs) == set(VERBS) - {"omnirun"}
    commands = {verb: " | ".join(m.command for m in MESSAGES if m.verb == verb) for verb in VERBS}
    for verb, command in verbs.items():
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        assert f"omnirun {verb} --help" in commands[verb]
        assert "--nope" in commands[verb]
        if arguments:
            assert f"omnirun {verb} |" in f"{commands[verb]} |"
        for param in command.params:
            if type(param.type).__name__ == "FuncParamType":
                wrong = [
                    m
                    for m in MESSAGES
                    if m.verb == verb and m.code == 2 and any(o in m.command.split() for o in param.opts)
                ]
                assert any("Invalid value for" in words for m in wrong for words in m.says), (
                    verb,
                    param.name,
                )


STAGES = {
    "run": 5, "trigger": 4, "wait": 2, "get": 2, "history": 3, "items": 2, "stop": 2, "targets": 1, "report": 2,
    "doctor": 1, "sandbox": 1,
}  # fmt: skip


def test_ctrl_c_is_pressed_at_each_stage_of_each_verb():
    pressed = {
        verb: sum("Ctrl-C" in dict(map(reversed, m.press)) for m in MESSAGES if m.verb == verb)
        for verb in VERBS
    }
    assert {verb: pressed[verb] >= least for verb, least in STAGES.items()} == dict.fromkeys(STAGES, True)


# ------------------------------------------------------------------------------------------------ the words


PLAIN = [
    message
    for message in MESSAGES
    if re.fullmatch(r"omnirun [^|<>$;&()`]*|omnirun .*`?--input.*", message.command)
    and not (
        message.press or message.faults or message.bare or message.omit or message.hurry or message.files
    )
    and (message.code == 2 or "--help" in message.command)
    and message.verb != "doctor"
]


def test_the_words_of_the_page_are_those_of_the_command(environment, monkeypatch, tmp_path, capsys):
    """A good half of the messages, once more, in this process."""
    monkeypatch.chdir(tmp_path)
    recorded_ = blocks()
    differ = []
    for message in PLAIN:
        with monkeypatch.context() as patch:
            for name, value in message.environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", shlex.split(message.command))
            with pytest.raises(SystemExit) as end:
                cli.main()
        assert end.value.code == message.code
        said = capsys.readouterr()
        expected = recorded_[message.verb, message.title][1].removeprefix(f"$ {message.command}\n")
        if alike(said.err + said.out) != alike(expected):
            differ.append((message.command, said.err + said.out, expected))
    assert differ == []
    assert len(PLAIN) > len(MESSAGES) // 3


# ------------------------------------------------------------------------------------------------ the promises


NARROW, _, PIPE, PLAIN_SETTING = SETTINGS
MESSAGE = next(
    message for message in MESSAGES if (message.verb, message.title) == ("run", "Ctrl-C in the wait")
)


def test_a_message_is_tried_in_a_terminal_and_in_a_pipe(monkeypatch):
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    seen = [tried(MESSAGE, setting) for setting in (NARROW, PIPE)]
    assert broken(MESSAGE, seen) == []
    assert [bool(each.out) for each in seen] == [False, True]


def good(setting, **other):
    """What a message that keeps every promise looks like."""
    says = "\n".join(MESSAGE.says) + "\n"
    data = "\n".join(MESSAGE.data) + "\n"
    raw = says.replace("interrupted:", "\x1b[33minterrupted:\x1b[0m").replace("\n", "\r\n") + data
    raw = plain(raw) if "NO_COLOR" in setting.environ else raw
    if setting.piped:
        fine = {"out": data, "err": says, "raw": "", "screen": ""}
    else:
        fine = {"out": "", "err": "", "raw": raw, "screen": says + data}
    return Seen(
        **{
            "setting": setting,
            "code": 130,
            "stages": (),
            "keys": frozenset({"a-secret-key"}),
            **fine,
            **other,
        }
    )


@pytest.mark.parametrize(
    ("setting", "other", "wrong"),
    [
        (NARROW, {"code": 1}, "the exit code is 1, not 130"),
        (NARROW, {"raw": "Traceback (most recent call last)"}, "a traceback"),
        (PIPE, {"err": "a-secret-key"}, "a key is shown"),
        (PIPE, {"err": "\x1b[1mbold"}, "an escape sequence"),
        (PIPE, {"err": ""}, "not on stderr"),
        (PIPE, {"out": ""}, "not on stdout"),
        (PIPE, {"out": "\n".join(MESSAGE.says)}, "on stdout, and it is no data"),
        (NARROW, {"screen": ""}, "not shown"),
        (NARROW, {"raw": "interrupted: no colour"}, "no colour"),
        (NARROW, {"raw": "words " * 20}, "a line is wider than the terminal"),
        (NARROW, {"screen": "⠋ reading"}, "what was drawn is left behind"),
        (NARROW, {"raw": "\x1b[?25l"}, "the cursor stays hidden"),
        (PLAIN_SETTING, {"raw": "\x1b[1;31merror:\x1b[0m"}, "a colour"),
    ],
)
def test_a_broken_promise_is_told(setting, other, wrong):
    assert broken(MESSAGE, [good(setting)]) == []
    assert [what for what in broken(MESSAGE, [good(setting, **other)]) if wrong in what]


def test_exit_codes_that_differ_are_told():
    seen = [good(NARROW), good(PIPE, code=1)]
    assert "the exit codes differ: [1, 130]" in broken(MESSAGE, seen)
