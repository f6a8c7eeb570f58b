"""SMART on FHIR: launched from an EHR or by itself, it reads the infant of the launch and shows the answer."""

from neomag.service.smart.keep import keep_in
from neomag.service.smart.routes import router

__all__ = ["keep_in", "router"]
