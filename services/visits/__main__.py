"""`python -m services.visits serve|migrate`: this service alone, with the settings `VISITS_…`."""

from services.visits.app import MIGRATIONS, build
from services.visits.settings import VisitsSettings
from shared.serve import main

if __name__ == "__main__":
    main("visits", VisitsSettings, build, MIGRATIONS)
