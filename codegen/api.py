# The Python API now against that of the last release: which version comes next.
#
# Rules: what versions promise is the table [tool.api-check] of pyproject.toml: packages, and of a package that lists
# modules what those export and no more. The last release is the highest tag vX.Y.Z that the work tree descends from.
# Before 1.0 what breaks raises the minor version and all else the patch; from 1.0 on what breaks raises the major
# version, what is new the minor, all else the patch; a larger step is always allowed. Without a release there is
# nothing to compare, and version and changelog only have to agree. The old tree is read from git's archive: the
# repository is not touched.

"""The api-check command: griffe, the version and the changelog."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import griffe
from attrs import field, frozen
from packaging.version import InvalidVersion, Version

from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STAGE = "api-check"
Step: TypeAlias = Literal["major", "minor", "patch"]

_VERSION = re.compile(r"""^__version__\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_SECTION = re.compile(r"^## +\[(Unreleased|[^\]]+)\](?:: *(\S+))?.*$", re.MULTILINE)
_PART = re.compile(r"^### +(\w+)", re.MULTILINE)
_SAYS_BREAKING = {"Changed", "Removed"}
_SAYS_NEW = {"Added"}
_STEPS: Mapping[bool, Mapping[str, Step]] = {
    True: {"breaking": "minor", "additive": "patch", "": "patch"},
    False: {"breaking": "major", "additive": "minor", "": "patch"},
}
"""The step by what changed, before 1.0 and from then on."""


@frozen
class Package:
    """An import package whose API versions promise."""

    name: str
    source: str
    """Folder it is in."""
    modules: tuple[str, ...] = ()
    """The modules whose exports are its API; none: every name without an underscore."""


@frozen
class Answer:
    """What was found."""

    version: str
    changelog: str
    """The version of its newest section; empty if that names none."""
    tag: str = ""
    """The last release; empty if there is none."""
    breaking: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    step: str = ""
    """What the next version has to raise at least; empty if nothing was released yet."""
    lowest: str = ""
    problems: tuple[str, ...] = field(default=())


def check(root: Path) -> Answer:
    """Compare a work tree with its last release.

    Args:
        root: The folder with pyproject.toml, in a git repository.

    Raises:
        StageError: Something it needs is missing or unreadable.
    """
    table = _settings(root)
    version = _version(root / str(table.get("version", "")), str(table.get("version", "")))
    listed, parts = _newest(root / "CHANGELOG.md")
    tag = last_release(root)
    if not tag:
        return Answer(str(version), listed, problems=tuple(_disagreement(version, listed)))
    released = Version(tag.removeprefix("v"))
    breaking, added = _changes(root, tag, _packages(table))
    step = _STEPS[released.major == 0]["breaking" if breaking else "additive" if added else ""]
    lowest = _raised(released, step)
    problems: list[str] = []
    if (breaking or added or version != released) and version.release < lowest.release:
        what = "breaks" if breaking else "has grown"
        problems.append(
            f"the version is {version}, and the API {what} since {tag}: it has to be {lowest} or higher"
            if breaking or added
            else f"the version is {version}, lower than {lowest}, the next after {tag}"
        )
    problems += _disagreement(version, listed) if listed or version != released else []
    if breaking and not _SAYS_BREAKING & parts:
        problems.append(
            "the API breaks, and the newest section of CHANGELOG.md has neither Changed nor Removed"
        )
    if added and not _SAYS_NEW & parts:
        problems.append("the API has grown, and the newest section of CHANGELOG.md has no Added")
    return Answer(
        str(version), listed, tag, tuple(breaking), tuple(added), step, str(lowest), tuple(problems)
    )


def last_release(root: Path) -> str:
    """The highest tag vX.Y.Z that the work tree descends from; empty if there is none."""
    tags: dict[Version, str] = {}
    for tag in _git(root, "tag", "--merged", "HEAD", "--list", "v[0-9]*").decode().split():
        try:
            tags[Version(tag.removeprefix("v"))] = tag
        except InvalidVersion:
            continue
    final = [version for version in tags if not version.is_prerelease]
    return tags[max(final)] if final else ""


def _disagreement(version: Version, listed: str) -> list[str]:
    if listed == str(version):
        return []
    named = listed or "none"
    hint = f"write `## [Unreleased]: {version}`, or `## [{version}] - DATE` on the day of the release"
    return [f"the version is {version}, the newest section of CHANGELOG.md names {named}: {hint}"]


def _raised(version: Version, step: Step) -> Version:
    major, minor, patch = (*version.release, 0, 0)[:3]
    raised = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return Version(".".join(map(str, raised[step])))


def _changes(root: Path, tag: str, packages: list[Package]) -> tuple[list[str], list[str]]:
    breaking: list[str] = []
    added: list[str] = []
    with tempfile.TemporaryDirectory(prefix="api-check-") as held:
        folder = Path(held)
        archive = _git(root, "archive", "--format=tar", tag)
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(folder, filter="data")
        for package in packages:
            if not (folder / package.source / package.name).is_dir():
                added.append(package.name)
                continue
            old, new = surface(package, folder, released=True), surface(package, root)
            breaking += [
                _said(each, folder, root)
                for each in griffe.find_breaking_changes(old, new)
                if not _is_machinery(each)
            ]
            added += sorted({*names(new)} - {*names(old)})
    return breaking, added


def surface(package: Package, root: Path, *, released: bool = False) -> griffe.Module:
    """What of a package versions promise, as one module that holds the modules of its table.

    Args:
        package: The package.
        root: The folder its source is in.
        released: Whether it is that of a release, which may lack a module of today's table.

    Raises:
        StageError: A module of the table isn't there.
    """
    whole: Any = griffe.load(package.name, search_paths=[root / package.source], allow_inspection=False)
    if not package.modules:
        return cast("griffe.Module", whole)
    found = griffe.Module(package.name)
    for name in package.modules:
        try:
            module = whole[name.removeprefix(f"{package.name}.")] if name != package.name else whole
        except KeyError as error:
            if released:
                continue
            hint = "Take it out of [tool.api-check] in pyproject.toml, or put it back."
            raise StageError(STAGE, name, "", "there is no such module", hint) from error
        shown = griffe.Module(name)
        exported = module.exports if module.exports is not None else None
        for member, value in module.members.items():
            ours = exported is None and not value.is_alias and not value.is_module
            if (member in exported if exported is not None else ours) and value.is_public:
                shown.members[member] = value
        found.members[name] = shown
    return found


def names(module: griffe.Module) -> Iterator[str]:
    """Every public name of a surface, with the members of its classes and the parameters of its functions."""
    waiting: list[tuple[str, Any]] = [(module.name, module)]
    while waiting:
        path, each = waiting.pop()
        try:
            held = each.final_target if each.is_alias else each
        except griffe.AliasResolutionError:
            continue
        if path != module.name:
            yield path
        if held.is_function:
            yield from (
                f"{path}({each.name})" for each in held.parameters if each.name not in {"self", "cls"}
            )
        if held.is_module or held.is_class:
            members = held.members.items()
            waiting += [
                (name if each is module and name.split(".")[0] == path else f"{path}.{name}", value)
                for name, value in members
                if not name.startswith("_") and (held.is_class or not value.is_alias or held.parent is None)
            ]


def _is_machinery(breakage: griffe.Breakage) -> bool:
    """Whether it is about what Python itself asks of a module, such as its `__getattr__`."""
    name, parent = breakage.obj.name, breakage.obj.parent
    return name.startswith("__") and name.endswith("__") and parent is not None and parent.is_module


def _said(breakage: griffe.Breakage, *roots: Path) -> str:
    text = breakage.explain(style=griffe.ExplanationStyle.ONE_LINE)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for root in roots:
        plain = plain.replace(f"{root}/", "")
    return plain


def _settings(root: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        return dict(document["tool"]["api-check"])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise StageError(STAGE, "pyproject.toml", "", f"can't be read: {error}") from error
    except KeyError as error:
        raise StageError(STAGE, "pyproject.toml", "", "there is no [tool.api-check]") from error


def _packages(table: Mapping[str, Any]) -> list[Package]:
    return [
        Package(name, str(body.get("source", ".")), tuple(body.get("modules", ())))
        for name, body in table.get("packages", {}).items()
    ]


def _version(path: Path, where: str) -> Version:
    try:
        match = _VERSION.search(path.read_text("utf-8"))
        return Version(match[1] if match else "")
    except (OSError, InvalidVersion) as error:
        hint = 'It says: __version__ = "X.Y.Z"'
        raise StageError(STAGE, where, "", "no version can be read from it", hint) from error


def _newest(path: Path) -> tuple[str, set[str]]:
    """The version and the parts of the newest section of a changelog."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise StageError(STAGE, path.name, "", f"can't be read: {error.strerror}") from error
    sections = list(_SECTION.finditer(text))
    if not sections:
        hint = "Its newest section opens with `## [Unreleased]: X.Y.Z`."
        raise StageError(STAGE, path.name, "", "it has no section", hint)
    first = sections[0]
    end = sections[1].start() if len(sections) > 1 else len(text)
    version = (first[2] or "") if first[1] == "Unreleased" else first[1]
    return version.rstrip("."), set(_PART.findall(text[first.end() : end]))


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # no shell, our own words
    except FileNotFoundError as error:
        raise StageError(STAGE, "git", "", "git is not installed") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise StageError(
            STAGE, "git", "", said or f"git {arguments[0]} failed", "Run it in a clone of the repository."
        )
    return done.stdout
