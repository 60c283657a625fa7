"""The command lines of TorchServe's Python programs. The ``torchserve`` command itself is a Node program."""

from __future__ import annotations

import argparse


class ArgParser:
    """Makes parsers; nothing is parsed until asked."""

    @staticmethod
    def ts_parser() -> argparse.ArgumentParser:
        """The words that ``torchserve`` takes."""
        parser = argparse.ArgumentParser(prog="torchserve", description="Serves PyTorch models")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("-v", "--version", action="store_true", help="print the version")
        action.add_argument("--start", action="store_true", help="start the server")
        action.add_argument("--stop", action="store_true", help="stop the server")
        parser.add_argument("--ts-config", help="configuration file")
        parser.add_argument("--model-store", help="folder of model archives")
        parser.add_argument("--workflow-store", help="folder of workflow archives")
        parser.add_argument("--models", nargs="+", metavar="[NAME=]LOCATION", help="models to load at start")
        parser.add_argument("--log-config", help="logging configuration file")
        parser.add_argument("--cpp-log-config", help="logging configuration file of C++ workers")
        parser.add_argument("--foreground", action="store_true", help="stay in the foreground")
        parser.add_argument("--no-config-snapshots", "--ncs", action="store_true", help="no configuration snapshots")
        parser.add_argument("--plugins-path", "--ppath", help="folder of plugins")
        parser.add_argument("--disable-token-auth", "--dt", dest="token_auth", action="store_true", help="no tokens")
        parser.add_argument("--enable-model-api", dest="model_mode", action="store_true", help="allow registering")
        return parser

    @staticmethod
    def model_service_worker_args() -> argparse.ArgumentParser:
        """The words that :mod:`ts.model_service_worker` takes."""
        parser = argparse.ArgumentParser(prog="model-server-worker", description="A worker that listens on a socket")
        parser.add_argument(
            "--sock-type", required=True, dest="sock_type", choices=["unix", "tcp"], help="where to listen"
        )
        parser.add_argument("--sock-name", dest="sock_name", help="path of the unix socket")
        parser.add_argument("--host", help="address of the tcp socket")
        parser.add_argument("--port", help="port of the tcp socket")
        parser.add_argument("--metrics-config", dest="metrics_config", help="metrics.yaml")
        parser.add_argument("--async", dest="async_comm", action="store_true", help="serve coroutine handlers")
        return parser

    @staticmethod
    def extract_args(args: list[str] | None = None) -> argparse.Namespace:
        """Parses ``args``, else the process's own, as ``torchserve`` would."""
        return ArgParser.ts_parser().parse_args(args)
