"""The only words the services share: frozen, versioned events and the vocabularies in them.

Every event is a state-carrying snapshot with a version, so that duplicates, delays and any order
lead to the same end: a reader applies what is newer and drops the rest.
Inside a version a model only ever gains optional fields; readers ignore what they do not know.
"""

from shared.contracts.envelope import Event
from shared.contracts.feedback import FEEDBACK_EVENTS
from shared.contracts.notify import NOTIFY_EVENTS
from shared.contracts.visits import VISITS_EVENTS

EVENTS: dict[str, type[Event]] = {
    event.subject: event for event in (*VISITS_EVENTS, *FEEDBACK_EVENTS, *NOTIFY_EVENTS)
}

__all__ = ["EVENTS", "Event"]
