"""anomalib's Patchcore and Cflow on given features: one request in, scores and maps out.

    python anomalib_peers.py request.json

Models, losses, coreset and maps are anomalib's own code. What stands in for them is the backbone: its features are in a
file, computed by the side that asks, so that both sides see the same. Their time is therefore not in what is answered.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path
from statistics import median
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent / "peer"))
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.filterwarnings("ignore")

import torch  # noqa: E402

import declared_operators  # noqa: E402, F401
from bare_step import train_by_hand  # noqa: E402

from importlib.metadata import version  # noqa: E402

import anomalib.models.image.cflow.torch_model as cflow_model  # noqa: E402
import anomalib.models.image.patchcore.torch_model as patchcore_model  # noqa: E402
from anomalib.models import Cflow  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

TIMED_IMAGES = 20
BATCH = 32


class GivenFeatures(torch.nn.Module):
    """Stands for the backbone: gives the features of the images whose places were said last."""

    features = {}
    places = []

    def __init__(self, backbone, layers, pre_trained=True, **_options):
        super().__init__()
        self.layers = list(layers)
        self.out_dims = [self.features[layer].shape[1] for layer in self.layers]

    def forward(self, _images):
        return {layer: self.features[layer][self.places] for layer in self.layers}


class Images:
    """Images that nobody looks at: what matters is their number and their size."""

    def __init__(self, size):
        self.size = size

    def __call__(self, places):
        GivenFeatures.places = places
        return torch.zeros(1, 1, 1, 1).expand(len(places), 3, *self.size)


def batches(places, size=BATCH):
    return [places[start : start + size] for start in range(0, len(places), size)]


def patchcore(images, request):
    """The memory bank of a coreset; scores weighed by the neighborhood, as anomalib's default has them."""
    model = patchcore_model.PatchcoreModel(
        layers=request["layers"], num_neighbors=request["neighbors"], pre_trained=False
    )
    started = time.perf_counter()
    model.train()
    for places in batches(request["train"]):
        model(images(places))
    model.subsample_embedding(request["coreset"])
    seconds = time.perf_counter() - started
    model.eval()

    def score(places):
        with torch.inference_mode():
            found = [model(images(some)) for some in batches(places)]
        scores = torch.cat([each.pred_score.flatten() for each in found])
        return scores, torch.cat([each.anomaly_map[:, 0] for each in found])

    return score, seconds, 4 * model.memory_bank.numel()


def cflow(images, request):
    """anomalib's training step, image batch by image batch. Maps are normalized over all images that are scored."""
    module = Cflow(
        layers=request["layers"],
        pre_trained=False,
        fiber_batch_size=request["fibers"],
        lr=request["lr"],
        pre_processor=False,
        post_processor=False,
        evaluator=False,
        visualizer=False,
    )
    over = train_by_hand(module)
    started = time.perf_counter()
    for epoch in range(request["epochs"]):
        order = torch.randperm(len(request["train"])).tolist()
        for some in batches(order):
            places = [request["train"][place] for place in some]
            # The step wants a whole batch of fibers in every layer, which few images may not have.
            fewest = min(height * width for height, width in request["sizes"].values()) * len(places)
            module.model.fiber_batch_size = min(request["fibers"], fewest)
            module.training_step(SimpleNamespace(image=images(places)))
        print(f"epoch {epoch + 1} of {request['epochs']}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    seconds = time.perf_counter() - started
    over()

    def score(places):
        with torch.inference_mode():
            found = module.model(images(places))
        return found.pred_score.flatten(), found.anomaly_map.reshape(len(places), *request["inputSize"])

    return score, seconds, sum(4 * parameter.numel() for parameter in module.model.decoders.parameters())


def timed(score, places):
    """Median time of one image alone, the first once more to warm up."""
    score(places[:1])
    times = []
    for place in places:
        started = time.perf_counter()
        score([place])
        times.append(time.perf_counter() - started)
    return median(times)


def main():
    request = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(request["threads"])
    torch.manual_seed(request["seed"])
    given = load_file(request["features"])
    for name, (height, width) in request["sizes"].items():
        rows = given[name]  # [images, h * w, C]
        GivenFeatures.features[name] = rows.permute(0, 2, 1).reshape(len(rows), -1, height, width)
    patchcore_model.TimmFeatureExtractor = GivenFeatures
    cflow_model.TimmFeatureExtractor = GivenFeatures
    make = {"patchcore": patchcore, "cflow": cflow}[request["model"]]
    score, seconds, size = make(Images(request["inputSize"]), request)
    scores, maps = score(request["calibration"] + request["test"])
    save_file({"scores": scores.contiguous(), "maps": maps.float().contiguous()}, request["output"])
    test = request["test"]
    step = max(1, len(test) // TIMED_IMAGES)
    answer = {
        "trainingSeconds": seconds,
        "scoringSeconds": timed(score, test[::step][:TIMED_IMAGES]),
        "bytes": size,
        "versions": {name: version(name) for name in ("anomalib", "torch")},
    }
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


main()
