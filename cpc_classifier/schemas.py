"""What a request may hold, checked strictly; pydantic stays in this module.

The envelope (level, limit, threshold, the list) is all or nothing: a mistake there is a 400. The
filings in it stand each for itself: a bad one becomes an `Unreadable` in its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cpc_classifier.errors import FilingError
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.intake import Limits, filing_from_values
from cpc_classifier.service_errors import RequestError
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = [
    "MAX_LIMIT",
    "BundleRequest",
    "Options",
    "RollbackRequest",
    "ShadowRequest",
    "SuggestRequest",
    "parse_admin",
    "parse_filing",
    "parse_options",
    "parse_suggest",
]

MAX_LIMIT = 100
_LEVELS = [rank.label for rank in Rank]
_ID_CHARS = 200


def _level(value: object) -> object:
    if value is None or isinstance(value, Rank):
        return value
    if not isinstance(value, str) or value not in _LEVELS:
        raise ValueError(f"must be one of {', '.join(_LEVELS)}")
    return Rank.parse(value)


class Options(BaseModel):
    """How to answer.

    Attributes:
        level: the only rank to suggest; None is the deepest that clears the threshold.
        limit: most suggestions for a filing.
        threshold: least score of a suggestion, in [0, 1].
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    level: Annotated[Rank | None, BeforeValidator(_level)] = None
    limit: int = Field(default=10, ge=1, le=MAX_LIMIT)
    threshold: float = Field(default=0.0, ge=0.0, le=1.0)


class SuggestRequest(Options):
    """The body of `POST /v1/suggest`; the filings are checked one by one afterwards."""

    filings: list[Any] = Field(min_length=1)


class BundleRequest(BaseModel):
    """The body of `POST /v1/admin/bundle`: a folder on the machine of the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field(min_length=1, max_length=4096)


class ShadowRequest(BaseModel):
    """The body of `POST /v1/admin/bundle/shadow`; null ends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Annotated[str, Field(min_length=1, max_length=4096)] | None


class RollbackRequest(BaseModel):
    """The body of `POST /v1/admin/bundle/rollback`: the bundle that is to answer again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: str = Field(pattern="^[0-9a-f]{64}$")


_Body = TypeVar("_Body", bound=BaseModel)


def _explain(error: ValidationError, what: str) -> RequestError:
    """One sentence and the fields, without the values that were sent."""
    problems = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in found["loc"]) or "body"
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            field, message = field[:60], "is not known"
        elif found["type"] == "too_short":
            message = "is empty; give at least one filing"
        elif found["type"] == "missing":
            message = "is missing"
        problems.append({"field": field, "message": message})
    sentence = "; ".join(f"{p['field']}: {p['message']}" for p in problems[:5])
    detail: dict[str, Any] = {"fields": problems[:20]}
    if any(problem["field"] == "level" for problem in problems):
        detail["levels"] = _LEVELS
    return RequestError(f"{what}: {sentence}.", detail)


def parse_options(query: Mapping[str, str]) -> Options:
    """Reads level, limit and threshold from a query string.

    Raises:
        RequestError: an unknown name or a value out of its range.
    """
    try:
        return Options.model_validate(dict(query))
    except ValidationError as error:
        raise _explain(error, "the query") from None


def parse_suggest(body: bytes) -> SuggestRequest:
    """Reads the body of `POST /v1/suggest`.

    Raises:
        RequestError: it is no JSON, or not of the shape.
    """
    return _parsed(body, SuggestRequest, '{"filings": [{"title": "..."}]}')


def parse_admin(body: bytes, shape: type[_Body]) -> _Body:
    """Reads the body of a request to `/v1/admin`.

    Args:
        shape: what it must be.

    Raises:
        RequestError: it is no JSON, or not of the shape.
    """
    [name] = shape.model_fields
    return _parsed(body, shape, f'{{"{name}": "..."}}')


def _parsed(body: bytes, shape: type[_Body], example: str) -> _Body:
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RequestError(
            f"the body is not UTF-8 (byte {error.start:,}); send JSON in UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RequestError(f"the body is not JSON: {error.msg} at {place}.") from None
    except (RecursionError, ValueError):
        raise RequestError("the body nests too deep or holds a number that is too long.") from None
    if not isinstance(value, dict):
        raise RequestError(f"the body must be an object like {example}.")
    try:
        return shape.model_validate(value, strict=True)
    except ValidationError as error:
        raise _explain(error, "the body") from None


def parse_filing(value: object, position: int, limits: Limits) -> Filing | Unreadable:
    """Reads one filing of a request; a bad one becomes an error in its place.

    Args:
        value: decoded JSON.
        position: in the list, from 0; the id of a filing that has none.
        limits: on the length of the texts.
    """
    where, given = f"filing {position}", ""
    try:
        if not isinstance(value, dict):
            raise FilingError(
                f"{where} is a JSON {_name(value)}; give an object with title, abstract, claims "
                "or description."
            )
        if isinstance(value.get("id"), str):
            given = _encodable(value["id"][:_ID_CHARS])
        _refuse_surrogates(value, where)
        return filing_from_values(value, str(position), where, limits).filing
    except CpcError as error:
        return Unreadable(given or str(position), error)


def _name(value: object) -> str:
    names = {list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse_surrogates(values: Mapping[str, object], where: str) -> None:
    """Refuses halves of surrogate pairs, which JSON can write but UTF-8 cannot."""
    for name, value in values.items():
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if not isinstance(text, str):
                continue
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise FilingError(
                    f"{where}: the field {_encodable(name)!r} is not valid Unicode at character "
                    f"{error.start:,} (half of a surrogate pair). Encode the text again."
                ) from None
