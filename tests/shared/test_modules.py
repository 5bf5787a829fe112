"""A page asks at once for all it cannot start without, and for little: a door comes with its rooms."""

import re

import pytest

from shared.modules import imported, packed, with_preloads

MODULES = {
    "page.js": 'import { a } from "./shared/kit.js";\nimport vi from "./vi.js";\nconst log = () => import("./log.js");\n',
    "vi.js": "export default {};\n",
    "log.js": 'import { a } from "./shared/kit.js";\n',
    "shared/kit.js": 'export * from "./dom.js";\nexport * from "./api.js";\n',
    "shared/dom.js": "export const a = 1;\n",
    "shared/api.js": 'import {\n  a,\n} from "./dom.js";\nimport "../vi.js";\n',
}
PAGE = '<head>\n    <script type="module" src="/visits/web/page.js"></script>\n</head>\n'


def test_everything_imported_is_found_once_and_the_nearest_first() -> None:
    """Through exports, over several lines, without names and upwards; a view that is imported later stays out."""
    assert imported(MODULES, "page.js") == ["shared/kit.js", "vi.js", "shared/dom.js", "shared/api.js"]


def test_the_page_names_its_modules_before_its_script() -> None:
    """One link each, in the page's own folder."""
    lines = with_preloads(PAGE, "/visits/web/", MODULES).splitlines()
    links = [line.strip() for line in lines if "modulepreload" in line]
    assert links[0] == '<link rel="modulepreload" href="/visits/web/shared/kit.js" />'
    assert len(links) == 4
    assert "<script" in lines[5]


def test_the_view_a_page_begins_with_brings_its_own() -> None:
    """It is named in the page by hand, because only its author knows; what it imports is added."""
    link = '<link rel="modulepreload" href="/visits/web/log.js" />'
    modules = {**MODULES, "log.js": 'import { unit } from "./units.js";\n', "units.js": ""}
    page = with_preloads(PAGE.replace("<head>", f"<head>{link}"), "/visits/web/", modules)
    assert page.count(link) == 1
    assert '"/visits/web/units.js"' in page


def test_a_page_without_a_module_stays_as_it_is() -> None:
    """So does one whose script is not among ours."""
    for page in ("<p>Trang</p>", PAGE.replace("/visits/", "/other/")):
        assert with_preloads(page, "/visits/web/", MODULES) == page


ROOMS = {
    "page.js": 'import { a, say } from "./shared/kit.js";\nsay(a);\n',
    "shared/kit.js": 'export * from "./words.js";\nexport { a } from "./dom.js";\n',
    "shared/words.js": 'import vi from "./vi.js";\nimport { a as one } from "./dom.js";\nconst own = 1;\n'
    "await say(vi);\nexport async function say(what) {\n  return [what, one, own];\n}\n",
    "shared/dom.js": "const own = 2;\nexport const a = own;\n",
    "shared/vi.js": 'export default {\n  a: "Xin chào",\n};\n',
}


def test_a_door_is_sent_with_its_rooms() -> None:
    """One module gives what the door gave; private names of two rooms do not meet; who waits is waited for."""
    sent = packed(ROOMS, ["shared/kit.js"])
    assert sent.keys() == {"page.js", "shared/kit.js"}
    assert sent["page.js"] == ROOMS["page.js"]
    piece = sent["shared/kit.js"]
    assert re.search(r"^export const \{ a, say \} = m\d;$", piece, re.MULTILINE)
    assert "const { a: one } = m" in piece
    assert piece.count("await (async () => {") == 1
    assert not re.search(r"^import ", piece, re.MULTILINE)


def test_what_a_room_takes_from_elsewhere_stays_an_import() -> None:
    """Another folder is another door; both rooms that use it get the same one."""
    modules = {
        "phone.js": 'import { b } from "./store.js";\nimport { say } from "./shared/kit.js";\nexport const c = say(b);\n',
        "store.js": 'import { say } from "./shared/kit.js";\nexport const b = say(1);\n',
        "shared/kit.js": "export function say(what) {\n  return what;\n}\n",
    }
    piece = packed(modules, ["phone.js"])["phone.js"]
    assert re.findall(r"^import .*", piece, re.MULTILINE) == ['import * as x0 from "./shared/kit.js";']
    assert piece.count("const { say } = x0;") == 2


def test_a_room_entered_past_its_door_ends_the_start() -> None:
    """It would be another copy with a state of its own; only what runs apart may have that."""
    with pytest.raises(ValueError, match=r"page\.js imports shared/dom\.js past shared/kit\.js"):
        packed({**ROOMS, "page.js": 'import { a } from "./shared/dom.js";\n'}, ["shared/kit.js"])
    worker = {**ROOMS, "sw.js": 'import { a } from "./shared/dom.js";\n'}
    assert "sw.js" in packed(worker, ["shared/kit.js"], apart="sw.js")


def test_an_export_that_cannot_be_packed_ends_the_start() -> None:
    """Better no page at all than one that misses a name."""
    odd = {"shared/kit.js": 'export * from "./dom.js";\n', "shared/dom.js": "const a = 1;\nexport { a };\n"}
    with pytest.raises(ValueError, match=r"shared/dom\.js, line 2"):
        packed(odd, ["shared/kit.js"])
