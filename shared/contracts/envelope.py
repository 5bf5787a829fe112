"""The envelope of every message: CloudEvents 1.0 attributes in NATS headers (binary mode).

`ce-sequence` is the producer's gap-free number: receipts are proofs because no number is missing.
`Nats-Msg-Id` equals `ce-id`; it protects retries only, the inbox protects for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

Producer = Literal["visits", "feedback", "notify"]


MAX_SEQUENCE = (1 << 63) - 1
"""What PostgreSQL's bigint can hold."""

ERASED_BODY = b'{"erased":true}'
"""The body of an event whose content was erased at its origin: only its number is left to take in."""


class Snapshot(BaseModel):
    """A part of an event. Unknown fields are ignored: they come from a newer producer."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Event(Snapshot):
    """Something that happened, named in the past tense. `subject` is NATS subject and CloudEvents type."""

    subject: ClassVar[str]


class EnvelopeError(ValueError):
    """The headers of a message do not form a readable envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What travels beside an event. `seq` counts from 1 without gaps per producer."""

    event_id: UUID
    producer: str
    subject: str
    key: str
    seq: int
    occurred_at: datetime
    traceparent: str | None = None

    def headers(self) -> dict[str, str]:
        """The NATS headers of this envelope."""
        headers = {
            "Nats-Msg-Id": str(self.event_id),
            "ce-specversion": "1.0",
            "ce-id": str(self.event_id),
            "ce-source": f"/field-visits/{self.producer}",
            "ce-type": self.subject,
            "ce-subject": self.key,
            "ce-time": self.occurred_at.isoformat(),
            "ce-sequence": str(self.seq),
            "content-type": "application/json",
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers

    @staticmethod
    def read(headers: dict[str, str] | None) -> "Envelope":
        """The envelope of received headers. Raises EnvelopeError naming the header that is wrong."""
        if not headers:
            raise EnvelopeError("the message has no headers")
        try:
            source = headers["ce-source"]
            if headers["ce-specversion"] != "1.0":
                raise EnvelopeError("header ce-specversion is not 1.0")
            if not source.startswith("/field-visits/"):
                raise EnvelopeError("header ce-source names no producer of this system")
            seq = int(headers["ce-sequence"])
            if not 1 <= seq <= MAX_SEQUENCE:
                raise EnvelopeError("header ce-sequence is out of range")
            occurred_at = datetime.fromisoformat(headers["ce-time"])
            if occurred_at.tzinfo is None:
                raise EnvelopeError("header ce-time has no time zone")
            return Envelope(
                event_id=UUID(headers["ce-id"]),
                producer=source.removeprefix("/field-visits/"),
                subject=headers["ce-type"],
                key=headers["ce-subject"],
                seq=seq,
                occurred_at=occurred_at,
                traceparent=headers.get("traceparent"),
            )
        except KeyError as missing:
            raise EnvelopeError(f"header {missing.args[0]} is missing") from None
        except EnvelopeError:
            raise
        except (ValueError, OverflowError):
            # Without the value: this sentence is logged, and who knows what was put there.
            raise EnvelopeError("ce-id, ce-time or ce-sequence cannot be read") from None


class Receipt(Snapshot):
    """How far a consumer has gone through a producer's sequence; cumulative, so losing one is harmless.

    `through`: every number up to and including it has been recorded. `highest`: the highest number seen.
    `missing`: closed ranges between the two. `drained`: nothing is waiting or unacknowledged in the
    consumer's stream, so what is missing will not come by itself.
    """

    consumer: Producer
    producer: Producer
    through: int
    highest: int
    missing: tuple[tuple[int, int], ...] = ()
    drained: bool
    at: AwareDatetime
