"""The MCP server: lists tools and resources, calls and reads them, and never fails with more than a plain word."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError

from neomag import __version__
from neomag.asking import Fault, NotValidError
from neomag.asking.values import read_value
from neomag.assistants.resources import ENTRY_TEMPLATE, RESOURCES, read
from neomag.assistants.tools import PLAN_SECONDS, Tool, tools
from neomag.case.documents import DocumentError
from neomag.feeding.errors import OutOfTimeError
from neomag.nearest import hint
from neomag.rules import rulebook

LOG = logging.getLogger("neomag.assistants")
JSON = "application/json"
# Answers worked out at the same time; others wait.
_AT_ONCE = 2
_MOST_FAULTS = 100

_Context = ServerRequestContext[Any]
INSTRUCTIONS = """\
Decision support for magnesium deficiency in infants, birth to 24 months. Not a substitute for a clinician.

For clinicians: a dose is never for a caregiver. In an emergency, give care first.
Give what is known as it was reported, each value with its own unit. Leave out what is not known: unknown is not absent, and
nothing may be made up to fill a field. A tool that answers with an error says where and what would be accepted.
Repeat refusals, warnings, what must not be done (`blocked`) and what is not known together with any figure, and name the
sources of what you repeat. A dose with anything in `refused` must not be given. Two people check a dose before it is given.
"""


def make_server() -> Server[Any]:
    """The server, its knowledge loaded. Raises KnowledgeError when the knowledge does not hold together."""
    known = rulebook().knowledge
    at_once = anyio.CapacityLimiter(_AT_ONCE)

    async def list_tools(context: _Context, params: Any) -> types.ListToolsResult:
        del context, params
        return types.ListToolsResult(tools=[_shown(tool) for tool in tools().values()])

    async def call_tool(context: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        del context
        tool = tools().get(params.name)
        if tool is None:
            near = hint(params.name, tools(), 0.4)
            raise MCPError(types.INVALID_PARAMS, f"no tool `{params.name[:60]}`{near}; there are {', '.join(tools())}")
        return await anyio.to_thread.run_sync(_called, tool, params.arguments or {}, limiter=at_once)

    async def list_resources(context: _Context, params: Any) -> types.ListResourcesResult:
        del context, params
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=uri, name=one.name, title=one.title, description=one.says, mime_type=JSON)
                for uri, one in RESOURCES.items()
            ]
        )

    async def list_templates(context: _Context, params: Any) -> types.ListResourceTemplatesResult:
        del context, params
        says = "An entry of the knowledge as it stands in its file, its sources in full."
        template = types.ResourceTemplate(
            uri_template=ENTRY_TEMPLATE, name="entry", title="An entry", description=says, mime_type=JSON
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_resource(context: _Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        del context
        try:
            text = json.dumps(read(params.uri), ensure_ascii=False)
        except LookupError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.ReadResourceResult(contents=[types.TextResourceContents(uri=params.uri, mime_type=JSON, text=text)])

    return Server(
        "neomag", version=__version__, title="neomag",
        description=f"Decision support for magnesium deficiency in infants, with knowledge {known.version}.",
        instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool, on_list_resources=list_resources,
        on_list_resource_templates=list_templates, on_read_resource=read_resource,
    )  # fmt: skip


def _shown(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name, title=tool.title, description=tool.says, input_schema=dict(tool.asked),
        output_schema=dict(tool.answer),
        annotations=types.ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )  # fmt: skip


def _called(tool: Tool, arguments: dict[str, Any]) -> types.CallToolResult:
    """The answer of a tool, or an error that says where and what would be accepted."""
    try:
        # Through JSON once more: numbers are exact, and what no JSON could hold is refused.
        said = tool.work(read_value(json.dumps(arguments).encode()))
        text = json.dumps(said, ensure_ascii=False)
        return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=json.loads(text))
    except NotValidError as error:
        return _refused(error.faults)
    except DocumentError as error:
        return _refused((Fault("", str(error)),))
    except OutOfTimeError:
        return _refused((Fault("", f"no plan within {PLAN_SECONDS:g} seconds; ask for less"),))
    except Exception as error:  # noqa: BLE001 - whatever it was, the assistant gets a plain word and the server goes on
        _log(tool.name, error)
        return _refused((Fault("", "something went wrong here; nothing is answered"),))


def _refused(faults: tuple[Fault, ...]) -> types.CallToolResult:
    shown = faults[:_MOST_FAULTS]
    lines = [f"{fault.where}: {fault.says}" if fault.where else fault.says for fault in shown]
    if len(faults) > len(shown):
        lines.append(f"and {len(faults) - len(shown)} more")
    text = _plain("\n".join(lines))
    errors = [{"where": _plain(fault.where), "says": _plain(fault.says)} for fault in shown]
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content={"errors": errors}, is_error=True)


def _plain(text: str) -> str:
    """The text, with a question mark for half a character, which no protocol could carry."""
    return text.encode("utf-8", "replace").decode()


def _log(name: str, error: BaseException) -> None:
    """What kind of error it was, and where. Its text, which may quote a case, is left out."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    where = " < ".join(f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})" for frame in frames)
    LOG.error("%s: %s at %s", name, type(error).__name__, where)
