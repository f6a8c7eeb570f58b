"""SMART on FHIR: launched from an EHR or by itself, it reads the infant of the launch and shows the answer."""

from neomag.service.smart.keep import keep_in
from neomag.service.smart.page import who
from neomag.service.smart.routes import router
from neomag.service.smart.show import Launched, Show

__all__ = ["Launched", "Show", "keep_in", "router", "who"]
