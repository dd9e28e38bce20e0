import type { DeviceCandidate } from '@cflow/runtime';

/** A device that counts the places on it that are in use, and the most that were at once. */
export function countedDevice(candidate: DeviceCandidate): {
  device: DeviceCandidate;
  open: () => number;
  most: () => number;
} {
  let open = 0;
  let most = 0;
  return {
    open: () => open,
    most: () => most,
    device: {
      device: candidate.device,
      description: candidate.description,
      async createRuntime() {
        const runtime = await candidate.createRuntime();
        open += 1;
        most = Math.max(most, open);
        let disposed = false;
        return {
          device: runtime.device,
          get failure() {
            return runtime.failure;
          },
          createSession: (source, options) => runtime.createSession(source, options),
          async dispose() {
            await runtime.dispose();
            if (!disposed) open -= 1;
            disposed = true;
          },
        };
      },
    },
  };
}
