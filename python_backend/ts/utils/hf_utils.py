"""Models from the Hugging Face hub."""

from __future__ import annotations

from ts.torch_handler.optional import require

_WANTED = ["*.json", "*.pt", "*.bin", "*.txt", "*.model", "*.pth", "*.safetensors", "original/*"]


def download_model(
    model_id: str = "meta-llama/Meta-Llama-3.1-8B-Instruct",
    revision: str = "main",
    model_path: str = ".cache",
    use_auth_token: bool = True,
) -> str:
    """Fetch a model's weights, tokenizer and configuration.

    :param model_path: folder that they go to, in the hub's layout.
    :param use_auth_token: sign in with the token that ``huggingface-cli login`` stored.
    :returns: the folder of this revision.
    :raises ImportError: if huggingface_hub is not installed.
    """
    hub = require("huggingface_hub", "downloads from the Hugging Face hub", "huggingface_hub")
    return hub.snapshot_download(
        repo_id=model_id, revision=revision, allow_patterns=_WANTED, cache_dir=model_path, token=use_auth_token
    )
