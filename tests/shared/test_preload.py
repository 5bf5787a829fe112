"""A page asks at once for all it cannot start without, and for nothing it may never need."""

from shared.preload import imported, with_preloads

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


def test_a_page_without_a_module_stays_as_it_is() -> None:
    """So does one whose script is not among ours."""
    for page in ("<p>Trang</p>", PAGE.replace("/visits/", "/other/")):
        assert with_preloads(page, "/visits/web/", MODULES) == page
