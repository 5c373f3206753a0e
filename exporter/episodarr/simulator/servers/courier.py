"""Sends the webhooks of the simulated Sonarrs to their configured addresses."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import httpx

from episodarr.simulator.state.engine import OutgoingWebhook
from episodarr.simulator.world import World

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Deliveries:
    """What became of the webhooks; a lost one is never sent again, as in Sonarr."""

    delivered: int = 0
    lost: int = 0


class Courier:
    """Sends the world's outbox in order, one message at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._client: httpx.AsyncClient | None = None
        self.deliveries = Deliveries()
        self._sending = asyncio.Lock()

    async def deliver(self) -> None:
        """Sends everything that waits now; returns once all of it has arrived, or is lost."""
        async with self._sending:
            while self._world.outbox:
                await self._send(self._world.outbox.popleft())

    async def _send(self, message: OutgoingWebhook) -> None:
        options = self._world.sonarrs[message.sonarr].options
        if options.webhook_url is None:
            return
        auth = httpx.Auth()
        if options.webhook_password is not None:
            auth = httpx.BasicAuth(options.webhook_username or "", options.webhook_password)
        # Made for the first message: most simulations send none, and a client loads certificates.
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=httpx.Timeout(5.0), trust_env=False)
        try:
            answer = await self._client.post(
                options.webhook_url,
                json=message.body,
                headers={"User-Agent": "Sonarr/4.0"},
                auth=auth,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            self.deliveries.lost += 1
            _log.info("a webhook of %s was lost: %s", message.sonarr, type(error).__name__)
        else:
            self.deliveries.delivered += 1

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.aclose()
