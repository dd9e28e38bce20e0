# syntax=docker/dockerfile:1.7
# The GPU image: `serve` answers over HTTP, `train` works on training jobs. Runs without a GPU too, on the CPU.
#
#   docker build --tag cflow .
#   docker run --gpus all --publish 127.0.0.1:8080:8080 --volume cflow:/var/lib/cflow --env CFLOW_ANONYMOUS=true cflow serve

FROM node:22.21.1-bookworm-slim AS build
WORKDIR /opt/cflow
COPY . .
# The variable outranks .npmrc: it fetches the CUDA 12 providers of ONNX Runtime, which no npm package holds. The build
# runs as part of the install; what only the build needs is removed after it.
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 npm ci --no-fund --no-audit \
  && npm prune --omit=dev --ignore-scripts --no-fund --no-audit \
  && rm -rf packages/*/src functions/*/src functions/*/page .turbo

# CUDA 12 with cuDNN 9, what ONNX Runtime 1.30 is built against.
FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /opt/cflow /opt/cflow
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/cflow --create-home cflow
USER 10001:10001
WORKDIR /var/lib/cflow
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=8080 \
  CFLOW_STORE=/var/lib/cflow/store \
  CFLOW_CACHE=/var/lib/cflow/cache \
  CFLOW_WORK_FOLDER=/var/lib/cflow/runs \
  NODE_COMPILE_CACHE=/var/lib/cflow/compiled
VOLUME /var/lib/cflow
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "/opt/cflow/packages/cli/bin/health.js"]
ENTRYPOINT ["node", "/opt/cflow/packages/cli/bin/container.js"]
CMD ["serve"]
