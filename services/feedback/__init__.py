"""feedback: what is owed after a visit, by whom, until when, and whether it was done in time.

It owns duties (report, forward, answer, reply to the cell), the policies that set them, the calendar of days
off and its revisions, forwardings to agencies, answers, extensions and the figures.
It takes in visits and the directory from visits, and the fate of messages from notify.
It publishes duties as they open, come due, move and close.

What must never break: a due date starts at the visit's local date and is moved by nothing but an extension
or a calendar revision; being late is computed from facts and now; a duty closes by an act, never by age.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
