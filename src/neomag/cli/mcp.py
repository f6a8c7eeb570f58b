"""neomag mcp: the MCP server for AI assistants."""

from __future__ import annotations

import click

from neomag.cli.common import fail


@click.command()
def mcp() -> None:
    """Serve assess, dose and feed to an AI assistant, by the Model Context Protocol over standard input and output.

    An assistant starts this command itself; docs/mcp.md shows how to tell it to. Nothing is listened to on the network, and
    nothing but the protocol is written to standard output. For clinicians; not a substitute for one.
    """
    try:
        import anyio
        from mcp.server.stdio import stdio_server

        from neomag.assistants import make_server
    except ImportError as error:
        fail(f"this needs the extra `mcp`: pip install 'neomag[mcp]' ({error.name} is not there)")
    import logging
    import signal
    import sys

    from neomag.knowledge import KnowledgeError

    # What the library logs may quote a message, and so an infant: of it nothing is written.
    logging.getLogger("mcp").addHandler(logging.NullHandler())
    logging.getLogger("mcp").propagate = False
    try:
        server = make_server()
    except KnowledgeError as error:
        fail(*error.problems)

    # A thread waits for the next line and cannot be woken: Ctrl-C ends the process as it stands. It holds nothing to be lost.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdin.isatty():
        click.echo("neomag: waiting for an assistant on standard input; see docs/mcp.md. Ctrl-C ends it.", err=True)

    async def serve() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    gone = False
    try:
        anyio.run(serve)
    except* OSError:
        gone = True
    if gone:
        fail("the assistant went away before it had its answer")
