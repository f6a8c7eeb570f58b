"""For AI assistants: neomag's answers as tools of an MCP server, with the sources and refusals that its commands give."""

from neomag.assistants.server import make_server

__all__ = ["make_server"]
