"""Delivers what waits in the queue: to another system over MLLP, or to a webhook. In order, and again until it is taken."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from enum import Enum
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from neomag.hl7v2 import mllp
from neomag.hl7v2.faults import INTERNAL
from neomag.hl7v2.message import head_of
from neomag.hl7v2.queue import Parcel, Queue

if TYPE_CHECKING:
    import httpx

LOG = logging.getLogger("neomag.hl7v2")
_FIRST, _LONGEST = 1.0, 300.0
# Answers of HTTP that say "later": everything else below 500 says "never".
_LATER = {408, 425, 429}


class Delivered(Enum):
    """How one attempt ended."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


Attempt = Callable[[Parcel], Coroutine[Any, Any, Delivered]]


def forward(host: str, port: int, tls: SSLContext | None = None) -> Attempt:
    """Attempts to send a parcel over MLLP. A receiver that names faults of content (AE, CE) will never take it."""

    async def attempt(parcel: Parcel) -> Delivered:
        try:
            answer = await mllp.send(host, port, parcel.body, tls=tls)
        except mllp.SendError as error:
            LOG.warning("forward: %s", error)
            return Delivered.LATER
        head = head_of(parcel.body)
        if head is None or answer.control != head.value(10):
            LOG.warning("forward: the answer is to another message")
            return Delivered.LATER
        if answer.good:
            return Delivered.TAKEN
        # A rejection may be for reasons other than the message: the receiver's own fault, or none named.
        lasting = answer.code in {"AE", "CE"} or (answer.conditions and INTERNAL not in answer.conditions)
        return Delivered.NEVER if lasting else Delivered.LATER

    return attempt


def webhook(client: httpx.AsyncClient, url: str, token: str | None = None) -> Attempt:
    """Attempts to post a parcel as JSON, with its identity as Idempotency-Key."""
    import httpx

    async def attempt(parcel: Parcel) -> Delivered:
        headers = {"Content-Type": "application/json", "Idempotency-Key": parcel.identity}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = await client.post(url, content=parcel.body, headers=headers)
        except httpx.HTTPError as error:
            LOG.warning("webhook: %s", type(error).__name__)
            return Delivered.LATER
        if answer.is_success:
            return Delivered.TAKEN
        LOG.warning("webhook: answered %d", answer.status_code)
        return Delivered.LATER if answer.status_code in _LATER or answer.status_code >= 500 else Delivered.NEVER

    return attempt


async def deliver(queue: Queue, target: str, attempt: Attempt, wake: asyncio.Event, *, first: float = _FIRST) -> None:
    """Deliver what waits for a target, oldest first, until cancelled. `wake` is set when something may have come.

    A receiver that is down is tried again after `first` seconds, then ever later, up to five minutes; nothing overtakes.
    """
    pause = first
    while True:
        wake.clear()
        try:
            parcel = await asyncio.to_thread(queue.first, target)
            if parcel is None:
                await wake.wait()
                continue
            ended = await attempt(parcel)
            if ended is Delivered.TAKEN:
                await asyncio.to_thread(queue.delivered, parcel)
            elif ended is Delivered.NEVER:
                LOG.error("%s: refused by its receiver and put aside", target)
                await asyncio.to_thread(queue.refused, parcel)
        except Exception as error:  # noqa: BLE001 - whatever it is, what waits must go on waiting
            LOG.error("%s: delivery failed (%s)", target, type(error).__name__)
            ended = Delivered.LATER
        if ended is not Delivered.LATER:
            pause = first
            continue
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))
        pause = min(pause * 2, _LONGEST)
