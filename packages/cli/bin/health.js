// What the image's health check runs: exits with 0 when the service in this container is alive.
import process from 'node:process';

const port = process.env.PORT || process.env.AIP_HTTP_PORT || '8080';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(2500) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
