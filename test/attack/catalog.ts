import type { Attack } from './attack-types.js';
import { badObjectStore, slowDatabase } from './attacks/backends.js';
import { codedBombs, drippingPublish, smallChunks, unfinishedBodies } from './attacks/bodies.js';
import {
  eventStreams,
  manyAddresses,
  othersSecrets,
  rebindingAnonymous,
  rebindingLoopback,
} from './attacks/callers.js';
import { fewDescriptors, refusedConnections, slowConnections, slowReaders } from './attacks/connections.js';
import { killedWhilePublishing, toldToEnd } from './attacks/endings.js';
import { frameStreams } from './attacks/frame-streams.js';
import { hostileBundlesInStore, hostileBundlesPublished } from './attacks/hostile-bundles.js';
import { archiveBombs, imageBombs } from './attacks/images-and-archives.js';
import { jsonBombs, jsonUpToTheLimit, tensorData } from './attacks/json-bombs.js';
import { multipartBombs } from './attacks/multipart-bombs.js';
import { pipelinedRequests } from './attacks/pipelines.js';
import { compressedAssets, hostileQueries, largeHeaders, leavingClients } from './attacks/requests.js';
import { hugeRegions } from './attacks/reviews.js';
import { fullLog, phoning, secondProcess, unreadLog } from './attacks/surroundings.js';
import { clockJumps, webhooks } from './attacks/time.js';

/** All attacks, in the order in which they are done. */
export const ATTACKS: readonly Attack[] = [
  multipartBombs,
  jsonBombs,
  jsonUpToTheLimit,
  tensorData,
  unfinishedBodies,
  smallChunks,
  codedBombs,
  pipelinedRequests,
  drippingPublish,
  slowConnections,
  refusedConnections,
  fewDescriptors,
  slowReaders,
  hostileQueries,
  largeHeaders,
  compressedAssets,
  leavingClients,
  manyAddresses,
  rebindingAnonymous,
  rebindingLoopback,
  othersSecrets,
  eventStreams,
  frameStreams,
  fullLog,
  unreadLog,
  secondProcess,
  phoning,
  imageBombs,
  archiveBombs,
  hugeRegions,
  hostileBundlesPublished,
  hostileBundlesInStore,
  killedWhilePublishing,
  toldToEnd,
  clockJumps,
  webhooks,
  slowDatabase,
  badObjectStore,
];
