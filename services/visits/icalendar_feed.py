"""Entries as a calendar that telephones subscribe to (RFC 5545): the same entries are always the same bytes.

Whole days carry no zone: they are the same day wherever the telephone is. Due dates are events, not to-dos,
because the calendars of telephones show no to-dos of a subscription (decision 0032).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from services.visits.domain.agenda import Entry

if TYPE_CHECKING:
    from icalendar import Alarm, Event

NAME = "Bám cơ sở"


def write(entries: Iterable[Entry], public_url: str) -> bytes:
    """The whole feed. Slow at the first call, which loads the library: call it in a thread."""
    # Loaded here because it takes half a second, which most processes never need.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Field Visits//Bam co so//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", NAME)
    calendar.add("x-wr-calname", NAME)
    calendar.add("x-wr-timezone", "Asia/Ho_Chi_Minh")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in sorted(entries, key=lambda each: (each.day, each.uid)):
        calendar.add_component(_event(entry, public_url.rstrip("/")))
    return bytes(calendar.to_ical())


def _event(entry: Entry, origin: str) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", entry.summary)
    event.add("status", "TENTATIVE" if entry.tentative else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("url", f"{origin}{entry.path}")
    for reminder in entry.reminders:
        event.add_component(_alarm(entry, reminder))
    return event


def _alarm(entry: Entry, reminder: timedelta) -> "Alarm":
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.summary)
    alarm.add("trigger", reminder)
    return alarm
