"""The networks that imaging recipes train, planned from patch and spacing and built from JSON."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

import torch
from torch import nn

from medstation.api import Json

SMALLEST = 4
"""Voxels an axis must have left after halving."""

COARSE = 1.6
"""An axis whose voxels are this much longer than the finest ones is not halved yet."""


def planned_strides(patch: Sequence[int], spacing: Sequence[float], levels: int) -> list[list[int]]:
    """Strides per level and axis (z, y, x): fine axes are halved first, to cubic voxels (nnU-Net, Isensee 2021)."""
    size, mm = list(patch), list(spacing)
    strides = []
    for _ in range(levels):
        ready = [size[a] // 2 >= SMALLEST and mm[a] < COARSE * min(mm) for a in range(3)]
        if not any(ready):
            ready = [size[a] // 2 >= SMALLEST for a in range(3)]
        if not any(ready):
            break
        step = [2 if one else 1 for one in ready]
        size = [size[a] // step[a] for a in range(3)]
        mm = [mm[a] * step[a] for a in range(3)]
        strides.append(step)
    return strides


def divisor(strides: Sequence[Sequence[int]]) -> list[int]:
    """What each axis of a patch must be a multiple of."""
    product = [1, 1, 1]
    for step in strides:
        product = [a * b for a, b in zip(product, step, strict=True)]
    return product


def planned_patch(shape: Sequence[float], multiple: Sequence[int], most: int) -> list[int]:
    """A patch of at most about `most` voxels in the form of `shape`, each side a multiple that the network can halve.

    The longest side gives way first, so that flat volumes keep their whole depth.
    """
    size = [float(one) for one in shape]
    while True:
        patch = [max(2, ceil(one / step)) * step for one, step in zip(size, multiple, strict=True)]
        longest = size.index(max(size))
        if prod(patch) <= most or size[longest] <= multiple[longest]:
            return patch
        size[longest] *= 0.97


def segmentation_network(config: Json) -> nn.Module:
    """One channel in, one per class (background first) out, in full resolution."""
    strides = config["strides"]
    widths = [min(int(config["width"]) * 2**level, 320) for level in range(len(strides) + 1)]
    builder = _NETWORKS[config["network"]]
    # channels last: measured a fifth faster per step on a processor
    network: nn.Module = builder(len(config["classes"]) + 1, strides, widths)
    return network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload, no-any-return]  # torch's stub lacks it


def _dynunet(classes: int, strides: list[list[int]], widths: list[int]) -> nn.Module:
    from monai.networks.nets.dynunet import DynUNet

    levels = len(widths)
    return DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=classes,
        kernel_size=[3] * levels,
        strides=[1, *strides],
        upsample_kernel_size=strides,
        filters=widths,
        norm_name=("INSTANCE", {"affine": True}),
        res_block=False,
    )


def _unet(classes: int, strides: list[list[int]], widths: list[int]) -> nn.Module:
    from monai.networks.nets.unet import UNet

    return UNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=classes,
        channels=widths,
        strides=strides,  # type: ignore[arg-type]  # one number per axis serves too, which its annotation omits
        num_res_units=1,
        act=("LEAKYRELU", {"inplace": True}),
        norm=("INSTANCE", {"affine": True}),
    )


def classification_network(config: Json, outputs: int = 0) -> nn.Module:
    """One channel of `config["shape"]`, (y, x) or (z, y, x), in; one logit per class out, or so many `outputs`."""
    dims, classes = len(config["shape"]), outputs or len(config["classes"])
    if config["network"] == "densenet121":
        from monai.networks.nets.densenet import DenseNet121

        return DenseNet121(spatial_dims=dims, in_channels=1, out_channels=classes, norm=_GROUPS)
    return _resnet(dims, classes, [1, 1, 1, 1] if config["network"] == "resnet10" else [2, 2, 2, 2])


def _resnet(dims: int, classes: int, layers: list[int]) -> nn.Module:
    from monai.networks.nets.resnet import ResNet

    return ResNet(
        block="basic",
        layers=layers,
        block_inplanes=[32, 64, 128, 256],
        spatial_dims=dims,
        n_input_channels=1,
        conv1_t_size=3,
        conv1_t_stride=1,
        num_classes=classes,
        norm=_GROUPS,
    )


_GROUPS = ("GROUP", {"num_groups": 8})
"""Group norm: batches are small here, down to one case, and batch norm needs many."""

_NETWORKS = {"dynunet": _dynunet, "unet": _unet}
