"""One way to make a service's HTTP application, so that no service can forget a guard, a header or a handler."""

from collections.abc import Iterator

from fastapi import Depends, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Lifespan

from shared.access import PrincipalSource, public
from shared.errors import DomainError
from shared.http.documents import document
from shared.http.edge import Edge, Route
from shared.http.problems import domain_error, http_error, validation_error
from shared.http.quotas import Quotas
from shared.metrics import Metrics
from shared.tracing import Tracing

ONE_PACKET = 1_400
"""An answer that fits into one, in bytes, gains nothing by being made smaller."""


def create_api(
    service: str,
    *,
    title: str,
    version: str,
    metrics: Metrics,
    public_url: str,
    tracing: Tracing | None = None,
    sessions: PrincipalSource | None = None,
    quotas: Quotas | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The application of one service: documents, metrics, problems and the edge in place; routes are added to it."""
    app = FastAPI(
        title=title,
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # The edge makes spans of its own: FastAPI's tell addresses, its logs what was sent.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={
            DomainError: domain_error,
            HTTPException: http_error,
            RequestValidationError: validation_error,
        },
    )
    app.state.sessions = sessions
    app.state.quotas = quotas or Quotas()
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's documented way
    app.add_middleware(GZipMiddleware, minimum_size=ONE_PACKET, compresslevel=6)
    app.add_middleware(
        Edge,
        metrics=metrics,
        tracing=tracing or Tracing(),
        public_url=public_url,
        routes=lambda: _routes(app),
    )
    _add_documents(app, service, metrics)
    return app


def _add_documents(app: FastAPI, service: str, metrics: Metrics) -> None:
    @app.get(f"/{service}/api/openapi.json", dependencies=[Depends(public)], include_in_schema=False)
    async def openapi() -> Response:
        return JSONResponse(app.openapi())

    @app.get(f"/{service}/metrics", dependencies=[Depends(public)], include_in_schema=False)
    async def expose() -> Response:
        return Response(await metrics.expose(), media_type=metrics.content_type)


def _routes(app: FastAPI) -> Iterator[Route]:
    for context in iter_route_contexts(app.routes):
        if context.endpoint is not None and context.path_format is not None:
            yield context.endpoint, context.path_format, context.methods or ()
