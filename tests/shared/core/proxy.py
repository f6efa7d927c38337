"""A line to PostgreSQL that can fall silent: the kernels go on acknowledging, and nothing arrives any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url


class SilentProxy:
    """Forwards bytes on loopback until told to be silent; connections made afterwards work."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lines: list[asyncio.Event] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def silence(self) -> int:
        """Let every line of now carry nothing more; how many there were."""
        speaking = [line for line in self._lines if not line.is_set()]
        for line in speaking:
            line.set()
        return len(speaking)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ahead_reader, ahead_writer = await asyncio.open_connection(*self._target)
        silent = asyncio.Event()
        self._lines.append(silent)
        self._writers += [writer, ahead_writer]
        for source, sink in ((reader, ahead_writer), (ahead_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink, silent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if not silent.is_set():
                    sink.write(data)
                    await sink.drain()
        if not silent.is_set():
            silent.set()
            sink.close()

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def through_proxy(url: str) -> AsyncIterator[tuple[SilentProxy, str]]:
    """A proxy before this database, and the URL that leads through it."""
    parsed = make_url(url)
    proxy = SilentProxy(parsed.host or "127.0.0.1", parsed.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, parsed.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    finally:
        server.close()
        await proxy.close()
