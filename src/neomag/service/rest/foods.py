"""GET /v1/foods and /v1/foods/{id}: foods found, ranked, and shown in full."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get

from neomag.feeding.article_foods import food_meant
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.foods_dict import brief, full, ranking
from neomag.feeding.lenses import lenses
from neomag.feeding.rank import look, rank, to_rank
from neomag.feeding.search import find, nearest_foods
from neomag.knowledge.foods import load_foods
from neomag.service.openapi import Content, Operation, Parameter
from neomag.service.problems import Fault, ProblemError
from neomag.service.rest.answers import example_of, fixed
from neomag.service.rest.reading import read_query
from neomag.service.rest.schemas import ref

_QUERY = (
    Parameter("q", "Foods that this may mean, likely ones first; without it foods are ranked.",
              {"type": "string", "minLength": 1, "maxLength": 200}, "pumpkin seeds"),
    Parameter("by", "Rank by magnesium in 100 g, in 100 kcal, or in an infant portion.",
              {"type": "string", "enum": list(lenses()), "default": "portion"}),
    Parameter("group", "Rank only one group of foods, such as legumes.", {"type": "string", "maxLength": 60}),
    Parameter("candidates", "Rank the foods that a plan may choose (default), or with false the whole table.",
              {"type": "boolean"}),
    Parameter("limit", "How many.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}),
    Parameter("offset", "How many to skip before them.", {"type": "integer", "minimum": 0, "maximum": 99_999, "default": 0}),
)  # fmt: skip
_RANK_ONLY = ("by", "group", "candidates")


def _found(query: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The foods asked for, and whether there are more."""
    table, first = load_foods(), query["offset"]
    until = first + query["limit"]
    if (words := query["q"]) is not None:
        words = " ".join(words.split())
        found = find(words, table.foods, until + 1)
        if not found:
            says = f"no name has `{words[:60]}`; {nearest_foods(words, table.foods)}"
            raise ProblemError.of("not-found", says, [Fault("?q", says)])
        return {"query": words, "foods": [brief(look(food)) for food in found[first:until]]}, len(found) > until
    try:
        foods, of = to_rank(table, chosen=query["candidates"])
        ranked = rank(foods, query["by"], group=query["group"], limit=until)
    except FeedingInputError as error:
        raise ProblemError.not_valid([Fault("?group", str(error))]) from None
    said = ranking(ranked, of)
    return {**said, "foods": said["foods"][first:]}, ranked.ranked > until


def _whole(name: str) -> dict[str, Any]:
    table = load_foods()
    try:
        return full(look(food_meant(name, table)), table)
    except FeedingInputError as error:
        raise ProblemError.of("not-found", str(error), [Fault("", str(error))]) from None


@get(
    "/foods",
    opt={
        "scope": "read",
        "operation": Operation(
            "Find or rank foods",
            "With q a search, without it a ranking from the richest in magnesium down. The header Link names the next page.",
            "foods",
            Content("The foods.", ref("Foods")),
            parameters=_QUERY,
            problems=("not-found", "not-acceptable", "not-valid", "out-of-time"),
            answer_headers={"Link": 'The next page, with rel="next"; not there on the last one.'},
            also={304: "Not changed: the ETag sent in If-None-Match is that of the answer."},
            example=lambda _: example_of(lambda: _found(_defaults(q="pumpkin seeds", limit=2))[0]),
        ),
    },
)
async def foods(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Find or rank foods."""
    query = read_query(request, _QUERY)
    given = request.query_params
    if query["q"] is not None and (extra := [name for name in _RANK_ONLY if name in given]):
        raise ProblemError.not_valid([Fault(f"?{name}", "goes with a ranking, not with q") for name in extra])
    found, more = await request.app.state.workers.run(_found, query)
    if not more:
        return fixed(request, found)
    following = {**{name: given[name] for name in given}, "limit": query["limit"], "offset": query["offset"] + query["limit"]}
    return fixed(request, found, Link=f'</v1/foods?{urlencode(following)}>; rel="next"')


def _defaults(**given: Any) -> dict[str, Any]:
    return {of.name: of.schema.get("default") for of in _QUERY} | given


@get(
    "/foods/{food_id:str}",
    opt={
        "scope": "read",
        "operation": Operation(
            "One food in full",
            "Nutrients, measures, where it comes from, and the article's tier beside the tier by data.",
            "foods",
            Content("The food.", ref("WholeFood")),
            parameters=(
                Parameter(
                    "food_id", "The id of a food as a search gives it, or its name.", {"type": "string"}, "spinach", "path"
                ),
            ),
            problems=("not-found", "not-acceptable", "not-valid", "out-of-time"),
            also={304: "Not changed: the ETag sent in If-None-Match is that of the answer."},
            example=lambda _: example_of(lambda: _whole("spinach")),
        ),
    },
)
async def food(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show one food."""
    read_query(request, ())
    return fixed(request, await request.app.state.workers.run(_whole, request.path_params["food_id"]))
