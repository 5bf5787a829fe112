"""notify owns who is told: ladders, the message ledger, contact channels and each person's inbox.

Consumes `feedback.duty.*` (what is owed, by when, and that it stopped) and the directory and sessions of
`visits`. Publishes `notify.message.changed.v1`, one for each state a message reaches, so that the record of
a duty shows who was told, how, and why not.

A rung is reached when its working day begins; the inbox shows it at once. What rings (phones, e-mail) waits for
the send window and leaves in one letter a day.

What must never break: one rung of the ladder reaches one person once per due date, whatever crashes and
however many replicas run; a duty that stops takes its unsent messages with it in the same transaction; when
in doubt a duplicate is sent rather than nothing, and it is counted; a ladder never changes under an escalation.
"""
