"""What a reader of docs/clients.md writes with openapi-python-client: the package cflow_client is generated."""

import json
import struct
import sys
import time
from io import BytesIO
from pathlib import Path

from cflow_client import Client
from cflow_client.api.jobs import create_job, get_job, upload_data_set
from cflow_client.api.predict import predict
from cflow_client.api.versions import get_file
from cflow_client.models import (
    CreateJobFilesBody,
    JobRequest,
    PredictBody,
    PredictFilesBody,
    PredictFilesBodyMap,
    PredictBodyMap,
    PredictMap,
)
from cflow_client.types import File

base_url, image, archive = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
client = Client(base_url=base_url, raise_on_unexpected_status=True)


def file(path: Path, kind: str) -> File:
    return File(payload=BytesIO(path.read_bytes()), file_name=path.name, mime_type=kind)


quick = {
    "name": "lid",
    "validationFraction": 0.25,
    "configuration": {"inputSize": [64, 64], "couplingBlocks": 2, "conditionVector": 16},
}
upload = upload_data_set.sync(client=client, body=file(archive, "application/zip"))
request = JobRequest.from_dict({**quick, "dataSet": {"path": upload.path}})
waiting = create_job.sync(client=client, body=request)
job = create_job.sync(
    client=client,
    body=CreateJobFilesBody(job=json.dumps(quick), data_set=file(archive, "application/zip")),
)
for each in (waiting, job):
    while each.status.value in ("queued", "running"):
        time.sleep(0.1)
        each = get_job.sync(each.id, client=client)
    assert each.status.value == "succeeded", each.error

raw = predict.sync("lid", client=client, body=file(image, "image/png"), map_=PredictMap.F32)
several = predict.sync(
    "lid",
    client=client,
    body=PredictFilesBody(
        image=[file(image, "image/png"), file(image, "image/png")],
        map_=PredictFilesBodyMap.F32,
        regions=False,
    ),
)
import base64

text = base64.b64encode(image.read_bytes()).decode()
answers = [raw, several]
for body in (
    {"images": [{"base64": text}], "map": "f32"},
    {"images": [{"base64": "data:image/png;base64," + text}], "map": "f32"},
):
    answers.append(predict.sync("lid", client=client, body=PredictBody.from_dict(body)))
# What the client does not send of itself, the address says.
answers.append(
    predict.sync(
        "lid",
        client=client,
        body=PredictBody.from_dict({"images": [{"base64": text}]}),
        map_=PredictMap.F32,
    )
)
manifest = get_file.sync("lid", "latest", "manifest.json", client=client)

results = [result for answer in answers for result in answer.predictions]


def largest(result) -> float:
    data = base64.b64decode(result.map_.data)
    return max(struct.unpack(f"<{len(data) // 4}f", data))


print(
    json.dumps(
        {
            "status": "succeeded",
            "bytes": upload.bytes_,
            "scores": [result.score for result in results],
            "maps": [largest(result) for result in results],
            "manifest": len(manifest.payload.read()),
        }
    )
)
