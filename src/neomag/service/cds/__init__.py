"""CDS Hooks 2.0: at the moment of decision inside an EHR, cards by the rules of the knowledge."""

from neomag.service.cds.router import router

__all__ = ["router"]
