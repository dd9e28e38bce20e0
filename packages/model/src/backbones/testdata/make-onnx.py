"""Writes a small residual network as PyTorch's two exporters write it, and what PyTorch computes with it.

    pip install torch onnx onnxscript && python make-onnx.py

torch-net.onnx: the older exporter, operator set 17, weights in the file. torch-net-external.onnx: the newer one,
operator set 20, weights in torch-net-external.onnx.data; without its remarks, which are mostly stack traces.
"""

import json
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

HERE = Path(__file__).parent


class Block(nn.Module):
    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, groups=out)
        self.down = nn.Conv2d(channels, out, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = nn.functional.silu(self.bn1(self.conv1(x)))
        return nn.functional.hardswish(self.conv2(y) + self.down(x))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.stage1 = Block(6, 8)
        self.stage2 = Block(8, 12)
        self.stage3 = Block(12, 16)
        self.head = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stage3(self.stage2(self.stage1(torch.relu(self.stem(x)))))
        return self.head(x.mean((2, 3)))


torch.manual_seed(3)
net = Net().eval()
for module in net.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.uniform_(-0.5, 0.5)
        module.running_var.uniform_(0.5, 1.5)
image = torch.zeros(1, 3, 64, 64)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch.onnx.export(
        net, image, str(HERE / "torch-net.onnx"), dynamo=False, opset_version=17, do_constant_folding=False,
        input_names=["input"], output_names=["logits"], dynamic_axes={"input": {0: "n", 2: "h", 3: "w"}},
    )
    size = {axis: torch.export.Dim(axis, min=64, max=1024) for axis in ("h", "w")}
    torch.onnx.export(
        net, image, str(HERE / "torch-net-external.onnx"), dynamo=True, input_names=["input"],
        output_names=["logits"], dynamic_shapes={"x": {0: torch.export.Dim("n"), 2: size["h"], 3: size["w"]}},
    )
path = str(HERE / "torch-net-external.onnx")
model = onnx.load(path, load_external_data=False)
for message in (*model.graph.node, *model.graph.value_info, *model.graph.initializer, model.graph, model):
    message.ClearField("doc_string")
    message.ClearField("metadata_props")
onnx.save(model, path)

# The same noise as in objectron.test.ts, as pixels.
height, width = 72, 100
i = torch.arange(3 * height * width, dtype=torch.int64)
v = (i * 2654435761) & 0xFFFFFFFF
v = ((v ^ (v >> 15)) * 2246822519) & 0xFFFFFFFF
v = v ^ (v >> 13)
pixels = (v >> 24).reshape(1, 3, height, width).double()
mean = torch.tensor([0.485, 0.456, 0.406]).double().reshape(1, 3, 1, 1)
deviation = torch.tensor([0.229, 0.224, 0.225]).double().reshape(1, 3, 1, 1)
layers = {}
for name in ("stage1", "stage2", "stage3"):
    getattr(net, name).register_forward_hook(lambda _m, _i, y, name=name: layers.__setitem__(name, y))
with torch.no_grad():
    net.double()((pixels / 255 - mean) / deviation)
golden = {
    name: {
        "shape": list(y.shape),
        "mean": float(y.mean()),
        "deviation": float(y.std(correction=0)),
        "values": [float(f"{x:.7g}") for x in y.flatten()[:: max(1, y.numel() // 20)]],
    }
    for name, y in layers.items()
}
(HERE / "torch-net.json").write_text(json.dumps({"source": f"torch {torch.__version__}", "layers": golden}) + "\n")
