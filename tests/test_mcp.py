"""An assistant gets what the commands answer: the same JSON, the same refusals, and for what cannot be read a plain error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import click
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult
from tests.strategies import a_tenth, cases

from neomag.assistants import make_server
from neomag.assistants import server as server_module
from neomag.assistants.resources import ENTRY_TEMPLATE, RESOURCES
from neomag.assistants.tools import Tool, tools
from neomag.cli import main
from neomag.cli.assess import EXAMPLES
from neomag.dosing.asked import FLAGS as STATE_FLAGS
from neomag.feeding.errors import OutOfTimeError
from neomag.rules import rulebook

ALL = sorted(EXAMPLES.glob("*.json"))
INFANT = {"weight": "3.0kg", "serum_mg": "0.45mmol/L"}
FLAGS = ("--weight", "3.0kg", "--serum-mg", "0.45mmol/L")
DIARY = "age: 8 mo\nbreast: 5 feeds\n60 g banana\nmeals: 3\n"
SOUND: dict[str, dict[str, Any]] = {
    "assess": {"case": {"now": "3 d", "events": [{"at": "1 d", "lab": "magnesium", "value": 0.5, "unit": "mmol/L"}]}},
    "dose": {**INFANT, "amount": "0.2mmol/kg", "over": "60min", "doses": 1, "with": ["digoxin"]},
    "dose_check": {"weight": "3kg", "order": "MgSO4 0.8 mL of 50% IV over 30 min", "emergency": True},
    "feed_intake": {"diary": DIARY},
    "feed_plan": {"age": "3mo", "milk": "breast", "exclude": ["egg"], "days": 1},
    "knowledge_show": {"id": "calcium-failed"},
}


def within(work: Callable[[Client], Any], to: Any = None, mode: str = "auto") -> Any:
    """What `work` answers, given a client of the server."""

    async def run() -> Any:
        async with Client(to or make_server(), mode=mode) as client:
            return await work(client)

    return anyio.run(run)


@pytest.fixture(scope="module", autouse=True)
def connected() -> Iterator[None]:
    """One client of a server for all tests that need none of their own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(make_server())) as client:
        _CONNECTED.append((portal, client))
        yield
        _CONNECTED.clear()


_CONNECTED: list[tuple[BlockingPortal, Client]] = []


def called(name: str, arguments: dict[str, Any] | None = None) -> CallToolResult:
    ((portal, client),) = _CONNECTED
    return portal.call(client.call_tool, name, arguments)


def said(name: str, arguments: dict[str, Any]) -> Any:
    """The answer of a tool, which is no error; its text is the same JSON."""
    found = called(name, arguments)
    assert not found.is_error, found.content
    assert json.loads(text(found)) == found.structured_content
    return found.structured_content


def text(found: CallToolResult) -> str:
    (block,) = found.content
    assert block.type == "text"
    return block.text


def where(found: CallToolResult) -> list[str]:
    """The places of the faults of an error, checked as every error must be."""
    assert found.is_error
    assert "Traceback" not in text(found)
    assert set(found.structured_content) == {"errors"}
    assert all(fault["says"] for fault in found.structured_content["errors"])
    return [fault["where"] for fault in found.structured_content["errors"]]


def command(*arguments: str, status: int = 0, given: str | None = None) -> Any:
    done = CliRunner().invoke(main, [*arguments, "--format", "json"], input=given)
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


# The same answers


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_a_published_case_is_answered_as_the_command_answers_it(path: Path) -> None:
    assert said("assess", {"case": json.loads(path.read_text("utf-8"))}) == command("assess", str(path))


@a_tenth
@given(made=cases())
def test_any_case_is_answered_as_the_library_answers_it(made: dict[str, Any]) -> None:
    from neomag import Case, assess
    from neomag.dosing.after import answered

    case = Case.from_dict(made)
    assert said("assess", {"case": made}) == json.loads(json.dumps(answered(case, assess(case))))


def test_only_the_rules_that_are_true_where_asked() -> None:
    case = json.loads(ALL[0].read_text("utf-8"))
    whole, short = said("assess", {"case": case}), said("assess", {"case": case, "rules": "true"})
    assert short["rules"] == [rule for rule in whole["rules"] if rule["value"] is True]
    assert {**short, "rules": whole["rules"]} == whole


@pytest.mark.parametrize(
    ("asked", "arguments", "status"),
    [
        ({**INFANT, "amount": "0.2mmol/kg", "route": "iv", "over": "60min"}, (*FLAGS, "--amount", "0.2mmol/kg", "--route", "iv", "--over", "60min"), 0),
        (INFANT, FLAGS, 0),
        ({**INFANT, "amount": "50mg/kg"}, (*FLAGS, "--amount", "50mg/kg"), 3),
        ({**INFANT, "with": ["digoxin"], "doses": 2, "every": "12h"}, (*FLAGS, "--with", "digoxin", "--doses", "2", "--every", "12h"), 0),
        ({**INFANT, "amount": "200mg-salt/kg", "over": "30min"}, (*FLAGS, "--amount", "200mg-salt/kg", "--over", "30min"), 3),
        ({"weight": "3kg"}, ("--weight", "3kg"), 3),
        ({"weight": "3kg", "serum_mg": "1.4mmol/L"}, ("--weight", "3kg", "--serum-mg", "1.4mmol/L"), 3),
    ],
)  # fmt: skip
def test_a_dose_and_its_refusal(asked: dict[str, Any], arguments: tuple[str, ...], status: int) -> None:
    answer = said("dose", asked)
    assert answer == command("dose", *arguments, status=status)
    assert bool(answer["refused"]) is (status == 3)


@pytest.mark.parametrize("flag", STATE_FLAGS)
def test_what_is_so_of_the_infant_counts_as_it_does_for_the_command(flag: str) -> None:
    done = CliRunner().invoke(main, ["dose", *FLAGS, f"--{flag.replace('_', '-')}", "--format", "json"])
    assert said("dose", {**INFANT, flag: True}) == json.loads(done.stdout)


def test_a_dose_for_a_case(tmp_path: Path) -> None:
    case = {
        "now": "60 d",
        "infant": {"weight": "4 kg"},
        "events": [{"at": "60 d", "lab": "magnesium", "value": 0.4, "unit": "mmol/L"}],
    }
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    assert said("dose", {"case": case}) == command("dose", "--case", str(file))
    assert where(called("dose", {"case": case, "serum_mg": "0.4mmol/L"})) == ["/serum_mg"]
    assert where(called("dose", {"case": {"now": "x"}})) == ["/case/now"]


@pytest.mark.parametrize(
    ("order", "status"), [("MgSO4 0.3 mL of 50% IV over 60 min", 0), ("MgSO4 0.8 mL of 50% IV over 3 min", 3)]
)
def test_an_order(order: str, status: int) -> None:
    answer = said("dose_check", {"order": order, "weight": "3kg"})
    assert answer == command("dose", "check", order, "--weight", "3kg", status=status)
    assert (answer["verdict"] == "refused") is (status == 3)


def test_food() -> None:
    assert said("feed_intake", {"diary": DIARY}) == command("feed", "intake", "-", given=DIARY)
    plan = said("feed_plan", {"age": "8mo", "exclude": ["egg", "fish"], "diet": "vegetarian"})
    assert plan == command("feed", "plan", "--age", "8mo", "--exclude", "egg,fish", "--diet", "vegetarian")
    assert said("feed_plan", {"age": "3mo"}) == command("feed", "plan", "--age", "3mo")


def test_an_entry_of_the_knowledge_comes_with_its_sources() -> None:
    rule = said("knowledge_show", {"id": "calcium-failed"})
    known = rulebook().knowledge
    assert rule["when"] == known.rules["calcium-failed"].when
    assert [source["key"] for source in rule["sources"]] == list(known.rules["calcium-failed"].sources)
    assert rule["sources"][0]["title"]


# What cannot be answered


@pytest.mark.parametrize(
    ("name", "arguments", "places"),
    [
        ("assess", {}, {"/case"}),
        ("assess", {"case": []}, {"/case"}),
        ("assess", {"case": {}}, {"/case/now"}),
        ("assess", {"case": {"now": "3 d"}, "rules": "some"}, {"/rules"}),
        ("assess", {"case": {"now": "soon", "infant": {"weight": "3"}, "colour": 1, "events": [{"sign": "seizur"}]}},
         {"/case", "/case/now", "/case/infant/weight", "/case/events/0"}),
        ("assess", {"case": {"now": "3 d", "events": [{"at": "1 d", "lab": "magnesium", "value": 1.2}]}}, {"/case/events/0"}),
        ("assess", {"case": {"now": "3 d", "events": [{"at": "1 d", "lab": "magnesium", "value": 12, "unit": "mg/L"}]}}, {"/case/events/0"}),
        ("assess", {"case": {"now": "3 d", "events": [{"at": "9 d", "sign": "seizure"}]}}, {"/case/events/0/at"}),
        ("dose", {}, {""}),
        ("dose", {"weight": "3", "serum_mg": "0.45", "age": "old", "with": ["tea"]}, {"/weight", "/serum_mg", "/age", "/with"}),
        ("dose", {"weight": 3, "doses": 0, "route": "nasal", "wieght": "3kg", "emergency": "yes", "with": [1]},
         {"/weight", "/doses", "/route", "/wieght", "/emergency", "/with/0"}),
        ("dose", {**INFANT, "over": "60"}, {"/over"}),
        ("dose", {**INFANT, "given_24h": "1"}, {"/given_24h"}),
        ("dose", {**INFANT, "regimen": "nobody"}, {""}),
        ("dose_check", {"weight": "3kg"}, {"/order"}),
        ("dose_check", {"weight": "3kg", "order": "MgSO4 a bit now"}, {""}),
        ("feed_intake", {"diary": "60 g granite\n"}, {"/diary"}),
        ("feed_intake", {"diary": DIARY, "authority": "nobody"}, {""}),
        ("feed_plan", {"age": "old", "weight": "8 spoons"}, {"/age", "/weight"}),
        ("feed_plan", {"age": "8mo", "days": 3}, {"/days"}),
        ("feed_plan", {"age": "8mo", "exclude": ["granite"]}, {""}),
        ("knowledge_show", {"id": "calcium-faild"}, {"/id"}),
        ("knowledge_show", {}, {"/id"}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_that_names_the_place(name: str, arguments: dict[str, Any], places: set[str]) -> None:
    found = called(name, arguments)
    assert set(where(found)) == places
    # The words of the command line name no option here.
    assert "--" not in text(found)


@pytest.mark.parametrize(
    ("name", "arguments", "accepted"),
    [
        ("assess", {"case": {"now": "soon"}}, "36 h"),
        ("assess", {"case": {"now": "3 d", "events": [{"sign": "seizur"}]}}, "seizure"),
        ("dose", {"wieght": "3kg"}, "weight"),
        ("dose", {**INFANT, "route": "nasal"}, "iv, im, oral"),
        ("dose", {**INFANT, "serum_mg": "0.45"}, "mmol/L"),
        ("knowledge_show", {"id": "calcium-faild"}, "calcium-failed"),
    ],
)
def test_an_error_says_what_would_be_accepted(name: str, arguments: dict[str, Any], accepted: str) -> None:
    found = called(name, arguments)
    where(found)
    assert accepted in text(found)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda client: client.call_tool("dose_chekc", {}), "the nearest is `dose_check`"),
        (lambda client: client.read_resource("neomag://rulez"), "neomag://rules"),
        (lambda client: client.read_resource("neomag://knowledge/calcium-faild"), "calcium-failed"),
    ],
)
def test_a_tool_or_resource_that_is_not_there_is_named_with_the_nearest(
    mode: str, ask: Callable[[Client], Any], says: str
) -> None:
    async def asked(client: Client) -> str:
        with pytest.raises(MCPError) as raised:
            await ask(client)
        return raised.value.message

    assert says in within(asked, mode=mode)


def test_a_fault_of_ours_is_a_plain_word_and_its_text_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(given: Any) -> dict[str, Any]:
        raise ZeroDivisionError(f"Baby {given['id']}")

    def slow(given: Any) -> dict[str, Any]:
        raise OutOfTimeError

    for work, says in ((broken, "something went wrong"), (slow, "60 seconds")):
        tool = Tool("t", "T", "t", {"type": "object"}, {"type": "object"}, work)
        monkeypatch.setattr(server_module, "tools", lambda tool=tool: {"t": tool})
        found = called("t", {"id": "Doe"})
        assert where(found) == [""]
        assert says in text(found)
    assert "ZeroDivisionError" in caplog.text
    assert "Doe" not in caplog.text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["3kg", "0.45mmol/L", "3 d", "8mo", "egg"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(data=st.data())
def test_malformed_arguments_are_answered_or_refused_and_never_break(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SOUND)))
    fields = sorted(tools()[name].asked["properties"])
    spoilt = data.draw(st.dictionaries(st.sampled_from(fields) | st.text(max_size=10), _JSON, max_size=4))
    # Plans of food take seconds and have tests of their own.
    if name == "feed_plan" and "age" in spoilt:
        spoilt["age"] = None
    found = called(name, {**data.draw(st.sampled_from([SOUND[name], {}])), **spoilt})
    if found.is_error:
        assert where(found)
        assert "something went wrong" not in text(found)
    else:
        Draft202012Validator(dict(tools()[name].answer)).validate(found.structured_content)


@pytest.mark.parametrize("value", ["\ud800", "a\0b", "é\u202e", "x" * 100_000, 10**400, -0.0, 1e308, [[[[]]]] * 10])
def test_signs_and_numbers_at_the_edge(value: Any) -> None:
    for name, fields in SOUND.items():
        for field in fields:
            found = called(name, {**fields, field: value})
            if found.is_error:
                assert "something went wrong" not in text(found)
                text(found).encode()


@pytest.mark.parametrize("depth", [21, 100])
def test_nesting_without_end(depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"a": deep}
    assert where(called("assess", {"case": deep})) == [""]


# What the server says of itself


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_tools_say_what_is_accepted_and_for_whom(mode: str) -> None:
    async def listed(client: Client) -> Any:
        return client.instructions, (await client.list_tools()).tools

    instructions, shown = within(listed, mode=mode)
    assert "Not a substitute for a clinician" in instructions
    assert {tool.name for tool in shown} == set(SOUND)
    for tool in shown:
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)
        assert "$ref" not in json.dumps([tool.input_schema, tool.output_schema])
        Draft202012Validator(tool.input_schema).validate(SOUND[tool.name])
        assert tool.annotations.read_only_hint is True
        assert all(
            one.get("description")
            for one in tool.input_schema["properties"].values()
            if one.get("type") != "boolean" and "enum" not in one
        )
    says = {tool.name: tool.description for tool in shown}
    for name in ("dose", "dose_check"):
        assert "For clinicians; never for a caregiver" in says[name]


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_the_schema_of_a_case_takes_the_published_ones(path: Path) -> None:
    Draft202012Validator(dict(tools()["assess"].asked)).validate({"case": json.loads(path.read_text("utf-8"))})


def test_resources() -> None:
    async def read(client: Client) -> dict[str, Any]:
        found = (await client.list_resources()).resources
        (template,) = (await client.list_resource_templates()).resource_templates
        uris = [*(one.uri for one in found), template.uri_template.replace("{id}", "calcium-failed")]
        return {uri: json.loads((await client.read_resource(uri)).contents[0].text) for uri in uris}  # type: ignore[union-attr]

    known = rulebook().knowledge
    held = within(read)
    assert held["neomag://knowledge"]["knowledge"] == known.version
    assert [rule["id"] for rule in held["neomag://rules"]["rules"]] == list(known.rules)
    assert all(rule["sources"] or rule["policy"] for rule in held["neomag://rules"]["rules"])
    assert len(held["neomag://sources"]["sources"]) == len(known.sources)
    assert held["neomag://knowledge/calcium-failed"] == said("knowledge_show", {"id": "calcium-failed"})


def test_the_page_names_every_tool_and_resource_and_a_configuration_that_starts_it() -> None:
    page = (Path(__file__).parents[1] / "docs" / "mcp.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert rows == [*tools(), *RESOURCES, ENTRY_TEMPLATE]
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (of,) = json.loads(example)["mcpServers"].values()
    assert of == {"command": "neomag", "args": ["mcp"]}
    assert of["args"][0] in main.list_commands(click.Context(main))
    faults = re.findall(r"^/(?:serum_mg|with): .+$", page, re.MULTILINE)
    assert text(called("dose", {"weight": "3kg", "serum_mg": "0.45", "with": ["tea"]})).splitlines() == faults


# The command


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PYTHONPATH", "PATH", "HOME") if name in os.environ}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_standard_input_and_output(mode: str) -> None:
    async def asked(client: Client) -> Any:
        answers = [await client.call_tool("assess", {"case": json.loads(path.read_text("utf-8"))}) for path in ALL[:3]]
        refused = await client.call_tool("dose", {"weight": "3kg"})
        error = await client.call_tool("dose", {"weight": "3"})
        return answers, refused, error

    to = StdioServerParameters(command=sys.executable, args=["-m", "neomag", "mcp"], env=_environment())
    answers, refused, error = within(asked, to, mode)
    assert [answer.structured_content for answer in answers] == [command("assess", str(path)) for path in ALL[:3]]
    assert not refused.is_error
    assert refused.structured_content == command("dose", "--weight", "3kg", status=3)
    assert where(error) == ["/weight"]


HELLO = json.dumps({
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}).encode()  # fmt: skip


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "neomag", "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    ) as started:  # fmt: skip
        yield started
        started.kill()


def test_rubbish_neither_stops_it_nor_is_logged(process: subprocess.Popen[bytes]) -> None:
    call: dict[str, Any] = {"jsonrpc": "2.0", "method": "tools/call"}
    lines = [
        b"Baby Doe", b"{", b"[" * 100_000, b"[]", b"\xff\xfe", b"null", b'{"jsonrpc":"2.0","id":90,"method":"Baby/Doe"}',
        json.dumps({**call, "id": 2, "params": {"name": 5, "arguments": "Baby Doe"}}).encode(),
        json.dumps({**call, "id": 3, "params": {"name": "assess", "arguments": ["Baby Doe"]}}).encode(),
        b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"assess","arguments":{"case":{"now":NaN}}}}',
        json.dumps({**call, "id": 5, "params": {"name": "assess", "arguments": {"case": {"now": "Baby Doe"}}}}).encode(),
        json.dumps({**call, "id": 6, "params": {"name": "assess", "arguments": {"case": "x" * 5_000_000}}}).encode(),
        json.dumps({**call, "id": 7, "params": {"name": "dose", "arguments": INFANT}}).encode(),
    ]  # fmt: skip
    ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"\n".join([HELLO, ready, *lines, b""]))
    process.stdin.flush()
    heard: dict[int, Any] = {}
    while not {1, 2, 3, 5, 6, 7, 90} <= set(heard):
        # Nothing but the protocol stands on standard output.
        message = json.loads(process.stdout.readline())
        assert message["jsonrpc"] == "2.0"
        heard[message["id"]] = message
    assert all("error" in heard[number] for number in (2, 3, 90))
    assert all(heard[number]["result"]["isError"] for number in (5, 6))
    assert heard[7]["result"]["structuredContent"] == command("dose", *FLAGS)
    out, err = process.communicate(timeout=30)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())
    assert process.returncode == 0
    assert b"Traceback" not in err
    assert b"Doe" not in err


def test_an_assistant_that_goes_away_leaves_one_plain_line(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdout.close()
    process.stdin.write(HELLO + b"\n")
    process.stdin.close()
    process.wait(timeout=60)
    assert process.stderr
    assert process.stderr.read() == b"neomag: the assistant went away before it had its answer\n"
    assert process.returncode == 2


def test_ctrl_c_ends_it_at_once_while_it_waits(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(HELLO + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == -signal.SIGINT
    assert process.stderr
    assert process.stderr.read() == b""


def test_without_the_extra_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.stdio", None)
    done = CliRunner().invoke(main, ["mcp"])
    assert done.exit_code == 2
    assert "pip install 'neomag[mcp]'" in done.output


def test_the_server_needs_nothing_of_the_service() -> None:
    code = "import sys, neomag.assistants; print(sorted({'litestar', 'sqlalchemy', 'msgspec'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.strip() == "[]"
