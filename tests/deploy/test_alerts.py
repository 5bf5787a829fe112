"""Alerts speak of metrics that exist, in words a person on duty can act on."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.installation import unconnected
from tests.support.deployment import DEPLOY, ROOT, compose, load

PROMETHEUS = DEPLOY / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for file in RULE_FILES for group in load(file)["groups"] for rule in group["rules"]
}

# Made by Prometheus itself and by the node exporter of the Compose file.
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
WORDS = {
    *("and", "or", "on", "by", "unless", "absent", "label_replace", "month"),
    *("sum", "max", "min", "rate", "increase", "min_over_time"),
}


def names_in(expression: str) -> set[str]:
    """The metrics a PromQL expression reads."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)|\bon \([^)]*\)', " ", expression)
    return set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - WORDS


def exposed() -> set[str]:
    """Every name the three services expose, as Prometheus stores it."""
    names = set(FOREIGN)
    for service in unconnected():
        service.app.build_middleware_stack()  # the edge makes its own instruments
        for family in service.metrics.registry.collect():
            endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(
                family.type, ("",)
            )
            names |= {family.name + ending for ending in endings}
    return names


def test_every_metric_of_an_alert_exists() -> None:
    """A renamed metric would make its alert silent for ever; here it makes a test fail."""
    known = exposed()

    unknown = {name: sorted(names_in(rule["expr"]) - known) for name, rule in ALERTS.items()}

    assert {name: missing for name, missing in unknown.items() if missing} == {}


def anchors(page: Path) -> set[str]:
    """What a link may name: headings as GitHub turns them into anchors."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_alert_leads_to_its_place_in_the_runbook() -> None:
    """Whoever is woken reads what it means and what to do, one click away."""
    for name, rule in ALERTS.items():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert page == "docs/operations.md"
        assert anchor in anchors(ROOT / page), name


def test_every_alert_is_told_in_vietnamese_and_described_in_english() -> None:
    """The summary is what a screen in the office shows."""
    for name, rule in ALERTS.items():
        assert not rule["annotations"]["summary"].isascii(), name
        assert rule["annotations"]["description"].endswith("."), name
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_names_of_alerts_are_unique() -> None:
    """An alert that is defined twice would be one in the test above."""
    defined = sum(len(group["rules"]) for file in RULE_FILES for group in load(file)["groups"])

    assert len(ALERTS) == defined


def test_every_alert_has_a_rule_test_in_which_it_fires() -> None:
    """Series in, alert out: a rule that can never fire is worse than none.

    Others got it wrong: the calendar reminder came after 1 January.
    """
    fired = {
        case["alertname"]
        for file in TEST_FILES
        for test in load(file)["tests"]
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }

    assert fired == set(ALERTS)


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not on this machine (Debian: prometheus)"
)
def test_promtool_agrees() -> None:
    """Syntax, and the rule tests themselves."""
    for arguments in (["check", "config", "prometheus.yml"], ["test", "rules", *map(str, TEST_FILES)]):
        checked = subprocess.run(
            ["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_reaches_a_receiver_that_exists() -> None:
    """And the receiver's address is a secret that the container has."""
    config = load(DEPLOY / "alertmanager" / "alertmanager.yml")
    receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
    named = [config["route"]["receiver"], *(route["receiver"] for route in config["route"]["routes"])]

    assert set(named) == set(receivers)
    for receiver in receivers.values():
        for webhook in receiver["webhook_configs"]:
            secret = webhook["url_file"].removeprefix("/run/secrets/")
            assert secret in compose()["services"]["alertmanager"]["secrets"]
