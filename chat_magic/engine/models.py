"""The models of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_magic.core.reply.capability import KnownCapabilities
    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.engine.session import Session

__all__ = ["known_of_server", "list_models"]


def list_models(session: Session, model: str | None = None) -> list[ListedModel]:
    """Return the models of the server that answers for a model, or for the default one.

    Args:
        session: The session whose connections and settings are used.
        model: A model or an alias; a local server is started if necessary.

    Raises:
        InvalidRequest: No server is configured for it.
        ApiError: The server refused, or its answer is not a list of models.
        ConnectionFailed: The connection failed, or was lost.
        RequestTimeout: The list did not arrive in time.
    """
    from chat_magic.transport import model_listing

    name = _name(session, model)
    configured = session.endpoints.find(name)

    async def request_list() -> list[ListedModel]:
        endpoint = configured or await session.endpoints.resolve(name)
        models = await model_listing.list_models(session.http, endpoint)
        session.windows.note(endpoint, models)
        return models

    models = session.loop.run(request_list())
    session.endpoints.note_listed(model.id for model in models)
    return models


def known_of_server(session: Session, model: str | None = None) -> dict[str, KnownCapabilities]:
    """Return what is known about the models that `list_models` lists; nothing is asked."""
    name = _name(session, model)
    return session.capabilities.of_server(name, session.endpoints.find(name))


def _name(session: Session, model: str | None) -> str:
    return session.configuration.resolve_alias(model) if model else session.endpoints.any_model()
