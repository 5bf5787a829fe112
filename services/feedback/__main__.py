"""`python -m services.feedback serve|migrate`: this service alone, with the settings `FEEDBACK_…`."""

from services.feedback.app import MIGRATIONS, build
from services.feedback.settings import FeedbackSettings
from shared.serve import main

if __name__ == "__main__":
    main("feedback", FeedbackSettings, build, MIGRATIONS)
