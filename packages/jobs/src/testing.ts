export * from './testing/postgres-server.js';
