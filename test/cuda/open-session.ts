// Opens a session on CUDA, whatever the machine has, and prints as JSON what comes of it.
import { deviceProbes } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';

const worker = process.argv[2] === 'worker';
const [probe] = await deviceProbes();
const runtime = createNodeRuntime({ device: 'cuda', worker });
try {
  await runtime.createSession({ model: (probe as NonNullable<typeof probe>).model });
  process.stdout.write(`${JSON.stringify({ opened: true })}\n`);
} catch (error) {
  const { attempts, message } = error as { attempts?: readonly { reason: string }[]; message: string };
  process.stdout.write(`${JSON.stringify({ opened: false, reason: attempts?.[0]?.reason ?? message })}\n`);
}
await runtime.dispose();
