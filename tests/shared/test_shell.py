"""The pages as an app: one version for all files, one classic script of the worker's modules."""

import json
import re
from pathlib import Path

import pytest

from shared.pages import SHARED
from shared.shell import version_of, worker_script

WEB = Path(__file__).parents[2] / "services" / "visits" / "web"


def test_every_byte_of_every_file_makes_another_version() -> None:
    """A phone that keeps one version never mixes it with another."""
    files = {"page.js": b"1", "page.css": b"2"}

    versions = {
        version_of(each)
        for each in (
            files,
            files | {"page.js": b"12"},
            {"page.js": b"2", "page.css": b"1"},
            {"page.jsp": b"1", "age.css": b"2"},
            files | {"more.js": b""},
        )
    }

    assert len(versions) == 5
    assert version_of(dict(reversed(files.items()))) == version_of(files)


def test_modules_become_one_script_in_the_order_of_their_imports() -> None:
    """Each is run once, before whoever imports it, and sees only what it imported."""
    sources = {
        "worker.js": 'import { both as two } from "./b.js";\nimport first from "./lib/a.js";\nconsole.log(first, two());\n',
        "b.js": 'import a from "./lib/a.js";\nconst hidden = 1;\nexport function both() {\n  return a + hidden;\n}\n',
        "lib/a.js": "export default 40;\n",
    }

    script = worker_script(sources, "worker.js", keeps={"version": "v"})

    assert script.index("40") < script.index("hidden = 1") < script.index("console.log")
    assert script.count("byDefault = 40") == 1
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert 'const SHELL = {"version": "v"};' in script


@pytest.mark.parametrize(
    "line",
    ['import * as all from "./b.js";', 'export * from "./b.js";', "export { both };", 'import "./b.js";'],
)
def test_a_form_of_import_nobody_planned_ends_the_start(line: str) -> None:
    """Better no service than a phone whose worker does not start."""
    with pytest.raises(ValueError, match=r"worker\.js, line 1"):
        worker_script({"worker.js": f"{line}\n", "b.js": ""}, "worker.js", keeps={})


def test_the_worker_of_the_phone_is_a_script_that_parses() -> None:
    """The real one, of the real modules; that it works is seen in Chromium (tests/web/phone)."""
    folders = (("", WEB), ("shared/", SHARED))
    sources = {
        f"{prefix}{path.relative_to(folder).as_posix()}": path.read_text("utf-8")
        for prefix, folder in folders
        for path in folder.rglob("*.js")
    }

    script = worker_script(sources, "sw.js", keeps={"version": "v", "page": "/visits/", "files": []})

    assert "document." not in script
    assert json.dumps("field-visits") in script
