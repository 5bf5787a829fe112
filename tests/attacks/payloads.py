"""Texts that a careless page would run, and every place of the system that takes a text.

Each stands on a single line and is short enough for the narrowest field; each calls `alert` where it runs.
"""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.http import Text

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</title><script>alert(3)</script>",
    "</textarea><script>alert(4)</script>",
    "</style><script>alert(5)</script>",
    "<ScRiPt>alert(6)</sCrIpT>",
    "<scr<script>ipt>alert(7)</scr</script>ipt>",
    "<script src=data:text/javascript,alert(8)></script>",
    "<script type=module>alert(9)</script>",
    "<img src=x onerror=alert(10)>",
    '"><img src=x onerror=alert(11)>',
    "'><img src=x onerror=alert(12)>",
    "`><img src=x onerror=alert(13)>",
    "<img src=x onerror=&#97;lert(14)>",
    "<img/src=x/onerror=alert(15)>",
    "<svg onload=alert(16)>",
    "<svg><script>alert(17)</script></svg>",
    "<svg><animate onbegin=alert(18) attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,%3Csvg/onload=alert(19)%3E>",
    "<math><mtext><img src=x onerror=alert(20)>",
    "<body onload=alert(21)>",
    "<iframe src=javascript:alert(22)></iframe>",
    '<iframe srcdoc="<script>alert(23)</script>"></iframe>',
    "<object data=javascript:alert(24)>",
    "<embed src=data:text/html,<script>alert(25)</script>>",
    "<a href=javascript:alert(26) autofocus onfocus=alert(26)>đọc</a>",
    "<details open ontoggle=alert(27)>",
    "<input autofocus onfocus=alert(28)>",
    "<video><source onerror=alert(29)>",
    "<marquee onstart=alert(30)>",
    "<form action=javascript:alert(31)><button autofocus onfocus=alert(31)>",
    "<meta http-equiv=refresh content=0;url=javascript:alert(32)>",
    "<link rel=stylesheet href=data:,*{x:expression(alert(33))}>",
    "<base href=https://evil.example/>",
    "<template><script>alert(35)</script></template>",
    "javascript:alert(36)",
    '" onmouseover="alert(37)" autofocus onfocus="alert(37)',
    "${alert(38)} {{constructor.constructor('alert(38)')()}}",
    "'-alert(39)-' ;alert(39)//",
    "&lt;script&gt;alert(40)&lt;/script&gt; &amp; &#x3C;img src=x onerror=alert(40)&#x3E;",
)


def bundles(limit: int) -> list[str]:
    """The same, several in one text of at most so many characters: for fields that appear in few places."""
    packed = [""]
    for payload in PAYLOADS:
        joined = f"{packed[-1]} {payload}".strip()
        if len(joined) <= limit:
            packed[-1] = joined
        else:
            packed.append(payload)
    return packed


def payloads_in(text: str) -> set[str]:
    return {payload for payload in PAYLOADS if payload in text}


def text_fields(model: type[BaseModel], at: str = "") -> Iterator[str]:
    """Every field of a model, and of the models inside it, that takes free text: `VisitIn.issues.title`."""
    for name, field in model.model_fields.items():
        said_by = next(each for each in model.__mro__ if name in each.__annotations__)
        yield from _texts_in(field.annotation, field.metadata, f"{at or said_by.__name__}.{name}")


def _texts_in(annotation: Any, metadata: list[Any], at: str) -> Iterator[str]:
    if any(isinstance(each, Text) for each in metadata):
        yield at
    if get_origin(annotation) is Annotated:
        inner, *told = get_args(annotation)
        yield from _texts_in(inner, told, at)
    elif get_origin(annotation) in (Union, types.UnionType, tuple, list):
        for inner in get_args(annotation):
            yield from _texts_in(inner, [], at)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from text_fields(annotation, at)


def places_of(body: Any, word: str, at: str) -> Iterator[str]:
    """Where in a body that is sent this text stands, told the same way."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from places_of(value, word, f"{at}.{name}")
    elif isinstance(body, list):
        for value in body:
            yield from places_of(value, word, at)
    elif body == word:
        yield at
