"""docker-compose.yml: one door, no literal secret, and no name that the services would refuse."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.feedback.settings import FeedbackSettings
from services.notify.settings import NotifySettings
from services.visits.settings import VisitsSettings
from shared.settings import ServiceSettings, read_settings
from shared.tracing import ENDPOINT, RATIO
from tests.support.deployment import (
    DEPLOY,
    ROOT,
    SERVICES,
    SITE_HOST,
    compose,
    environment_of,
    load,
    make_secrets,
)

MODELS: dict[str, type[ServiceSettings]] = {
    "visits": VisitsSettings,
    "feedback": FeedbackSettings,
    "notify": NotifySettings,
}
CONTAINERS: dict[str, Any] = compose()["services"]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deployment") / "secrets"
    make_secrets(folder)
    return folder


def test_caddy_is_the_only_door() -> None:
    """Databases, bus, metrics and services cannot be reached from outside the host."""
    assert [name for name, container in CONTAINERS.items() if "ports" in container] == ["caddy"]
    assert not [name for name, container in CONTAINERS.items() if container.get("network_mode") == "host"]


def test_the_engines_speak_to_the_services_only() -> None:
    """Their network has no way out, and the door is not on it."""
    assert compose()["networks"]["engines"] == {"internal": True}
    for name in ("postgres", "nats", "migrate"):
        assert CONTAINERS[name]["networks"] == ["engines"]
    assert "engines" not in CONTAINERS["caddy"]["networks"]


def test_every_secret_is_declared_made_and_mounted_where_it_is_read(secrets: Path) -> None:
    """A `_FILE` setting names a secret of its own container, which the script makes."""
    declared = compose()["secrets"]
    for name, secret in declared.items():
        assert secret == {"file": f"deploy/secrets/{name}"}
        assert (secrets / name).is_file(), f"secrets.sh does not make {name}"

    for container in CONTAINERS.values():
        mounted = container.get("secrets", [])
        assert set(mounted) <= set(declared)
        for value in container.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                assert str(value).removeprefix("/run/secrets/") in mounted
    used = {name for container in CONTAINERS.values() for name in container.get("secrets", [])}
    assert used == set(declared)


def test_no_secret_stands_in_the_file() -> None:
    """Whatever sounds like a secret is the name of a file, or comes from .env."""
    sounds = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|NATS_URL")
    for container in CONTAINERS.values():
        for name, value in container.get("environment", {}).items():
            if sounds.search(name):
                assert name.endswith("_FILE")
                assert value is None or value.startswith("/run/secrets/")
    assert not re.search(r"://[^/\s]*:[^/\s]*@", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_secrets_are_made_once_and_closed_to_others(secrets: Path) -> None:
    """Running the script again keeps every password; only the owner of the folder gets at them."""
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}

    make_secrets(secrets)

    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o077 == 0
    passwords = [
        text for name, text in before.items() if name.endswith("_password") and name != "smtp_password"
    ]
    assert all(re.fullmatch(rb"[A-Za-z0-9]{32}", password) for password in passwords)
    assert len(set(passwords)) == len(passwords)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_accepts_what_its_container_is_given(service: str, secrets: Path) -> None:
    """The settings are read by the service's own model, secrets by the paths they are mounted at."""
    environment = environment_of(service, secrets)

    settings = read_settings(MODELS[service], f"{service.upper()}_", environment)

    assert settings.port == 8080
    assert settings.host == "0.0.0.0"  # noqa: S104  # inside its container
    assert settings.public_url == f"https://{SITE_HOST}"
    assert f"//{service}:" in settings.database_url.get_secret_value()
    assert "//SU" in settings.nats_url.get_secret_value()


def test_settings_of_mail_and_phones_on_the_host_reach_notify(secrets: Path) -> None:
    """Names without a value come from .env; each is a name that notify knows."""
    environment = CONTAINERS["notify"]["environment"]
    passed_on = [name for name, value in environment.items() if value is None and name.startswith("NOTIFY_")]
    values = {
        "NOTIFY_PUSH_CONTACT": "mailto:van-phong@example.vn",
        "NOTIFY_SMTP_HOST": "mail.example.vn",
        "NOTIFY_SMTP_PORT": "587",
        "NOTIFY_SMTP_SENDER": "nhac-viec@example.vn",
        "NOTIFY_SMTP_TLS": "starttls",
        "NOTIFY_SMTP_USERNAME": "nhac-viec",
        "NOTIFY_SMTP_PASSWORD_FILE": str(secrets / "smtp_password"),
    }

    assert set(passed_on) == set(values)
    settings = read_settings(NotifySettings, "NOTIFY_", environment_of("notify", secrets) | values)
    assert settings.smtp_host == "mail.example.vn"
    assert settings.push_contact == "mailto:van-phong@example.vn"
    assert settings.push_key is not None


@pytest.mark.parametrize("service", SERVICES)
def test_a_collector_named_on_the_host_gets_the_traces_of_every_service(service: str) -> None:
    """Both variables come from .env; one that is not there leaves tracing off."""
    environment = CONTAINERS[service]["environment"]

    assert {name for name in environment if name.startswith("OTEL_")} == {ENDPOINT, RATIO}
    assert environment[ENDPOINT] is environment[RATIO] is None


def test_migrate_reads_all_three_and_owns_the_tables(secrets: Path) -> None:
    """The job may change tables and streams; the services may not."""
    environment = environment_of("migrate", secrets)

    for service, model in MODELS.items():
        settings = read_settings(model, f"{service.upper()}_", environment)
        assert f"//{service}_owner:" in settings.owner_url(service)
        assert settings.nats_url.get_secret_value() == (secrets / "nats_admin_url").read_text()
    assert CONTAINERS["migrate"]["command"] == ["field-visits", "migrate"]
    assert CONTAINERS["migrate"]["restart"] == "on-failure"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_after_the_migration_and_has_time_to_stop(service: str) -> None:
    """A rolling restart loses no request: the service stops in 20 s, Docker waits for 30."""
    container = CONTAINERS[service]

    assert container["build"] == {
        "context": ".",
        "dockerfile": "deploy/Dockerfile",
        "args": {"SERVICE": service},
    }
    assert container["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert container["stop_grace_period"] == "30s"
    assert container["read_only"]
    assert importlib.util.find_spec(f"services.{service}.__main__") is not None


def test_whatever_falls_over_is_started_again_without_new_rights() -> None:
    """No container may gain privileges, and each says what happens when it ends."""
    for container in CONTAINERS.values():
        assert container["restart"] in {"unless-stopped", "on-failure"}
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]
    assert "--data-checksums" in CONTAINERS["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_every_mounted_file_exists() -> None:
    """Docker would make an empty folder in the place of a file that is missing."""
    for container in CONTAINERS.values():
        for volume in container.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif not source.startswith("/"):
                assert source in compose()["volumes"]
    for script in (DEPLOY / "postgres" / "init.sh", DEPLOY / "secrets.sh"):
        assert os.access(script, os.X_OK)


def test_caddy_hands_each_path_to_its_service_and_hides_what_operators_ask() -> None:
    """One origin as in embedded mode; metrics and readiness are answered inside only."""
    text = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")

    for service in SERVICES:
        assert f"import service {service}" in text
        hidden = next(line for line in text.splitlines() if "@inside path" in line)
        assert {f"/{service}/metrics", f"/{service}/readyz"} <= set(hidden.split())
    assert "handle @inside" in text
    assert "request_header -traceparent" in text


def test_caddy_answers_alone_as_strictly_as_the_services() -> None:
    """HSTS on its own 404, redirect and 502 too; nothing is served from a folder; who is slow is let go."""
    text = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    site = text[text.index("{$SITE_HOST} {") :]

    assert len(re.findall(r'Strict-Transport-Security "max-age=(\d{8,})', site)) == 2
    assert "handle_errors" in site
    assert site.count("-Server") == 2
    assert not re.search(r"\b(file_server|root|php_fastcgi|browse|templates)\b", text)
    assert re.search(r"handle \{\s+respond 404\s+\}\s+\}\s*$", text)
    assert {"max_header_size", "read_header", "read_body", "idle"} <= set(text.split())


def test_the_image_holds_only_what_is_listed() -> None:
    """Secrets, data and tests cannot slip into an image: everything is left out but the sources."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name
        for line in dockerfile.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }

    assert "*" in lines
    assert copied == kept
    assert all((ROOT / name).exists() for name in kept)
    assert "--require-hashes" in dockerfile
    assert "USER 10001" in dockerfile


def test_prometheus_asks_the_containers_that_exist() -> None:
    """Job, name and path agree with the Compose file."""
    config = load(DEPLOY / "prometheus" / "prometheus.yml")
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}

    assert {*SERVICES, "node"} == set(jobs)
    for service in SERVICES:
        assert jobs[service]["metrics_path"] == f"/{service}/metrics"
        assert jobs[service]["dns_sd_configs"] == [{"names": [service], "type": "A", "port": 8080}]
    asked = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert {target.partition(":")[0] for target in [*asked, "node:9100"]} <= set(CONTAINERS)


def test_every_setting_stands_in_the_runbook() -> None:
    """Common ones without their prefix, a service's own with it."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = {name.upper() for name in ServiceSettings.model_fields}
    for service, model in MODELS.items():
        own = set(model.model_fields) - set(ServiceSettings.model_fields)
        names |= {f"{service}_{name}".upper() for name in own}

    assert {name for name in names if f"`{name}`" not in page} == set()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not on this machine")
def test_caddy_agrees() -> None:
    """Syntax, and that every directive stands where it means what it says."""
    checked = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "caddy" / "Caddyfile"],
        env=os.environ | {"SITE_HOST": SITE_HOST},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
