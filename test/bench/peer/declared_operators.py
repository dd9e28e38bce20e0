"""Imported for what it does: after it, torchvision can be imported beside a CPU build of torch. (Not called torchvision…:
modules of such names are forgotten when its import is tried again.)"""

import sys

import torch


def import_torchvision():
    """PyPI's torchvision is built for CUDA. Beside a CPU build of torch its own operators are missing, and importing it
    fails where it describes two of them. CFLOW uses neither: it is enough that they are declared."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision  # noqa: F401

        return library
    return None


declared = import_torchvision()
