# syntax=docker/dockerfile:1.7
# The GPU image: `serve` answers over HTTP, `train` works on training jobs. It does not fall to the CPU: a container that
# cannot use its card says why in one line and does not become ready.
#
#   docker build --tag cflow .
#   docker run --gpus all --publish 127.0.0.1:8080:8080 --volume cflow:/var/lib/cflow --env CFLOW_ANONYMOUS=true cflow serve

FROM node:22.21.1-bookworm-slim AS build
WORKDIR /opt/cflow
COPY . .
# The build runs as part of the install. What only the build needs, and what is for other platforms, is removed after it.
RUN npm ci --no-fund --no-audit && node image/trim.mjs .
# CUDA 13, cuDNN 9 and ONNX Runtime's provider, each wheel pinned by its hash; the wheels stay in the builder's cache.
RUN --mount=type=cache,target=/var/cache/cflow \
  CFLOW_CACHE=/var/cache/cflow node packages/cli/bin/cflow.js cuda install --into /opt/cuda

# Debian and Node, without what installs packages.
FROM node:22.21.1-bookworm-slim AS base
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /usr/local/share/doc /opt/yarn* /root/.npm \
  && find /usr/local/bin -mindepth 1 ! -name node -delete

FROM scratch
COPY --from=base / /
# A layer of its own, and the largest: it stays as it is while versions of the service come and go.
COPY --from=build /opt/cuda /opt/cuda
COPY --from=build /opt/cflow /opt/cflow
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/cflow --create-home cflow
USER 10001:10001
WORKDIR /var/lib/cflow
# NVIDIA_*: what the container runtime brings of the driver. LD_LIBRARY_PATH: where hosts put the driver that do not tell
# the loader; CUDA's own libraries are found without it.
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=8080 \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,utility \
  NVIDIA_TF32_OVERRIDE=0 \
  LD_LIBRARY_PATH=/usr/local/nvidia/lib64 \
  CFLOW_DEVICE=cuda \
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
