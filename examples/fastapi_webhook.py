"""A web service whose waits end when Firecrawl says so, not at their next poll.

    FIRECRAWL_API_KEY=... FIRECRAWL_WEBHOOK_SECRET=... uvicorn examples.fastapi_webhook:app

`POST /monitors/{id}/run` starts a check and waits for it; `POST /webhooks/firecrawl` is the address to give to
Firecrawl. A delivery is a hint: what it says is read from Firecrawl before anybody is answered, so a forged, early or
repeated one does no harm. Without any delivery the wait ends too, a little later.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator  # noqa: TC003 - FastAPI reads the annotations
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request

from omnirun import AlreadyRunning, AsyncClient, BadRef, BadSignature, NotFound, WaitTimeout, firecrawl


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """One client for the life of the service: all its waits share one poller."""
    async with AsyncClient() as client:
        app.state.client = client
        yield


def opened(request: Request) -> AsyncClient:
    """The client of this service."""
    client: AsyncClient = request.app.state.client
    return client


app = FastAPI(lifespan=lifespan)
Opened = Annotated[AsyncClient, Depends(opened)]


@app.post("/monitors/{monitor}/run")
async def run(monitor: str, client: Opened, timeout: float = 300.0) -> dict[str, Any]:
    """Run a monitor and answer with its end; if it is busy, with the end of the check that is under way."""
    try:
        ended = await client.run(firecrawl.Monitor(monitor), timeout, on_conflict="attach")
    except BadRef as error:
        raise HTTPException(422, str(error)) from error
    except NotFound as error:
        raise HTTPException(404, str(error)) from error
    except AlreadyRunning as error:
        raise HTTPException(409, str(error)) from error
    except WaitTimeout as late:  # the check goes on; ask for it with its ref
        raise HTTPException(504, {"pending": str(late.pending[0].ref)}) from late
    return {"ref": str(ended.ref), "outcome": ended.outcome, "verdict": ended.verdict, "ok": ended.ok}


@app.get("/runs/{ref:path}")
async def look(ref: str, client: Opened) -> dict[str, Any]:
    """How a run stands, by its ref."""
    try:
        seen = await client.get(ref)
    except (BadRef, NotFound) as error:
        raise HTTPException(404, str(error)) from error
    return {"ref": str(seen.ref), "phase": seen.phase, "outcome": seen.outcome, "verdict": seen.verdict}


@app.post("/webhooks/firecrawl", status_code=204)
async def delivered(request: Request, client: Opened) -> None:
    """Take a delivery: the raw bytes are what is signed, so nothing may parse them first."""
    secret = os.environ["FIRECRAWL_WEBHOOK_SECRET"]
    try:
        event = firecrawl.read_webhook(await request.body(), request.headers, secret)
    except BadSignature as error:
        raise HTTPException(401, str(error)) from error
    client.notify(event)
