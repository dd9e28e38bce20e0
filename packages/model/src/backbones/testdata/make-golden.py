"""Writes torch-backbones.json: what PyTorch computes for backbones whose weights follow from a formula.

    pip install torch torchvision timm && python make-golden.py

The formula is in formula-tensor.ts too; only samples of the results are kept.
"""

import json
import math
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision

HERE = Path(__file__).parent
SAMPLES = 24


def uniform(name: str, count: int) -> np.ndarray:
    """Numbers in [0, 1) that depend on nothing but the name: MurmurHash3's finaliser over a counter."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    h = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + seed).astype(np.uint32)
    h ^= h >> 16
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> 13
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> 16
    return h / 2.0**32


def formula_tensor(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights that keep numbers at about their size from layer to layer."""
    u = uniform(name, math.prod(shape))
    if len(shape) == 4:
        u = (2 * u - 1) * math.sqrt(4 / math.prod(shape[1:]))
    elif name.endswith(("running_var", "weight")):
        u = u + 0.5
    else:
        u = u - 0.5
    return u.astype(np.float32).reshape(shape)


def layout_digest(names: dict[str, tuple[int, ...]]) -> int:
    text = "\n".join(sorted(f"{name} {','.join(map(str, shape))}" for name, shape in names.items()))
    digest = 2166136261
    for byte in text.encode():
        digest = ((digest ^ byte) * 16777619) & 0xFFFFFFFF
    return digest


def case(architecture: str, layout: str, model: torch.nn.Module, size: tuple[int, int], taps: dict, heads: tuple) -> dict:
    state = model.state_dict()
    trunk = {
        name: tuple(tensor.shape)
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked") and not name.startswith(heads)
    }
    for name, shape in trunk.items():
        state[name] = torch.from_numpy(formula_tensor(name, shape))
    model.load_state_dict(state)
    model.eval().double()
    found = {}
    modules = dict(model.named_modules())
    for layer, module in taps.items():
        modules[module].register_forward_hook(lambda _m, _i, y, layer=layer: found.__setitem__(layer, y))
    height, width = size
    pixels = np.floor(uniform("image", 3 * height * width) * 256).reshape(1, 3, height, width)
    symmetric = architecture.startswith("efficientnet_lite")
    mean = np.array([0.5, 0.5, 0.5] if symmetric else [0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
    deviation = np.array([0.5, 0.5, 0.5] if symmetric else [0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
    with torch.no_grad():
        model(torch.from_numpy((pixels / 255 - mean) / deviation))
    layers = []
    for layer in taps:
        y = found[layer].numpy()
        flat = y.ravel()
        indices = [i * (flat.size - 1) // (SAMPLES - 1) for i in range(SAMPLES)]
        layers.append({
            "name": layer,
            "shape": list(y.shape),
            "mean": float(f"{flat.mean():.7g}"),
            "deviation": float(f"{flat.std():.7g}"),
            "values": [float(f"{flat[i]:.7g}") for i in indices],
        })
    return {
        "architecture": architecture,
        "layout": layout,
        "height": height,
        "width": width,
        "tensors": len(trunk),
        "layoutDigest": layout_digest(trunk),
        "layers": layers,
    }


def same(*names: str) -> dict:
    return {name: name for name in names}


RESNET_HEADS = ("fc.",)
LITE_HEADS = ("conv_head.", "bn2.", "classifier.")
TIMM_V3_HEADS = ("conv_head.", "classifier.")
cases = [
    case("resnet18", "timm", timm.create_model("resnet18"), (64, 64),
         same("layer1", "layer2.0", "layer2", "layer3", "layer4"), RESNET_HEADS),
    case("resnet34", "timm", timm.create_model("resnet34"), (64, 64),
         same("layer1", "layer2", "layer3.4", "layer3", "layer4"), RESNET_HEADS),
    case("resnet50", "timm", timm.create_model("resnet50"), (64, 64),
         same("layer1", "layer2.1", "layer2", "layer3", "layer4"), RESNET_HEADS),
    case("wide_resnet50_2", "timm", timm.create_model("wide_resnet50_2"), (32, 32),
         same("layer1", "layer2", "layer3", "layer4"), RESNET_HEADS),
    case("mobilenet_v2", "timm", timm.create_model("mobilenetv2_100"), (64, 64),
         {"features.0": "bn1", "features.1": "blocks.0.0", **same("blocks.2.1", "blocks.2", "blocks.4", "blocks.6"), "features.18": "bn2"}, ("classifier.",)),
    case("mobilenet_v3_large", "timm", timm.create_model("mobilenetv3_large_100"), (64, 64),
         {"features.0": "bn1", "features.1": "blocks.0.0", **same("blocks.2", "blocks.3", "blocks.4", "blocks.5.1", "blocks.5", "blocks.6")}, TIMM_V3_HEADS),
    case("mobilenet_v2", "torchvision", torchvision.models.mobilenet_v2(), (100, 68),
         same("features.0", "features.1", "features.6", "features.13", "features.17", "features.18"), ("classifier.",)),
    case("mobilenet_v3_large", "torchvision", torchvision.models.mobilenet_v3_large(), (100, 68),
         same("features.0", "features.1", "features.6", "features.12", "features.15", "features.16"), ("classifier.",)),
    # TensorFlow's SAME puts the odd pixel of padding at the end: sizes even and odd show on which side it is.
    case("efficientnet_lite0", "timm", timm.create_model("tf_efficientnet_lite0"), (64, 64),
         same("bn1", "blocks.0", "blocks.2.0", "blocks.2", "blocks.4", "blocks.6"), LITE_HEADS),
    case("efficientnet_lite1", "timm", timm.create_model("tf_efficientnet_lite1"), (77, 50),
         same("blocks.2", "blocks.4", "blocks.6"), LITE_HEADS),
    case("efficientnet_lite2", "timm", timm.create_model("tf_efficientnet_lite2"), (64, 64),
         same("blocks.2", "blocks.4", "blocks.6"), LITE_HEADS),
    case("resnet18", "torchvision", torchvision.models.resnet18(), (100, 68),
         same("layer2", "layer3", "layer4"), RESNET_HEADS),
]
source = f"torch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}, float64 on the CPU"
lines = ",\n".join("  " + json.dumps(c) for c in cases)
(HERE / "torch-backbones.json").write_text(f'{{"source": {json.dumps(source)}, "cases": [\n{lines}\n]}}\n')
