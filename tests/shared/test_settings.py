"""Settings: a wrong one stops the start, is named, and never repeats a secret."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from services.notify.settings import NotifySettings
from services.visits.settings import VisitsSettings
from shared.nkeys import Nkey
from shared.settings import ServiceSettings, SettingsError, read_settings

DATABASE = "postgresql://visits:a-long-password@db:5432/visits"
SEED = Nkey.new().seed
BUS = f"nats://{SEED}@bus:4222"
GOOD = {"VISITS_DATABASE_URL": DATABASE, "VISITS_NATS_URL": BUS}
MAIL = {"NOTIFY_DATABASE_URL": DATABASE, "NOTIFY_NATS_URL": BUS, "NOTIFY_SMTP_HOST": "mail.example.vn"}


REAL = {"VISITS_PUBLIC_URL": "https://bamcoso.example.vn"}
SAFE = REAL | {
    "VISITS_DATABASE_URL": f"{DATABASE}?ssl=verify-full",
    "VISITS_NATS_URL": BUS.replace("nats://", "tls://"),
}


def refusal(model: type[ServiceSettings], prefix: str, environment: Mapping[str, str]) -> list[str]:
    """The lines with which an environment is refused."""
    with pytest.raises(SettingsError) as refused:
        read_settings(model, prefix, environment)
    return str(refused.value).splitlines()


def test_two_addresses_are_all_a_service_needs() -> None:
    """Everything else has a value that suits one machine."""
    settings = read_settings(VisitsSettings, "VISITS_", GOOD | {"FEEDBACK_ODD": "no matter", "HOME": "/root"})

    assert settings.database_url.get_secret_value() == DATABASE
    assert (settings.port, settings.host, settings.log_level) == (8080, "127.0.0.1", "INFO")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        pytest.param({"VISITS_DATABASE_URL": None}, "VISITS_DATABASE_URL: missing", id="143-missing"),
        pytest.param(
            {"VISITS_DATABASE_URL": "mysql://db/visits"},
            "VISITS_DATABASE_URL: must look like",
            id="144-scheme",
        ),
        pytest.param({"VISITS_DATABASE_URL": ""}, "VISITS_DATABASE_URL: must look like", id="144-empty"),
        pytest.param(
            {"VISITS_DATABASE_URL": "postgresql://"}, "VISITS_DATABASE_URL: must look like", id="144-no-host"
        ),
        pytest.param(
            {"VISITS_DATABASE_URL": "postgresql://db:5432"},
            "VISITS_DATABASE_URL: names no database",
            id="144-no-database",
        ),
        pytest.param(
            {"VISITS_DATABASE_URL": "postgresql://db:port/visits"},
            "VISITS_DATABASE_URL: must look like",
            id="144-port",
        ),
        pytest.param({"VISITS_NATS_URL": "http://bus:4222"}, "VISITS_NATS_URL: must look like", id="144-bus"),
        pytest.param(
            {"VISITS_NATS_URL": "nats://[bus"}, "VISITS_NATS_URL: must look like", id="144-brackets"
        ),
        pytest.param(
            {"VISITS_DATABASE_URL": "postgresql://visits:changeme@db/visits"},
            "VISITS_DATABASE_URL: its password is shorter than 12 characters",
            id="145-default-secret",
        ),
        pytest.param(
            {"VISITS_NATS_URL": "nats://visits:a-long-password@bus"},
            "VISITS_NATS_URL: the bus is signed in to with the seed of a key",
            id="145-password-of-the-bus",
        ),
        pytest.param(
            {"VISITS_NATS_URL": "nats://SUACHANGEMEPLEASE@bus"},
            "VISITS_NATS_URL: ",
            id="145-no-seed",
        ),
        pytest.param(
            {"VISITS_PROT": "8081"}, "VISITS_PROT: unknown setting; known are VISITS_", id="146-typo"
        ),
        pytest.param({"VISITS_": "8081"}, "VISITS_: unknown setting", id="146-prefix-alone"),
        pytest.param(
            {"VISITS_PROT_FILE": "/x"}, "VISITS_PROT_FILE: unknown setting", id="146-typo-of-a-file"
        ),
        pytest.param({"VISITS_PORT": "99999"}, "VISITS_PORT: Input should be less than", id="150-port-99999"),
        pytest.param(
            {"VISITS_PORT": "-1"}, "VISITS_PORT: Input should be greater than", id="150-port-below-0"
        ),
        pytest.param(
            {"VISITS_PORT": "http"}, "VISITS_PORT: Input should be a valid integer", id="150-port-word"
        ),
        pytest.param(
            {"VISITS_PORT": ""}, "VISITS_PORT: Input should be a valid integer", id="150-port-empty"
        ),
        pytest.param({"VISITS_LOG_LEVEL": "loud"}, "VISITS_LOG_LEVEL: Input should be", id="log-level"),
        pytest.param({"VISITS_RESEND_AFTER": "0"}, "VISITS_RESEND_AFTER: Input should be greater", id="zero"),
        pytest.param(
            {"VISITS_RESEND_AFTER": "nan"}, "VISITS_RESEND_AFTER: Input should be greater", id="not-a-number"
        ),
        pytest.param(
            {"VISITS_DATABASE_POOL": "1"}, "VISITS_DATABASE_POOL: Input should be greater", id="pool"
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_begins_with_its_name(
    change: dict[str, str | None], line: str
) -> None:
    """Whoever starts the service reads which variable to mend, and nobody reads a password."""
    environment = {name: value for name, value in (GOOD | change).items() if value is not None}

    [said] = refusal(VisitsSettings, "VISITS_", environment)

    assert said.startswith(line)
    assert not any(secret in said for secret in ("a-long-password", "changeme", "mysql"))


def test_all_wrong_settings_are_named_at_once() -> None:
    """Nobody mends one line to be told the next."""
    lines = refusal(VisitsSettings, "VISITS_", {"VISITS_PORT": "x", "VISITS_HOTS": "y"})

    assert {"VISITS_PORT", "VISITS_HOTS", "VISITS_DATABASE_URL", "VISITS_NATS_URL"} == {
        line.partition(":")[0] for line in lines
    }


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"NOTIFY_SMTP_USERNAME": "office"}, "NOTIFY_SMTP_PASSWORD", id="user-without-password"),
        pytest.param(
            {"NOTIFY_SMTP_USERNAME": "office", "NOTIFY_SMTP_PASSWORD": "p"},
            "NOTIFY_SMTP_TLS",
            id="password-in-clear",
        ),
        pytest.param({"NOTIFY_LEASE": "20"}, "NOTIFY_LEASE", id="lease-too-short"),
        pytest.param({"NOTIFY_SMTP_SENDER": "not an address"}, "NOTIFY_SMTP_SENDER", id="sender"),
    ],
)
def test_settings_that_do_not_fit_together_name_each_other(change: dict[str, str], named: str) -> None:
    """A rule about two settings is told in their names, not by a trace."""
    [said] = refusal(NotifySettings, "NOTIFY_", MAIL | change)

    assert named in said


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_secret_may_come_from_a_file_with_or_without_a_last_newline(tmp_path: Path, ending: str) -> None:
    """Editors and `echo` end a file with a newline; it is not part of the password."""
    secret = tmp_path / "database_url"
    secret.write_bytes(f"{DATABASE}{ending}".encode())

    settings = read_settings(
        VisitsSettings, "VISITS_", {"VISITS_DATABASE_URL_FILE": str(secret), "VISITS_NATS_URL": BUS}
    )

    assert settings.database_url.get_secret_value() == DATABASE


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, "VISITS_DATABASE_URL_FILE: cannot read {path}: No such file or directory"),
        (_folder, "VISITS_DATABASE_URL_FILE: cannot read {path}: Is a directory"),
        (_not_text, "VISITS_DATABASE_URL_FILE: {path} is not UTF-8 text"),
        (_empty, "VISITS_DATABASE_URL: must look like postgresql://user:password@host:5432/database"),
    ],
)
def test_a_secret_file_that_cannot_be_read_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """151: the name of the setting and of the file, and no second line that calls it missing."""
    secret = tmp_path / "database_url"
    secret.write_text(DATABASE, encoding="utf-8")
    spoil(secret)

    lines = refusal(
        VisitsSettings, "VISITS_", {"VISITS_DATABASE_URL_FILE": str(secret), "VISITS_NATS_URL": BUS}
    )

    assert [said.format(path=secret)] == lines


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_secret_file_of_somebody_else_is_named(tmp_path: Path) -> None:
    """151: permission denied is a sentence, not a trace."""
    secret = tmp_path / "database_url"
    secret.write_text(DATABASE, encoding="utf-8")
    secret.chmod(0)

    [said] = refusal(
        VisitsSettings, "VISITS_", {"VISITS_DATABASE_URL_FILE": str(secret), "VISITS_NATS_URL": BUS}
    )

    assert said == f"VISITS_DATABASE_URL_FILE: cannot read {secret}: Permission denied"


def test_a_setting_given_twice_is_refused(tmp_path: Path) -> None:
    """Nobody has to guess whether the value or the file counts."""
    secret = tmp_path / "database_url"
    secret.write_text(DATABASE, encoding="utf-8")

    assert refusal(VisitsSettings, "VISITS_", GOOD | {"VISITS_DATABASE_URL_FILE": str(secret)}) == [
        "VISITS_DATABASE_URL_FILE: set this or VISITS_DATABASE_URL, not both"
    ]


def run(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("service", ["visits", "feedback", "notify"])
def test_a_service_without_settings_ends_with_a_line_for_each(service: str) -> None:
    """143: the process refuses to start, and says in two lines which two settings to give."""
    ended = run([f"services.{service}", "serve"], {})

    prefix = service.upper()
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [f"{prefix}_DATABASE_URL: missing", f"{prefix}_NATS_URL: missing"]


def test_a_command_on_servers_of_ones_own_names_what_is_missing() -> None:
    """The command line reads the same settings, and answers in the same words."""
    ended = run(["services", "migrate"], {"VISITS_DATABASE_URL": DATABASE, "VISITS_NATS_URL": BUS})

    assert ended.returncode == 1
    assert "FEEDBACK_DATABASE_URL: missing" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("days", ["0", "-1", "abc"])
def test_a_term_that_is_no_number_of_days_is_refused(days: str) -> None:
    """148: no due date is computed from nonsense."""
    ended = run(["services", "deadline", "--from", "2026-02-09T08:00+07:00", f"--days={days}"], {})

    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_no_port_is_refused_before_anything_starts() -> None:
    """150, on the command line."""
    ended = run(["services", "up", "--port", "99999"], {})

    assert ended.returncode == 1
    assert "port 99999 is not a number from 0 to 65535" in ended.stderr


def test_a_busy_port_is_named_before_anything_starts() -> None:
    """149: the sentence names the setting and the address, and no database is asked."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(["services.visits", "serve"], GOOD | {"VISITS_PORT": str(port)})

    assert ended.returncode == 1
    assert ended.stderr == f"VISITS_PORT: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_database_that_does_not_answer_is_one_sentence() -> None:
    """A supervisor starts the service again; a person reads which setting to look at."""
    ended = run(
        ["services.visits", "serve"],
        GOOD | {"VISITS_DATABASE_URL": "postgresql://visits@127.0.0.1:1/visits", "VISITS_PORT": "0"},
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("VISITS_DATABASE_URL: the database does not answer")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        pytest.param(
            {"VISITS_PUBLIC_URL": "http://bamcoso.example.vn"}, "VISITS_PUBLIC_URL: must begin", id="http"
        ),
        pytest.param(
            {"VISITS_PUBLIC_URL": "http://10.1.2.3"}, "VISITS_PUBLIC_URL: must begin", id="http-address"
        ),
        pytest.param(
            {"VISITS_DATABASE_URL": DATABASE}, "VISITS_DATABASE_URL: speaks in the clear", id="postgresql"
        ),
        pytest.param(
            {"VISITS_DATABASE_URL": f"{DATABASE}?ssl=require"},
            "VISITS_DATABASE_URL: speaks in the clear",
            id="postgresql-unverified",
        ),
        pytest.param({"VISITS_NATS_URL": BUS}, "VISITS_NATS_URL: speaks in the clear", id="nats"),
        pytest.param(
            {"VISITS_NATS_URL": "tls://bus"}, "VISITS_NATS_URL: has no seed", id="nats-without-seed"
        ),
        *(
            pytest.param(
                {"VISITS_DATABASE_URL": f"postgresql://visits:{guessed}@127.0.0.1/visits"},
                "VISITS_DATABASE_URL: its password is one that people guess",
                id=guessed,
            )
            for guessed in (
                "postgres1234567",
                "PasswordPassword",
                "visits-2026-2026",
                "aaaaaaaaaaaaaaaa",
                "changeme-secret",
            )
        ),
        pytest.param(
            {"VISITS_OWNER_DATABASE_URL": "postgresql://o:postgres-postgres@127.0.0.1/visits"},
            "VISITS_OWNER_DATABASE_URL: its password is one that people guess",
            id="owner",
        ),
    ],
)
def test_a_real_installation_does_not_start_with_what_is_weak(change: dict[str, str], line: str) -> None:
    """HTTPS, or a name that others can reach, makes it real; each weakness is a line with its name."""
    [said] = refusal(VisitsSettings, "VISITS_", SAFE | change)

    assert said.startswith(line)
    assert SEED not in said
    assert "a-long-password" not in said


def test_whoever_answers_for_the_wires_may_use_plain_ones() -> None:
    """One host, or a network of its own, as in the Compose file; weak passwords stay refused."""
    trusted = GOOD | REAL | {"VISITS_TRUSTED_NETWORK": "true"}

    assert read_settings(VisitsSettings, "VISITS_", SAFE).secure
    assert read_settings(VisitsSettings, "VISITS_", trusted).secure
    weak = {"VISITS_DATABASE_URL": "postgresql://visits:visits-visits@db/visits"}
    assert refusal(VisitsSettings, "VISITS_", trusted | weak)


def test_mail_of_a_real_installation_is_not_sent_in_the_clear() -> None:
    """To another machine; a relay on this one is within the host."""
    real = {name.replace("VISITS", "NOTIFY"): value for name, value in SAFE.items()}

    [said] = refusal(NotifySettings, "NOTIFY_", real | {"NOTIFY_SMTP_HOST": "mail.example.vn"})

    assert said.startswith("NOTIFY_SMTP_TLS: mail goes in the clear")
    assert read_settings(NotifySettings, "NOTIFY_", real | {"NOTIFY_SMTP_HOST": "127.0.0.1"}).secure
