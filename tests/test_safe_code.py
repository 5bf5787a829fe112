"""What our own code never does, read from its text; what ruff already holds is only kept from being turned off."""

import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = [path for folder in ("services", "shared") for path in sorted((ROOT / folder).rglob("*.py"))]

_SECURITY = re.compile(r"# noqa: ([A-Z0-9, ]+?)(?:  # (.+))?$", re.MULTILINE)
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|FROM|JOIN)\b")
_SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bS[UAOC][A-Z2-7]{56}\b|\bAKIA[A-Z0-9]{16}\b|\bgh[pousr]_\w{36}"
    rb"|[a-z+]+://(?!user:password@)[\w.-]+:[^\s/@{}$<>:]+@"
)
"""A private key, a seed of NATS, a token of a cloud or a forge, an address with a password."""
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")

EXCEPTIONS = {
    ("services/notify/views.py", "S101"),
    ("shared/engines/child.py", "S606"),
    ("shared/engines/process.py", "S603"),
    ("shared/inbox.py", "S311"),
    ("shared/tracing.py", "S311"),
}
"""Where one of ruff's security rules (bandit's) is not followed: no shell, and no secret made by `random`."""

CALENDARS = "services/visits/handlers/calendar.py"
TABLES_ARE_MADE = ("shared/engines/", "shared/walls.py", "shared/rights.py", "/migrations/")
"""Statements that make tables, roles and rights: names cannot be bound there, and no request comes near."""

PUT_TOGETHER = {
    "services/feedback/store/asked.py": {"table", "names", "shape", "key", "changes"},
    "services/feedback/store/data_requests.py": {"which", "order"},
    "services/feedback/store/visits.py": {"lock"},
    "services/feedback/store/duties.py": {"was"},
    "services/feedback/views/issues.py": {"said"},
    "services/feedback/views/duties.py": {"wanted", "_before(as_of)", "_before(filters.as_of)"},
    "services/feedback/views/figures.py": {
        "kind",
        "name",
        "condition",
        "states('report')",
        "states('forward')",
    },
    "services/feedback/views/evaluations.py": {"states('forward')", "states('report')"},
    "services/feedback/views/reports.py": {
        f"states('{kind}')" for kind in ("report", "forward", "answer", "reply_to_cell")
    },
    "services/notify/store/ledger.py": {"chosen"},
    "services/visits/handlers/telling.py": {"table", "key", "spoken"},
    "services/visits/store/accounts.py": {"table"},
    "services/visits/store/second_factors.py": {"table"},
    "services/visits/views/__init__.py": {"which", "order", "' AND '.join((text for text, _ in conditions))"},
    "shared/directory.py": {"table", "names", "shapes", "key", "changes"},
    "shared/personal.py": {"columns", "section.source"},
}
"""Queries made of parts, each chosen among texts that stand in our code; every value in them is bound.

Whoever adds to this list has looked where the part comes from.
"""


def test_no_security_rule_is_turned_off() -> None:
    """Ruff checks everything of bandit's but one rule, which a test here takes over, and dates without a zone."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    off = {rule for rule in lint["ignore"] if re.fullmatch(r"(S|DTZ|BLE)\d*", rule)}
    of_services = [
        rule
        for pattern, rules in lint["per-file-ignores"].items()
        if not pattern.startswith(("tests", "benchmarks"))
        for rule in rules
        if re.fullmatch(r"(S|DTZ)\d*", rule)
    ]

    assert lint["select"] == ["ALL"]
    assert (off, of_services) == ({"S608"}, [])


def test_each_exception_from_a_security_rule_is_known_and_has_its_reason() -> None:
    """`eval`, `exec`, a shell, `random` for a secret, SQL from data, XML that expands, YAML that constructs: nowhere."""
    found = {
        (path.relative_to(ROOT).as_posix(), rule): reason
        for path in CODE
        for rules, reason in _SECURITY.findall(path.read_text(encoding="utf-8"))
        for rule in re.findall(r"\bS\d{3}\b", rules)
    }

    assert set(found) == EXCEPTIONS
    assert all(found.values())


def test_no_value_is_written_into_a_query() -> None:
    """Every query is text of ours: what is put into it is a constant, or one of the parts that are listed."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in CODE:
        name = path.relative_to(ROOT).as_posix()
        if not any(made in name for made in TABLES_ARE_MADE):
            for part in _put_into_queries(ast.parse(path.read_text(encoding="utf-8"))):
                found[name].add(part)

    values = {name: parts - PUT_TOGETHER.get(name, set()) for name, parts in found.items()}
    assert {name: parts for name, parts in values.items() if parts} == {}


def _put_into_queries(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and _SQL.search(_fixed(node)):
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and not _is_ours(part.value):
                    yield ast.unparse(part.value)
        if isinstance(node, ast.BinOp | ast.Call) and _is_formatted(node):
            yield ast.unparse(node)


def _fixed(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) for part in text.values if isinstance(part, ast.Constant))


def _is_ours(part: ast.expr) -> bool:
    """A constant of the module, a choice between two literals, or a list of names that a constant or a model holds."""
    match part:
        case ast.IfExp(body=ast.Constant(), orelse=ast.Constant()):
            return True
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(), attr="join"), args=[ast.GeneratorExp() as each]
        ):
            return bool(
                re.match(
                    r"\(?\*?(_?[A-Z][A-Z0-9_]*|\w+\.model_fields)\b", ast.unparse(each.generators[0].iter)
                )
            )
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[ast.Name(id=name)]):
            return bool(_CONSTANT.fullmatch(name))
        case ast.Name(id=name):
            return bool(_CONSTANT.fullmatch(name))
    return False


def _is_formatted(node: ast.BinOp | ast.Call) -> bool:
    """`"SELECT …" % value`, `"SELECT …" + value`, `"SELECT …".format(value)`."""
    match node:
        case ast.BinOp(left=ast.Constant(value=str() as text)):
            return bool(_SQL.search(text))
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            return bool(_SQL.search(text))
    return False


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ('f"SELECT {_COLUMNS} FROM a WHERE b = :b"', []),
        ("f\"SELECT 1 FROM a {'FOR UPDATE' if lock else ''}\"", []),
        ('f"SELECT 1 FROM a WHERE b = {b}"', ["b"]),
        ("f\"DELETE FROM a WHERE b = '{request.query['b']}'\"", ["request.query['b']"]),
        ('"SELECT 1 FROM a WHERE b = %s" % b', ["'SELECT 1 FROM a WHERE b = %s' % b"]),
        ('"SELECT 1 FROM {}".format(b)', ["'SELECT 1 FROM {}'.format(b)"]),
    ],
)
def test_a_value_in_a_query_would_be_found(code: str, wrong: list[str]) -> None:
    """The reading above sees what it should see."""
    assert list(_put_into_queries(ast.parse(code))) == wrong


def test_no_secret_lies_in_the_repository() -> None:
    """Keys by their form, passwords by their place in an address; those of tests open nothing but a test."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    found = {
        f"{name}: {secret[:60]}"
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/"))
        for secret in _SECRETS.findall((ROOT / name).read_bytes())
    }

    assert found == set()


def test_nothing_leaves_but_through_the_outbox() -> None:
    """`tx.publish` writes a row; only the relay, the receipts and the connection itself speak to the bus.

    The store of the calendars has a `publish` of its own: a page with dates, for its owner's phone.
    """
    speaks = {
        (path.relative_to(ROOT).as_posix(), ast.unparse(node.func.value))
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "publish"
    }
    past_the_outbox = {path for path, who in speaks if who not in ("tx", "self.tx")} - {CALENDARS}

    assert past_the_outbox == {"shared/bus.py", "shared/receipts.py", "shared/relay.py"}
