"""Trains anomalib's Cflow for a moment, saves it by Lightning, and scores the images with it, all of them as one batch. Untrained
decoders find all places alike, and maps are then the difference of almost equal numbers.

Called with one JSON argument: backbone, layers, size, images (PNG files of that size), checkpoint and output. What anomalib
says goes to `output` as safetensors: `maps` [images, height, width] and `scores` [images].
"""

import json
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

warnings.filterwarnings("ignore")
sys.path.insert(0, str(Path(__file__).parent.parent / "bench" / "peer"))

import torch  # noqa: E402, I001
import declared_operators  # noqa: E402, F401
from bare_step import train_by_hand  # noqa: E402

import lightning  # noqa: E402
import numpy as np  # noqa: E402
from anomalib.models import Cflow  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

PASSES = 4

asked = json.loads(sys.argv[1])
torch.manual_seed(0)
size = (asked["size"], asked["size"])
model = Cflow(
    backbone=asked["backbone"],
    layers=asked["layers"],
    pre_trained=False,
    lr=1e-3,
    fiber_batch_size=256,
    pre_processor=Cflow.configure_pre_processor(image_size=size),
)
pixels = [np.asarray(Image.open(file).convert("RGB"), dtype=np.float32) / 255 for file in asked["images"]]
images = torch.stack([torch.from_numpy(each).permute(2, 0, 1) for each in pixels])
over = train_by_hand(model)
for _ in range(PASSES):
    model.training_step(SimpleNamespace(image=model.pre_processor(images)))
over()

trainer = lightning.Trainer(max_epochs=0, logger=False, enable_checkpointing=False, accelerator="cpu")
trainer.strategy.connect(model)
trainer.save_checkpoint(asked["checkpoint"])

with torch.no_grad():
    said = model.model(model.pre_processor(images))
save_file(
    {
        "maps": said.anomaly_map.flatten(0, 1).contiguous(),
        "scores": said.pred_score.flatten().contiguous(),
    },
    asked["output"],
)
