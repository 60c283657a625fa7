"""The handler classes of the time before :class:`ts.torch_handler.base_handler.BaseHandler`."""
