import { defineConfig } from 'vite';

export default defineConfig({
  root: 'page',
  build: { outDir: '../dist', emptyOutDir: true },
  // "npm run dev" beside "npm start": the page is Vite's, the detectors are the server's.
  server: { proxy: { '/detectors': 'http://127.0.0.1:3000' } },
});
