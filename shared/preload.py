"""What a page will need is asked for at once, not one import after another.

On a line where each question takes half a second, a module that is found in a module that is found in a module
costs the patience of a person. The server knows all of them and names them in the head of the page.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

_IMPORT = re.compile(r'^(?:import|export) (?:[^"();]*? from )?"(\.{1,2}/[^"]+)";$', re.MULTILINE)
_SCRIPT = re.compile(r'^( *)<script type="module" src="([^"]+)"', re.MULTILINE)


def with_preloads(page: str, folder: str, modules: Mapping[str, str]) -> str:
    """The page with a link before its script for every module that this script cannot start without.

    `modules` are sources by their names under the address `folder`; what a view imports later stays out.
    """
    script = _SCRIPT.search(page)
    if script is None or not script[2].startswith(folder):
        return page
    needed = imported(modules, script[2].removeprefix(folder))
    links = "".join(f'{script[1]}<link rel="modulepreload" href="{folder}{name}" />\n' for name in needed)
    return page[: script.start()] + links + page[script.start() :]


def imported(modules: Mapping[str, str], name: str) -> list[str]:
    """What a module imports, and what that imports, each once and the nearest first."""
    found = [name]
    for each in found:
        found.extend(other for other in _imports(modules, each) if other not in found)
    return found[1:]


def _imports(modules: Mapping[str, str], name: str) -> Iterator[str]:
    seen = set()
    for path in _IMPORT.findall(modules[name]):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        if target in modules and target not in seen:
            seen.add(target)
            yield target
