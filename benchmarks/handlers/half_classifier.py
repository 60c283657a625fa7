"""The stock image classifier in half precision."""

from ts.torch_handler.image_classifier import ImageClassifier


class HalfClassifier(ImageClassifier):
    """Converts the model once and each batch."""

    def initialize(self, context):
        super().initialize(context)
        self.model.half()

    def inference(self, data, *args, **kwargs):
        return super().inference(data.half(), *args, **kwargs).float()
