"""What the due-date engine refuses, each naming the value that was wrong, in both languages."""

from shared.errors import Invalid


class DeadlineError(Invalid):
    """A due date cannot be told from what was given."""


class BadStartError(DeadlineError):
    """The start is not a date, or an instant without a time zone."""


class BadPolicyError(DeadlineError):
    """The policy is not a number of days that a person could be held to."""


class BadCalendarError(DeadlineError):
    """The table of days off contradicts itself."""


class OutOfRangeError(DeadlineError):
    """The reckoning leaves the years that the calendar spans."""
