"""Products: which one is meant."""

from __future__ import annotations

from neomag.dosing.amounts import DoseInputError
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product
from neomag.nearest import hint


def find_product(name: str, knowledge: Knowledge) -> Product:
    """The product of this id. Raises DoseInputError naming the nearest."""
    products = knowledge.dosing.products
    if name in products:
        return products[name]
    raise DoseInputError(f"no product `{name[:40]}`{hint(name, products, 0.3)}; there are {', '.join(products)}")


def default_product(route: str, knowledge: Knowledge) -> Product:
    """The product that is taken for `route` when none is named."""
    return knowledge.dosing.products[knowledge.dosing.defaults["product"][route]]
