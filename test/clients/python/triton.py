"""tritonclient, whose bodies are compressed with what it knows: the scores are the same."""

import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as http

url, image = sys.argv[1].removeprefix("http://"), Path(sys.argv[2])
client = http.InferenceServerClient(url)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("lid")

scores = []
for binary in (True, False):
    for coding in (None, "gzip", "deflate"):
        files = http.InferInput("image_bytes", [1], "BYTES")
        if binary:
            files.set_data_from_numpy(np.array([image.read_bytes()], dtype=np.object_))
        else:
            import base64

            text = base64.b64encode(image.read_bytes())
            files.set_data_from_numpy(np.array([text], dtype=np.object_), binary_data=False)
        outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("score", "anomaly_map")]
        result = client.infer(
            "lid",
            [files],
            outputs=outputs,
            request_compression_algorithm=coding,
            response_compression_algorithm=coding,
        )
        scores.append([float(result.as_numpy("score").ravel()[0]), float(result.as_numpy("anomaly_map").max())])
print(json.dumps(scores))
