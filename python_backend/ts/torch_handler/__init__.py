"""The handlers that come with the server, and :class:`ts.torch_handler.base_handler.BaseHandler` for your own."""
