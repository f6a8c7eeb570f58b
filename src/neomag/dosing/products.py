"""Products: which one is meant, and what a millilitre of it holds."""

from __future__ import annotations

from fractions import Fraction

from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product
from neomag.nearest import hint

SULFATE = "magnesium-sulfate-heptahydrate"


def mg_salt_per_ml(product: Product) -> Fraction:
    """Milligrams of the product's own salt in one mL (1 g in 100 mL is 10 mg in 1 mL)."""
    return product.g_per_100ml * 10


def find_product(name: str, knowledge: Knowledge) -> Product:
    """The product of this id. Raises DoseInputError naming the nearest."""
    from neomag.dosing.amounts import DoseInputError

    products = knowledge.dosing.products
    if name in products:
        return products[name]
    raise DoseInputError(f"no product `{name[:40]}`{hint(name, products, 0.3)}; there are {', '.join(products)}")


def default_product(route: str, knowledge: Knowledge) -> Product:
    """The product that is taken for `route` when none is named."""
    return knowledge.dosing.products[knowledge.dosing.defaults["product"][route]]
