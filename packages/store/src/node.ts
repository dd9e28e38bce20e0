export * from './node/cached-object-store.js';
export { folderObjectStore } from './node/folder-object-store.js';
export { openObjectStore } from './node/open-object-store.js';
export type { S3ObjectStoreOptions } from './node/s3-client.js';
export { s3ObjectStore } from './node/s3-object-store.js';
export { type StandardOutput, standardOutput } from './node/standard-output.js';
