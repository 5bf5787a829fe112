"""Settings of feedback: what every service needs; rules and deadlines are dated data, not settings."""

from shared.settings import ServiceSettings


class FeedbackSettings(ServiceSettings):
    """Read from `FEEDBACK_…`."""
