"""Traces: one request in a hundred, followed from the phone's PUT through outbox and stream to its duty.

The context of a trace is the W3C header `traceparent`. It is kept with the outbox row and sent with the
event, but only when the trace is sampled: its first caller decides, everybody after obeys. So a context that
travels is always worth a span, and ninety-nine events in a hundred carry nothing.

Whose context an event carries: that of the request it is published in. A transaction that answers several
requests or events at once has `UnitOfWork.traces`, and an event carries what came for the same key there.

Off, which is the default, OpenTelemetry is not even imported, and a caller's sampled context is passed on
as it came. What must never break: a span tells route and event type, never an address (it may be a one-time
sign-in link), an id of a person, or a text.
"""

import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from shared.settings import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

    from shared.spans import Spans

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
RATIO = "OTEL_TRACES_SAMPLER_ARG"
DEFAULT_RATIO = 0.01

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)


def carried() -> str | None:
    """The sampled trace context of the request we are in."""
    return _carried.get()


class Message(Protocol):
    """What tracing needs of a JetStream message."""

    subject: str
    headers: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class RequestTrace:
    """A request that belongs to a trace, recorded by us or not."""

    trace_id: str
    span: "Span | None"
    token: "Token[str | None]"


class Tracing:
    """The traces of one service; nothing is recorded until `start`."""

    def __init__(self) -> None:
        self._spans: Spans | None = None
        self._ratio = 0.0

    @classmethod
    def from_environment(cls, service: str, environment: Mapping[str, str] = os.environ) -> "Tracing":
        """On when an OTLP endpoint is named, in OpenTelemetry's own variables. Raises SettingsError."""
        tracing = cls()
        if environment.get(ENDPOINT):
            ratio = _ratio(environment.get(RATIO, ""))
            try:
                from shared.spans import otlp
            except ImportError:
                raise SettingsError(
                    f"{ENDPOINT} is set, but OpenTelemetry is not installed: pip install 'field-visits[tracing]'"
                ) from None
            tracing.start(service, otlp(), ratio)
        return tracing

    def start(self, service: str, processor: "SpanProcessor", ratio: float) -> None:
        """Record this share of new traces, and every trace whose caller says so."""
        from shared.spans import Spans

        self._spans, self._ratio = Spans(service, processor), ratio

    def close(self) -> None:
        """Send what is still in hand. It waits for the collector: not for the event loop's thread."""
        if self._spans:
            self._spans.close()

    def begin(self, given: str | None) -> RequestTrace | None:
        """A request comes in with the header `traceparent`, or without; None when it is in no trace."""
        if given and not _readable(given):
            given = None
        sampled = _sampled(given) if given else random.random() < self._ratio  # noqa: S311  # not a secret
        if sampled and self._spans:
            span, carries = self._spans.request(given)
            return RequestTrace(_trace_id(carries), span, _carried.set(carries))
        if given:
            return RequestTrace(_trace_id(given), None, _carried.set(given if sampled else None))
        return None

    def end(self, trace: RequestTrace, method: str, route: str, status: int) -> None:
        """The request is answered."""
        _carried.reset(trace.token)
        if self._spans and trace.span:
            self._spans.answered(trace.span, method, route, status)

    @contextmanager
    def batch(self, messages: Sequence[Message], consumer: str) -> Iterator[dict[str, str]]:
        """A batch is applied: a span for each sampled message, and the contexts by the key they came for."""
        traced = [message for message in messages if message.headers and "traceparent" in message.headers]
        sampled = [message for message in traced if _readable(_given(message)) and _sampled(_given(message))]
        if not sampled:
            yield {}
        elif self._spans is None:
            yield {_key(message): _given(message) for message in sampled}
        else:
            alone = {"trace_id": _trace_id(_given(sampled[0]))} if len(sampled) == 1 else {}
            given = [(message.subject, _key(message), _given(message)) for message in sampled]
            with (
                structlog.contextvars.bound_contextvars(**alone),
                self._spans.batch(given, consumer, size=len(messages)) as contexts,
            ):
                yield contexts


def _ratio(text: str) -> float:
    try:
        ratio = float(text or DEFAULT_RATIO)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise SettingsError(f"{RATIO}: must be a share between 0 and 1, such as {DEFAULT_RATIO}")
    return ratio


def _readable(traceparent: str) -> bool:
    return _TRACEPARENT.fullmatch(traceparent) is not None


def _given(message: Message) -> str:
    return message.headers.get("traceparent", "") if message.headers else ""


def _key(message: Message) -> str:
    return message.headers.get("ce-subject", "") if message.headers else ""


def _sampled(traceparent: str) -> bool:
    return bool(int(traceparent[-2:], 16) & 1)


def _trace_id(traceparent: str) -> str:
    return traceparent[3:35]
