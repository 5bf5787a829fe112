"""Every version of every event ever published still parses (I14)."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.contracts import EVENTS

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def test_every_event_version_has_a_golden_sample() -> None:
    """A new event, or a new version of one, comes with what it looks like on the wire."""
    assert {path.stem for path in SAMPLES} == set(EVENTS)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_golden_sample_still_parses_and_says_the_same(path: Path) -> None:
    """What an old producer sent means today what it meant then: no field was lost or renamed."""
    sample = json.loads(path.read_text(encoding="utf-8"))

    event = EVENTS[path.stem].model_validate_json(json.dumps(sample))

    told = event.model_dump(mode="json")
    assert _holds(told, sample)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_field_from_the_future_is_ignored(path: Path) -> None:
    """A newer producer may add fields; an older reader takes what it knows."""
    sample = json.loads(path.read_text(encoding="utf-8"))
    model = EVENTS[path.stem]

    newer = model.model_validate_json(json.dumps({**sample, "a_field_of_next_year": {"x": 1}}))

    assert newer == model.model_validate_json(json.dumps(sample))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_event_without_its_required_fields_is_refused(path: Path) -> None:
    """An empty body is never taken for an event."""
    with pytest.raises(ValidationError):
        EVENTS[path.stem].model_validate_json("{}")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_event_is_frozen(path: Path) -> None:
    """What happened cannot be changed in the hands of a reader."""
    event = EVENTS[path.stem].model_validate_json(path.read_bytes())

    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, next(iter(type(event).model_fields)), None)


def _holds(told: object, sample: object) -> bool:
    """Whether everything in the sample is told, with times compared as instants."""
    if isinstance(sample, dict):
        return isinstance(told, dict) and all(_holds(told.get(key), value) for key, value in sample.items())
    if isinstance(sample, list):
        return isinstance(told, list) and len(told) == len(sample) and all(map(_holds, told, sample))
    return told == sample
