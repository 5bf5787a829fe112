"""The modules of a page, sent so that a slow line asks little and asks at once.

Where each question takes half a second whatever its answer weighs, a module that is found in a module that is
found in a module costs a person's patience. So the page names in its head all that its script will import, and
a door is sent in one piece with its rooms: the modules beside it that nobody enters but through it. The files
stay as they are written, tested and read; only plain imports and exports are known, and anything else ends the
start of the service, not a page in a village.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_IMPORT: Final = re.compile(r'^import (?:(\{[^}]*\})|(\w+)) from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_PASSED_ON: Final = re.compile(r'^export (?:(\*)|\{ ([\w, ]+) \}) from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_ASKED: Final = re.compile(r'^(?:import|export) (?:[^"();]*? from )?"(\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_NAME: Final = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
_DEFAULT: Final = re.compile(r"^export default ", re.MULTILINE)
_WAITS: Final = re.compile(r"^(?:(?:const|let) [^=\n]+ = )?await ", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b", re.MULTILINE)
_SCRIPT: Final = re.compile(r'^( *)<script type="module" src="([^"]+)"', re.MULTILINE)
_LINK: Final = re.compile(r'<link rel="modulepreload" href="([^"]+)"')


def with_preloads(page: str, folder: str, modules: Mapping[str, str]) -> str:
    """The page with a link before its script for every module that this script cannot start without.

    `modules` are sources by their names under the address `folder`. What a view imports later stays out, unless the
    page itself names that view as one it most often begins with: then it brings its own.
    """
    script = _SCRIPT.search(page)
    if script is None or not script[2].startswith(folder):
        return page
    named = [link.removeprefix(folder) for link in _LINK.findall(page)]
    needed = [name for name in imported(modules, script[2].removeprefix(folder), *named) if name not in named]
    links = "".join(f'{script[1]}<link rel="modulepreload" href="{folder}{name}" />\n' for name in needed)
    return page[: script.start()] + links + page[script.start() :]


def imported(modules: Mapping[str, str], *names: str) -> list[str]:
    """What these modules import, and what that imports, each once and the nearest first."""
    found = list(names)
    for each in found:
        found.extend(other for other in _imports(modules, each) if other not in found)
    return found[len(names) :]


def packed(modules: Mapping[str, str], doors: Sequence[str], *, apart: str = "") -> dict[str, str]:
    """The modules with each of `doors` and its rooms in one. `apart`: what runs by itself and shares nothing.

    Raises ValueError when a module enters a room past its door: it would meet another copy of it.
    """
    sent = dict(modules)
    for door in (door for door in doors if door in modules):
        rooms = _rooms(modules, door) - set(doors)
        for outsider in modules.keys() - {door, apart, *rooms}:
            if entered := rooms & set(_imports(modules, outsider)):
                raise ValueError(f"{outsider} imports {', '.join(sorted(entered))} past {door}")
        sent[door] = _Piece(modules, door, rooms).text()
        for room in rooms:
            del sent[room]
    return sent


def _rooms(modules: Mapping[str, str], door: str) -> set[str]:
    """What a door imports from its own folder, directly or not."""
    found = [door]
    for each in found:
        found.extend(
            other for other in _imports(modules, each) if other not in found and _beside(other, door)
        )
    return set(found[1:])


class _Piece:
    """A door and its rooms: each a function that is run once, in the order of the imports."""

    def __init__(self, modules: Mapping[str, str], door: str, rooms: set[str]) -> None:
        self._modules = modules
        self._door = door
        self._own = list(_in_order(modules, door, rooms | {door}))
        self._outside: dict[str, str] = {}

    def text(self) -> str:
        parts = [self._run_once(name) for name in self._own]
        imports = [f'import * as {space} from "{path}";' for path, space in self._outside.items()]
        names = ", ".join(sorted(self._names(self._door)))
        return "\n".join([*imports, *parts, f"export const {{ {names} }} = {self._space(self._door)};\n"])

    def _run_once(self, name: str) -> str:
        source = self._modules[name]
        passed_on = [self._passed_on(name, found) for found in _PASSED_ON.finditer(source)]
        own = _NAME.findall(source) + (["default: byDefault"] if _DEFAULT.search(source) else [])
        body = _PASSED_ON.sub("", _IMPORT.sub(lambda found: self._taken(name, found), source))
        body = _DEFAULT.sub("const byDefault = ", _EXPORT.sub("", body))
        if left := _LEFT.search(body):
            line = body.count("\n", 0, left.start()) + 1
            raise ValueError(f"{name}, line {line}: an import or export that cannot be packed")
        waits = _WAITS.search(body)
        begin, end = ("await (async () => {", "})();") if waits else ("(() => {", "})();")
        return (
            f"const {self._space(name)} = {begin}\n{body}return {{ {', '.join([*passed_on, *own])} }};\n{end}"
        )

    def _taken(self, importer: str, found: re.Match[str]) -> str:
        names, default, path = found.groups()
        space = self._space(_target(importer, path))
        if default:
            return f"const {default} = {space}.default;\n"
        return f"const {names.replace(' as ', ': ')} = {space};\n"

    def _passed_on(self, importer: str, found: re.Match[str]) -> str:
        everything, names, path = found.groups()
        target = _target(importer, path)
        passed = sorted(self._names(target)) if everything else names.split(", ")
        return ", ".join(f"{name}: {self._space(target)}.{name}" for name in passed)

    def _names(self, name: str) -> set[str]:
        """What a module of this piece gives to others, its default aside."""
        found = set(_NAME.findall(self._modules[name]))
        for everything, names, path in _PASSED_ON.findall(self._modules[name]):
            found |= self._names(_target(name, path)) if everything else set(names.split(", "))
        return found

    def _space(self, name: str) -> str:
        """The word by which a module is known within this piece."""
        if name in self._own:
            return f"m{self._own.index(name)}"
        path = posixpath.relpath(name, posixpath.dirname(self._door) or ".")
        return self._outside.setdefault(
            path if path.startswith(".") else f"./{path}", f"x{len(self._outside)}"
        )


def _in_order(
    modules: Mapping[str, str], name: str, within: set[str], seen: set[str] | None = None
) -> Iterator[str]:
    """What `name` imports, and what that imports, before `name` itself; each once."""
    seen = set() if seen is None else seen
    if name in seen or name not in within:
        return
    seen.add(name)
    for other in _imports(modules, name):
        yield from _in_order(modules, other, within, seen)
    yield name


def _imports(modules: Mapping[str, str], name: str) -> Iterator[str]:
    targets = (_target(name, path) for path in _ASKED.findall(modules[name]))
    return (target for target in dict.fromkeys(targets) if target in modules)


def _target(importer: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def _beside(one: str, other: str) -> bool:
    return posixpath.dirname(one) == posixpath.dirname(other)
