// What tests of this and other packages need of storage. Not for production.
export { memoryObjectStore } from './testing/memory-object-store.js';
export { type MisbehavingStore, misbehavingReads, type ReadFault } from './testing/misbehaving-reads.js';
export { findS3Server, type S3Server, startS3Server } from './testing/s3-server.js';
