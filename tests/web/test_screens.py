"""docs/screens.md shows what `make shots` takes, and the pictures stay light."""

from tests.web.shots import IMAGES, SCREENS, SHOTS, screens
from tests.web.views import VIEWS

MOST_BYTES = 4_000_000


def test_every_picture_is_shown_and_every_shown_picture_is_there() -> None:
    """The page is the one that the target would write now, and no picture lies about."""
    assert SCREENS.read_text("utf-8") == screens()
    assert {path.stem for path in IMAGES.glob("*.png")} == {shot.name for shot in SHOTS}


def test_every_view_has_its_picture() -> None:
    """But for what a link says that nobody can use any more."""
    assert VIEWS.keys() - {shot.view for shot in SHOTS} == {"used-link"}


def test_all_pictures_together_are_light() -> None:
    """A clone of the repository does not pay for them."""
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < MOST_BYTES
