// Serves the app on port 3000, or PORT: node --import tsx server.ts
import { randomBytes } from 'node:crypto';
import { serve } from '@hono/node-server';
import { createInspectionApp } from './app.js';

const { app, close } = await createInspectionApp({
  store: process.env.CFLOW_STORE ?? 'store',
  secret: randomBytes(32),
});
const server = serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) },
  (at) => console.log(`http://127.0.0.1:${at.port}`),
);
process.once('SIGTERM', () => {
  server.close();
  void close();
});
