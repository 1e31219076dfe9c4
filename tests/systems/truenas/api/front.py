"""What may stand in front of a TrueNAS, or in its place: a server with the lab's certificate."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from tests.lab.truenas import TrueNas

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def front(nas: TrueNas, handler: Handler) -> AsyncGenerator[str]:
    """Serve everything with one handler, through TLS; gives the address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=nas._tls)
    await site.start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def decrypting_proxy(nas: TrueNas) -> AsyncGenerator[str]:
    """Decrypt, and go on to TrueNAS without encryption, as a careless reverse proxy does."""
    plain = await nas.open_plain()
    async with ClientSession() as session:

        async def pass_on(request: web.Request) -> web.StreamResponse:
            headers = {"Host": request.host}
            async with session.get(
                plain + request.path, headers=headers, allow_redirects=False
            ) as answer:
                kept = {"Location", "Content-Type"} & answer.headers.keys()
                return web.Response(
                    body=await answer.read(),
                    status=answer.status,
                    headers={name: answer.headers[name] for name in kept},
                )

        async with front(nas, pass_on) as url:
            yield url
