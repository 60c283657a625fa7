"""Serves a model of rows of numbers to clients that speak CSV."""

from ts.torch_handler.base_handler import BaseHandler

from csv_envelope import CsvEnvelope


class RowHandler(BaseHandler):
    """The base handler, behind an envelope. The worker takes ``handle`` from the instance."""

    def __init__(self):
        super().__init__()
        self.handle = CsvEnvelope(super().handle).handle
