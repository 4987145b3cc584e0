"""Why a model says what it says: one file per method, and a check of each answer. Light: no torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """`ref` is `(Question) -> torch.Tensor per part, or tensors in the grids of the inputs`; see `explain`."""

    name: str
    title: str
    ref: str
    says: str


_HERE = "medstation.learning.explaining"

METHODS = tuple(
    Method(name, title, f"{_HERE}.{ref}", says)
    for name, title, ref, says in (
        ("occlusion", "Occlusion", "perturbing:occlusion", "takes each part away and sees what changes"),
        ("gradients", "Integrated gradients", "gradients:integrated", "follows the answer from nothing to the record"),
        ("deeplift", "DeepLIFT", "deeplift:deeplift", "compares every step of the network with and without the record"),
        ("lime", "LIME", "perturbing:lime", "fits a simple model around the record"),
        ("shap", "Kernel SHAP", "perturbing:shap", "shares the answer out among the parts, fairly"),
        ("gradcam", "Grad-CAM", "gradcam:gradcam", "shows where the last wide layer looked (convolutional networks)"),
        ("rollout", "Attention roll-out", "rollout:rollout", "follows the attention through all layers (transformers)"),
    )
)
"""In the order in which a person should try them."""


def names() -> tuple[str, ...]:
    return tuple(method.name for method in METHODS)
