"""Parameters of single models: the field `per_model` of a YAML block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.request import read_fields
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from chat_magic.core.request.request import ChatRequest, PerModel

_UNSET_WORD = "unset"


def read_per_model(value: Any) -> PerModel:
    """Read models and their parameters; `unset` and null unset one.

    Raises:
        InvalidRequest: It is not such an object, or a parameter is unknown or out of range.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(model, str) and model.strip() for model in value
    ):
        raise InvalidRequest("per_model: must be an object of models and their parameters")
    return {model: _read_parameters(model, given) for model, given in value.items()}


def _read_parameters(model: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"per_model {model}: must be an object of parameters and values")
    values = {
        name: UNSET if value is None or value == _UNSET_WORD else value
        for name, value in given.items()
    }
    for name in values:
        if name not in PARAMETERS:
            raise InvalidRequest(
                f"per_model {model} {name}: no such parameter{nearest(name, PARAMETERS)}"
            )
    try:
        return read_fields(apply_implied(values), allow_extra=False, past=None).parameters
    except InvalidRequest as error:
        raise InvalidRequest(f"per_model {model} {error.message}") from error


def write_per_model(per_model: PerModel) -> dict[str, dict[str, Any]]:
    """Return it as JSON that `read_per_model` reads back."""
    return {
        model: {name: None if value is UNSET else value for name, value in values.items()}
        for model, values in per_model.items()
    }


def check_models(per_model: PerModel, models: Collection[str]) -> None:
    """Check that every model with parameters is asked.

    Raises:
        InvalidRequest: A model is not asked.
    """
    for model in per_model:
        if model not in models:
            asked = f"the models are {', '.join(models)}" if models else "the cell names no model"
            raise InvalidRequest(
                f"per_model {model}: is not asked; {asked}{nearest(model, models)}"
            )


def apply_per_model(request: ChatRequest) -> ChatRequest:
    """Return the request with the parameters of its model, which take precedence."""
    of_model = request.per_model.get(request.model or "", {})
    return replace(request, parameters={**request.parameters, **of_model}, per_model={})
