"""A worker that listens for TorchServe's own messages, for programs that speak them.

The workers of this server are :mod:`ts_worker.main`; they load and predict with the same code.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Any

from ts.arg_parser import ArgParser
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.model_loader import ModelLoaderFactory
from ts.protocol.otf_message_handler import LOAD_MSG, create_load_model_response, retrieve_msg
from ts.service import Service
from ts_worker.preparation import shipped_metrics

logger = logging.getLogger(__name__)


class TorchModelServiceWorker:
    """Listens on one socket and serves one connection after the other.

    Each process that torchrun starts listens at the port, or at the number at the end of the socket's name, plus its
    LOCAL_RANK.

    :param s_type: ``"unix"`` or ``"tcp"``.
    :param s_name: path of the unix socket; a file that is there is replaced.
    :param host_addr: address of the tcp socket, the loopback interface unless given.
    :param metrics_config: metrics.yaml, the shipped one unless given.
    :raises ValueError: if the address is incomplete.
    """

    def __init__(
        self,
        s_type: str | None = None,
        s_name: str | None = None,
        host_addr: str | None = None,
        port_num: int | None = None,
        metrics_config: str | None = None,
        async_comm: bool | None = False,
    ) -> None:
        rank = int(os.environ.get("LOCAL_RANK", "0"))
        if s_type == "unix" and s_name:
            self.address: Any = _of_rank(s_name, rank) if rank else s_name
            self.sock = socket.socket(socket.AF_UNIX)
        elif s_type == "tcp" and port_num is not None:
            self.address = (host_addr or "127.0.0.1", int(port_num) + rank)
            self.sock = socket.socket(socket.AF_INET)
        else:
            raise ValueError("the socket is incomplete: unix needs a name (s_name), tcp a port (port_num)")
        self.service: Service | None = None
        self.metrics_cache = MetricsCacheYamlImpl(metrics_config or shipped_metrics())
        self.metrics_cache.initialize_cache()

    def load_model(self, load_model_request: dict[str, Any]) -> tuple[Service | None, str, int]:
        """Loads a model as a load message describes it (:func:`ts.protocol.otf_message_handler.retrieve_msg`).

        :returns: the service, a message and 200; or None, a message and 500 or 507.
        """
        names = ("modelName", "modelPath", "handler", "envelope")
        text = {name: bytes(load_model_request.get(name) or b"").decode() for name in names}
        self.metrics_cache.model_name = text["modelName"]
        gpu = load_model_request.get("gpu")
        try:
            service = ModelLoaderFactory.get_model_loader().load(
                text["modelName"],
                text["modelPath"],
                text["handler"],
                int(gpu) if gpu is not None else None,
                int(load_model_request.get("batchSize") or 1),
                text["envelope"],
                bool(load_model_request.get("limitMaxImagePixels", True)),
                self.metrics_cache,
            )
        except MemoryError:
            logger.exception("System out of memory")
            return None, "System out of memory", 507
        except RuntimeError as error:
            logger.exception("The model could not be loaded")
            return (None, "System out of memory", 507) if "CUDA" in str(error) else (None, "Unknown exception", 500)
        return service, f"loaded model {text['modelName']}", 200

    def handle_connection(self, cl_socket: socket.socket) -> None:
        """Serves a connection until it ends.

        :raises RuntimeError: if a model could not be loaded.
        """
        while True:
            command, message = retrieve_msg(cl_socket)
            if command == LOAD_MSG:
                self.service, result, code = self.load_model(message)
                cl_socket.sendall(create_load_model_response(code, result))
                if code != 200:
                    raise RuntimeError(f"{code} - {result}")
            elif self.service is not None:
                self.service.set_cl_socket(cl_socket)
                response = self.service.predict(message)
                if response is not None:
                    cl_socket.sendall(response)

    def run_server(self) -> None:
        """Listens, and serves one connection after the other."""
        if isinstance(self.address, str) and os.path.exists(self.address):
            os.remove(self.address)
        self.sock.bind(self.address)
        self.sock.listen(1)
        logger.info("Listening on %s", self.address)
        while True:
            connection, _ = self.sock.accept()
            with connection:
                try:
                    self.handle_connection(connection)
                except ConnectionError:
                    logger.info("Frontend disconnected.")


def _of_rank(s_name: str, rank: int) -> str:
    stem, dot, number = s_name.rpartition(".")
    if not (dot and number.isdigit()):
        raise ValueError(
            f"the socket's name should end in a number, such as ts.sock.9000, to have one a rank: {s_name}"
        )
    return f"{stem}.{int(number) + rank}"


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    words = ArgParser.model_service_worker_args().parse_args()
    TorchModelServiceWorker(words.sock_type, words.sock_name, words.host, words.port, words.metrics_config).run_server()
