// Opens the jobs and closes them, with nothing else to do: the process must last until they are closed.
import { openJobs } from '../open-jobs.js';

const jobs = await openJobs({ database: { memory: true } });
await jobs.ping();
await jobs.close();
console.log('closed');
