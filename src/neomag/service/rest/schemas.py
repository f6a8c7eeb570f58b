"""The components of the OpenAPI document: what is asked and what is answered, as `neomag.asking` has them."""

from __future__ import annotations

from typing import Any, cast

from neomag.asking.case_schema import case_schema
from neomag.asking.schemas import Schema, asked_check, asked_dose, asked_intake, asked_plan
from neomag.asking.shapes import shapes
from neomag.knowledge import Knowledge


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(knowledge: Knowledge) -> dict[str, Schema]:
    """The components of the OpenAPI document."""
    return {
        "Case": case_schema(knowledge),
        "AskedDose": asked_dose(),
        "AskedCheck": asked_check(),
        "AskedIntake": asked_intake(),
        "AskedPlan": asked_plan(),
        **_referring(shapes()),
    }


def _referring(named: dict[str, Schema]) -> dict[str, Schema]:
    """The schemas, each that stands inside another one replaced by a reference to it."""
    places = {id(schema): name for name, schema in named.items()}

    def inside(value: Any) -> Any:
        if isinstance(value, dict):
            found = cast(dict[str, Any], value)
            return ref(places[id(found)]) if id(found) in places else {key: inside(one) for key, one in found.items()}
        return value

    return {name: {key: inside(value) for key, value in schema.items()} for name, schema in named.items()}
