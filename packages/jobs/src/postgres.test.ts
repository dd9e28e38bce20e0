import { afterAll, describe } from 'vitest';
import { openJobs } from './open-jobs.js';
import { describeJobs } from './testing/describe-jobs.js';
import { findPostgres, type PostgresServer, startPostgresServer } from './testing/postgres-server.js';

const installed = (await findPostgres()) !== undefined;

describe.skipIf(!installed)(installed ? 'with a server' : 'skipped: PostgreSQL is not installed here', () => {
  let server: PostgresServer | undefined;
  afterAll(() => server?.close());

  describeJobs({
    name: 'PostgreSQL',
    async create() {
      server = await startPostgresServer();
      return openJobs({ database: { url: server.url }, leaseSeconds: 2, retryDelaySeconds: 0.1 });
    },
  });
});
