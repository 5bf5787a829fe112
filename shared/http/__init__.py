"""The HTTP edge of every service: strict bodies in, problem+json out, guarded on the way.

    app = create_api("visits", title=…, version=…, metrics=…, public_url=…, sessions=…)
    router = APIRouter(prefix="/visits/api")

    @router.put("/visits/{visit_id}")
    async def put_visit(
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        visit_id: UUID,
        visit: Annotated[VisitIn, Depends(json_body(VisitIn))],
    ) -> Receipt: ...

The rule stands first, so that a body is read only for somebody who may send it.
"""

from shared.http.api import create_api
from shared.http.bodies import BODY_LIMIT, json_body, parse_json, raw_body, read_json
from shared.http.inputs import Day, Id, Input, Instant, Line, Text, broken_rule
from shared.http.problems import problem_response

__all__ = [
    "BODY_LIMIT",
    "Day",
    "Id",
    "Input",
    "Instant",
    "Line",
    "Text",
    "broken_rule",
    "create_api",
    "json_body",
    "parse_json",
    "problem_response",
    "raw_body",
    "read_json",
]
