"""anomalib, driven by JSON lines: one request per line on stdin, one answer per line on stdout.

It stays alive between requests, so that neither starting Python nor importing anomalib is timed, and it takes the time
of each run itself. Tensors go through safetensors files that the other side writes and reads.
"""

import json
import os
import resource
import sys
import time
import traceback
import warnings

# Answers go out on a copy of stdout: whatever a library prints must not end up between them.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.filterwarnings("ignore")

import torch  # noqa: E402

import declared_operators  # noqa: E402, F401


from importlib.metadata import version  # noqa: E402

from anomalib.models.image.cflow.torch_model import CflowModel  # noqa: E402
from anomalib.models.image.cflow.utils import cflow_head, get_logp  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch.nn import functional as F  # noqa: E402

# cpu, or cuda where this project is measured on the same card.
DEVICE = torch.device(os.environ.get("CFLOW_PEER_DEVICE", "cpu"))


def now():
    """Seconds, when everything that was asked of the device is done."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def device_name():
    return torch.cuda.get_device_name() if DEVICE.type == "cuda" else "cpu"


def on_device(tensors):
    return {name: tensor.to(DEVICE) for name, tensor in tensors.items()}


def on_cpu(tensors):
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


class GivenFeatures(torch.nn.Module):
    """Stands for the backbone where only what comes after it is timed."""

    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, _images):
        return self.features


def decoder_state(tensors, prefix):
    """The parameters under a prefix by anomalib's names; the inverse permutation is the transposed one."""
    state = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    for name in [name for name in state if name.endswith("w_perm")]:
        state[f"{name}_inv"] = state[name].T.contiguous()
    return {name: tensor for name, tensor in state.items() if not name.endswith("w_perm_index")}


class Scoring:
    """anomalib's model as it is: its `forward` is what is timed."""

    def __init__(self, file, backbone, layers, image_size, whole, **decoder):
        tensors = load_file(file)
        self.model = CflowModel(backbone=backbone, layers=layers, pre_trained=False, **decoder)
        for layer, head in zip(layers, self.model.decoders, strict=True):
            head.load_state_dict(decoder_state(tensors, f"decoders.{layer}."))
        if whole:
            network = self.model.encoder.feature_extractor
            weights = {name[len("backbone."):]: t for name, t in tensors.items() if name.startswith("backbone.")}
            result = network.load_state_dict(weights, strict=False)
            missing = [name for name in result.missing_keys if not name.endswith("num_batches_tracked")]
            if missing or result.unexpected_keys:
                raise ValueError(f"backbone weights: missing {missing[:4]}, unexpected {result.unexpected_keys[:4]}")
            self.images = tensors["images"].to(DEVICE)
        else:
            features = {layer: tensors[f"features.{layer}"].to(DEVICE) for layer in layers}
            self.model.encoder = GivenFeatures(features)
            self.images = torch.zeros(len(features[layers[0]]), 3, *image_size, device=DEVICE)
        self.model.to(DEVICE).eval()

    def run(self, save=None):
        seen = {}
        hook = save and self.model.anomaly_map_generator.register_forward_pre_hook(
            lambda _module, _args, kwargs: seen.update(kwargs), with_kwargs=True
        )
        started = now()
        with torch.inference_mode():
            found = self.model(self.images)
        elapsed = now() - started
        if save:
            hook.remove()
            layers = zip(self.model.pool_layers, seen["distribution"], strict=True)
            tensors = {f"log_likelihood.{layer}": distribution for layer, distribution in layers}
            tensors |= {"anomaly_map": found.anomaly_map, "score": found.pred_score}
            save_file(on_cpu(tensors), save)
        return {"ms": 1000 * elapsed}


class Training:
    """The inner loop of anomalib's `training_step` for one layer, without the backbone and without Lightning."""

    def __init__(self, file, channels, lr, **decoder):
        self.tensors = on_device(load_file(file))
        self.channels = channels
        self.decoder = cflow_head(n_features=channels, **decoder).to(DEVICE)
        self.decoder.load_state_dict(decoder_state(self.tensors, "decoder."))
        self.optimizer = torch.optim.Adam(params=list(self.decoder.parameters()), lr=lr)

    def run(self, save=None):
        c_r, e_r, order = self.tensors["condition"], self.tensors["features"], self.tensors["order"].long()
        steps, size = order.shape
        perm = order.flatten()
        losses = []
        started = now()
        for batch_num in range(steps):
            self.optimizer.zero_grad()
            idx = torch.arange(batch_num * size, (batch_num + 1) * size, device=DEVICE)
            c_p = c_r[perm[idx]]
            e_p = e_r[perm[idx]]
            p_u, log_jac_det = self.decoder(e_p, [c_p])
            decoder_log_prob = get_logp(self.channels, p_u, log_jac_det)
            log_prob = decoder_log_prob / self.channels
            loss = -F.logsigmoid(log_prob)
            mean = loss.mean()
            mean.backward()
            self.optimizer.step()
            losses.append(mean.detach())
        elapsed = now() - started
        if save:
            save_file(on_cpu({"losses": torch.stack(losses)} | self.decoder.state_dict()), save)
        return {"ms": 1000 * elapsed}


def peak_memory():
    """Bytes. Linux keeps the figure of the process that started this one, unless one asks for this program's memory."""
    try:
        with open("/proc/self/status", encoding="utf8") as status:
            return 1024 * int(next(line for line in status if line.startswith("VmHWM:")).split()[1])
    except OSError:
        # Linux counts in kilobytes, macOS in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main():
    torch.set_num_threads(int(os.environ["CFLOW_PEER_THREADS"]))
    torch.manual_seed(0)
    loaded = None

    def load(kind, **options):
        nonlocal loaded
        loaded = None  # frees the case before
        loaded = {"scoring": Scoring, "training": Training}[kind](**options)
        return {}

    operations = {
        "hello": lambda: {
            "versions": {name: version(name) for name in ("anomalib", "torch", "timm")},
            "device": device_name(),
        },
        "load": load,
        "run": lambda **options: loaded.run(**options),
        "memory": lambda: {"bytes": peak_memory()},
    }
    for line in sys.stdin:
        request = json.loads(line)
        operation = request.pop("operation")
        try:
            answer = operations[operation](**request)
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
