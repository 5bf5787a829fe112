"""`python -m services.notify serve|migrate`: this service alone, with the settings `NOTIFY_…`."""

from services.notify.app import MIGRATIONS, build
from services.notify.settings import NotifySettings
from shared.serve import main

if __name__ == "__main__":
    main("notify", NotifySettings, build, MIGRATIONS)
