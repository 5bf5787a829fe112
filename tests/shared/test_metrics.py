"""Metrics: states are read when asked for, remembered for a moment, and one broken gauge hides no other."""

from prometheus_client import generate_latest

from shared.metrics import Metrics


async def test_a_state_is_read_at_the_scrape_and_remembered() -> None:
    """A scraper in a hurry does not become load on the database."""
    metrics, reads = Metrics("feedback"), 0

    async def open_duties() -> float:
        nonlocal reads
        reads += 1
        return 7

    metrics.at_scrape("feedback_open_duties", "Open duties.", open_duties, ttl=60)

    first, second = await metrics.expose(), await metrics.expose()

    assert b"feedback_open_duties 7.0" in first
    assert b"feedback_open_duties 7.0" in second
    assert reads == 1


async def test_a_labelled_state_forgets_labels_that_are_gone() -> None:
    """What is no longer counted is no longer shown."""
    metrics = Metrics("notify")
    counts: list[dict[tuple[str, ...], float]] = [{("email",): 2.0, ("inbox",): 1.0}, {("inbox",): 3.0}]

    async def waiting() -> dict[tuple[str, ...], float]:
        return counts.pop(0)

    metrics.at_scrape("notify_waiting", "Messages waiting.", waiting, labels=("channel",), ttl=-1)

    assert b'notify_waiting{channel="email"} 2.0' in await metrics.expose()
    second = await metrics.expose()
    assert b"email" not in second
    assert b'notify_waiting{channel="inbox"} 3.0' in second


async def test_a_state_that_cannot_be_read_is_counted_and_hides_nothing() -> None:
    """The rest of the page stands, and the failure itself is a number to alert on."""
    metrics = Metrics("visits")
    landed = metrics.counter("visits_accepted_total", "Visits accepted.")

    async def broken() -> float:
        raise ConnectionRefusedError(111, "refused")

    metrics.at_scrape("visits_queue", "Queue.", broken)
    assert b'metrics_read_failures_total{gauge="visits_queue"} 0.0' in generate_latest(metrics.registry)
    landed.inc()

    page = await metrics.expose()

    assert b"visits_accepted_total 1.0" in page
    assert b'metrics_read_failures_total{gauge="visits_queue"} 1.0' in page


async def test_each_service_has_a_registry_of_its_own() -> None:
    """Three services in one process do not mix."""
    first, second = Metrics("visits"), Metrics("feedback")
    first.counter("landed_total", "Landed.").inc()

    assert b"landed_total" not in await second.expose()
