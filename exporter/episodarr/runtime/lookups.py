"""DNS look-ups in a thread each, so that one that hangs does not delay the others."""

import asyncio
import socket
from typing import Any, override

from episodarr.runtime.workers import start_alone

MOST_AT_ONCE = 64
"""Look-ups under way: one for each name, shared by all requests for it meanwhile."""


class OwnLookups(asyncio.SelectorEventLoop):
    """The event loop of `serve`.

    The loop's own pool has a few threads for everything that blocks. Names that resolve slowly fill
    it, and the process waits for it at its end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lookups: dict[tuple[object, ...], asyncio.Future[Any]] = {}

    @override
    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """The addresses that the system's resolver returns.

        Raises:
            OSError: there is no such name, or too many look-ups hang.
        """
        what = (host, port, family, type, proto, flags)
        lookup = self._lookups.get(what)
        if lookup is None:
            if len(self._lookups) >= MOST_AT_ONCE:
                raise socket.gaierror(socket.EAI_AGAIN, "too many names are being looked up")
            found = start_alone("look-up", lambda: socket.getaddrinfo(*what))
            lookup = self._lookups[what] = asyncio.wrap_future(found, loop=self)
            lookup.add_done_callback(lambda _: self._lookups.pop(what, None))
        return await asyncio.shield(lookup)
