"""The pages for parents and carers: open to everybody, without a name, and nothing is stored."""

from __future__ import annotations

from neomag.web.article import article
from neomag.web.feeding import feeding, planned
from neomag.web.film import change, film
from neomag.web.foods import foods
from neomag.web.parents import kept, parents
from neomag.web.sheet import blank, sheet

PAGES = (parents, kept, film, change, blank, sheet, feeding, planned, foods, article)
