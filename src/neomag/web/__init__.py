"""The web pages: one entrance for clinicians, one for parents, one set of rules. Rendered here, readable without a script."""

from neomag.web.launched import launched
from neomag.web.routes import router

__all__ = ["launched", "router"]
