// The page, and the detectors under /detectors. Whoever reaches the port may ask: put a login before it where that is not you.
import { existsSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { createDetectors } from './detectors.js';

const BUNDLE = 'parts.cflow';

if (!existsSync(BUNDLE)) {
  console.error(`expected the detector ${BUNDLE}, which is not there: npm run detector`);
  process.exit(1);
}
const detectors = await createDetectors({ store: 'store', bundle: BUNDLE, name: 'parts' });
const app = new Hono();
app.mount('/detectors', detectors.fetch);
app.use('*', serveStatic({ root: 'dist' }));

const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (at) => {
  console.log(`http://127.0.0.1:${at.port}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    void detectors.close();
  });
}
