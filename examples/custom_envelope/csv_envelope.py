"""Tables in, tables out: clients speak CSV, the handler sees rows of numbers."""

import csv
import io

from ts.torch_handler.request_envelope.base import BaseEnvelope


class CsvEnvelope(BaseEnvelope):
    """Each request is a table without a header. The handler gets the rows of all tables as one batch."""

    def parse_input(self, data):
        texts = [row.get("data") or row.get("body") for row in data]
        tables = [list(csv.reader(io.StringIO(_text(text)))) for text in texts]
        self.lengths = [len(table) for table in tables]
        return [[float(cell) for cell in line] for table in tables for line in table]

    def format_output(self, data):
        results, answers = iter(data), []
        for index, length in enumerate(self.lengths):
            table = io.StringIO()
            csv.writer(table, lineterminator="\n").writerows([[next(results)] for _ in range(length)])
            answers.append(table.getvalue())
            self.context.set_response_content_type(index, "text/csv")
        return answers


def _text(body):
    return body if isinstance(body, str) else body.decode("utf-8")
