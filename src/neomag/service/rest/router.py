"""All routes under /v1."""

from __future__ import annotations

from litestar import Router

from neomag.service.rest.answers import accepts_json
from neomag.service.rest.assess import assess
from neomag.service.rest.assessments import assessment
from neomag.service.rest.audit import audit, verify
from neomag.service.rest.dose import check, dose
from neomag.service.rest.feed import intake, plan
from neomag.service.rest.foods import food, foods
from neomag.service.rest.knowledge import article, entries, entry, rules, sources

_ROUTES = (assess, dose, check, intake, plan, foods, food, entries, entry, rules, sources, article)

_KEPT = (assessment, audit, verify)


def router(*, kept: bool = False) -> Router:
    """The routes of REST. Each says in its `opt` what it does (`operation`) and which scope it needs (`scope`).

    `kept` says whether there is a store, from which assessments and the audit trail can be read.
    """
    return Router("/v1", route_handlers=[*_ROUTES, *(_KEPT if kept else ())], before_request=accepts_json)
