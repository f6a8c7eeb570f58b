"""Holds a value against its JSON Schema, as far as our schemas go, and names every fault by its JSON pointer.

The schemas that are checked are those that are shown, so that the two cannot differ. Understood: type, enum, required,
properties, additionalProperties (false), items, minItems, maxItems, minLength, maxLength, minimum, maximum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, cast

from neomag.asking.fault import Fault, NotValidError, pointer
from neomag.nearest import hint

# For each that is not known the nearest is looked for, which takes its time.
_MOST_FAULTS = 100
_WORDS = {
    "object": "an object", "array": "a list", "string": "a text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip


def faults(value: Any, schema: Mapping[str, Any], where: str = "") -> Iterator[Fault]:
    """Every fault of `value`, which stands at the place `where`."""
    types = schema.get("type")
    accepted: Sequence[str] = (types,) if isinstance(types, str) else types or ()
    if accepted and not any(_is(value, name) for name in accepted):
        yield Fault(where, f"write {' or '.join(_WORDS[name] for name in accepted)}")
        return
    if "enum" in schema and not any(
        value == one and isinstance(value, bool) is isinstance(one, bool) for one in schema["enum"]
    ):
        words = [str(one) for one in schema["enum"] if one is not None]
        yield Fault(where, f"`{_short(value)}` is not accepted{hint(str(value), words)}; write one of {', '.join(words)}")
    elif isinstance(value, str):
        yield from _text(value, schema, where)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield from _number(value, schema, where)
    elif isinstance(value, list):
        yield from _list(cast(list[Any], value), schema, where)
    elif isinstance(value, dict):
        yield from _object(cast(dict[str, Any], value), schema, where)


def checked(value: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """`value` as the object that `schema` describes. Raises NotValidError with every fault."""
    if found := list(islice(faults(value, schema), _MOST_FAULTS)):
        raise NotValidError(found)
    return value


def _is(value: Any, name: str) -> bool:
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite() and _whole(value))
            return whole and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _whole(value: Decimal) -> bool:
    # Without expanding 1e999999 to its digits.
    return value == 0 or value.normalize().as_tuple().exponent >= 0  # type: ignore[operator]


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:40] + "…"


def _text(value: str, schema: Mapping[str, Any], where: str) -> Iterator[Fault]:
    if len(value) < schema.get("minLength", 0):
        yield Fault(where, "write a text that is not empty")
    if len(value) > schema.get("maxLength", len(value)):
        yield Fault(where, f"write at most {schema['maxLength']} characters")


def _number(value: int | Decimal, schema: Mapping[str, Any], where: str) -> Iterator[Fault]:
    least, most = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if (least is not None and value < least) or (most is not None and value > most) or (above is not None and value <= above):
        limits = [f"at least {least}"] if least is not None else [f"more than {above}"] if above is not None else []
        limits += [f"at most {most}"] if most is not None else []
        yield Fault(where, f"write a number, {' and '.join(limits)}")


def _list(value: list[Any], schema: Mapping[str, Any], where: str) -> Iterator[Fault]:
    if len(value) < schema.get("minItems", 0):
        yield Fault(where, f"write at least {schema['minItems']}")
    if len(value) > schema.get("maxItems", len(value)):
        yield Fault(where, f"write at most {schema['maxItems']}, not {len(value)}")
        return
    for place, item in enumerate(value):
        yield from faults(item, schema.get("items", {}), where + pointer(place))


def _object(value: dict[str, Any], schema: Mapping[str, Any], where: str) -> Iterator[Fault]:
    known: Mapping[str, Any] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(where + pointer(name), f"missing; {known[name].get('description', 'it is needed')}")
    for name, item in value.items():
        if name in known:
            yield from faults(item, known[name], where + pointer(name))
        elif schema.get("additionalProperties") is False:
            says = f"there is no `{_short(name)}`{hint(name, known)}; accepted: {', '.join(known)}"
            yield Fault(where + pointer(name), says)
