"""REST: the commands of neomag over HTTP, with the same answers. Described by /openapi.json and docs/rest.md."""

from neomag.service.rest.router import router

__all__ = ["router"]
