"""Translate between a protocol's bodies and a handler's list of inputs; chosen with ``service_envelope``.

Each module holds one :class:`ts.torch_handler.request_envelope.base.BaseEnvelope`: ``body``, ``json``, ``kserve`` and
``kservev2``. A module of yours in this package would be chosen by its name in the same way.
"""
