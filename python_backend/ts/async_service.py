"""A loaded model whose handler is a coroutine function, for programs that speak TorchServe's own messages.

The workers of this server do the same in :mod:`ts_worker.async_runner`.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
from collections.abc import Iterable
from typing import Any

from ts.protocol.otf_message_handler import create_predict_response, retrieve_msg
from ts.service import Service
from ts_worker.failure import BatchFailure
from ts_worker.prediction import predict_async

logger = logging.getLogger(__name__)


class AsyncService:
    """Answers batches side by side; each has a copy of the service's context to itself.

    :param service: its entry point is a coroutine function.
    """

    def __init__(self, service: Service) -> None:
        self.service = service

    async def predict(self, batch: Iterable[dict[str, Any]]) -> bytearray | None:
        """As :meth:`ts.service.Service.predict`."""
        context = copy.copy(self.service.context)
        cl_socket, context.cl_socket = self.service.cl_socket, None  # a socket cannot be copied
        context = copy.deepcopy(context)
        inputs = self.service.retrieve_data_for_inference(batch)
        try:
            outputs = await predict_async(context, self.service.entry_point, inputs, cl_socket)
        except BatchFailure as failure:
            return create_predict_response(None, inputs.request_ids, failure.message, failure.http_status)
        return create_predict_response(outputs, inputs.request_ids, "Prediction success", 200, context=context)

    def run(self) -> str | None:
        """Reads batches from the service's socket and answers each when it is done, until the other side hangs up.

        Runs on the event loop of the thread. :returns: None, or what went wrong.
        """
        return asyncio.get_event_loop().run_until_complete(self._serve())

    async def _serve(self) -> str | None:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str | None] = loop.create_future()

        def end(reason: str | None) -> None:
            if not ended.done():
                ended.set_result(reason)

        async def answer(batch: Any) -> None:
            try:
                response = await self.predict(batch)
                if response is not None:
                    self.service.cl_socket.sendall(response)
            except OSError:
                end(None)
            except Exception as error:
                logger.exception("The batch could not be answered")
                end(repr(error))

        def listen() -> None:
            try:
                while True:
                    _, batch = retrieve_msg(self.service.cl_socket)
                    asyncio.run_coroutine_threadsafe(answer(batch), loop)
            except OSError:
                loop.call_soon_threadsafe(end, None)
            except Exception as error:
                loop.call_soon_threadsafe(end, repr(error))

        threading.Thread(target=listen, daemon=True).start()
        return await ended
