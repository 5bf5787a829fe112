"""A made-up register of the ward of Từ Sơn in 2026, the one that `make run` shows to a newcomer."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def demo_register() -> Traversable:
    """The folder with the register's four files."""
    return files(__name__)
