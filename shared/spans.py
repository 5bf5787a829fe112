"""The spans themselves, by OpenTelemetry's SDK. Imported only when tracing is on, asked only for what is sampled.

FastAPI's own spans are not used: they tell the whole address of every request, sign-in links included.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, set_span_in_context
from opentelemetry.trace.status import StatusCode
from opentelemetry.util.types import Attributes

EXPORT_WITHIN = 3.0
"""Seconds a batch of spans may take to the collector before it is dropped: stopping waits for the last."""
_NO_PARENT = Context()


def otlp() -> SpanProcessor:
    """Sends spans by OTLP over HTTP, from a thread of its own, to where OpenTelemetry's variables say."""
    return BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_WITHIN))


class Spans:
    """Makes one service's spans."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # the dice were thrown before: asking the SDK costs more than all the rest
            resource=Resource.create({"service.namespace": "field-visits", "service.name": service}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("field-visits")

    def close(self) -> None:
        self._provider.shutdown()

    def request(self, given: str | None) -> tuple[Span, str]:
        """The span of a request, and its context for what comes of it."""
        span = self._tracer.start_span("HTTP", _below(given), SpanKind.SERVER)
        return span, _traceparent(span)

    def answered(self, span: Span, method: str, route: str, status: int) -> None:
        span.update_name(f"{method} {route}")
        span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    @contextmanager
    def batch(
        self, given: Sequence[tuple[str, str, str]], consumer: str, *, size: int
    ) -> Iterator[dict[str, str]]:
        """A span for each (subject, key, context) while the block runs; the spans' contexts by key."""
        spans: list[Span] = []
        contexts: dict[str, str] = {}
        for subject, key, traceparent in given:
            attributes: Attributes = {
                "messaging.system": "nats",
                "messaging.operation.type": "process",
                "messaging.destination.name": subject,
                "messaging.consumer.group.name": consumer,
                "messaging.batch.message_count": size,
            }
            span = self._tracer.start_span(
                f"process {subject}", _below(traceparent), SpanKind.CONSUMER, attributes
            )
            spans.append(span)
            contexts[key] = _traceparent(span)
        try:
            yield contexts
        except BaseException as error:
            for span in spans:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(StatusCode.ERROR)
            raise
        finally:
            for span in spans:
                span.end()


def _below(traceparent: str | None) -> Context:
    if traceparent is None:
        return _NO_PARENT
    _, trace_id, span_id, flags = traceparent.split("-")
    parent = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return set_span_in_context(NonRecordingSpan(parent), _NO_PARENT)


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
