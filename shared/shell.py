"""What makes pages an app: the version of all their files together, and the worker that keeps them for later.

The worker is written as a module like every other and imports what it shares with the page. Not every browser
takes a module for a worker, so it is served as one classic script: each module it imports, directly or not,
becomes a function that is run once, in the order of the imports. Only the plain forms of import and export that
our modules use are known; anything else ends the start of the service, not a phone in a village.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

VERSION_MODULE: Final = "shared/version.js"

_IMPORT = re.compile(r'^import (?:(\{[^}]*\})|(\w+)) from "(\./[^"]+|\.\./[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (?=[^\n]*;\n)", re.MULTILINE)
_NAME = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b", re.MULTILINE)


def version_of(contents: Mapping[str, bytes]) -> str:
    """One word for exactly these files with exactly these contents."""
    whole = hashlib.sha256()
    for name, content in sorted(contents.items()):
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:16]


def version_module(version: str) -> bytes:
    return f"// Made by the server: the version of these files together.\nexport default {json.dumps(version)};\n".encode()


def worker_script(sources: Mapping[str, str], entry: str, *, keeps: Mapping[str, object]) -> str:
    """The module `entry` and all it imports as one classic script, which knows what it `keeps`: the shell.

    Raises ValueError for a module that says something else than plain imports and exports.
    """
    modules = {name: f"m{place}" for place, name in enumerate(_in_order(sources, entry))}
    parts = [f"const SHELL = {json.dumps(keeps)};"]
    parts += [_run_once(name, sources[name], modules) for name in modules]
    return "\n".join(["'use strict';", *parts]) + "\n"


def _in_order(sources: Mapping[str, str], name: str, seen: set[str] | None = None) -> Iterator[str]:
    """What `name` imports, and what that imports, before `name` itself; each once."""
    seen = set() if seen is None else seen
    if name in seen:
        return
    seen.add(name)
    for found in _IMPORT.finditer(sources[name]):
        yield from _in_order(sources, _target(name, found[3]), seen)
    yield name


def _target(importer: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def _run_once(name: str, source: str, modules: Mapping[str, str]) -> str:
    def imported(found: re.Match[str]) -> str:
        module = modules[_target(name, found[3])]
        if found[2]:
            return f"const {found[2]} = {module}.default;\n"
        return f"const {found[1].replace(' as ', ': ')} = {module};\n"

    exports = _NAME.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(imported, source))
    if _DEFAULT.search(body):
        body = _DEFAULT.sub("const byDefault = ", body)
        exports = [*exports, "default: byDefault"]
    if left := _LEFT.search(body):
        line = body.count("\n", 0, left.start()) + 1
        raise ValueError(f"{name}, line {line}: the worker cannot be made from this import or export")
    return f"const {modules[name]} = (() => {{\n{body}return {{ {', '.join(exports)} }};\n}})();"
