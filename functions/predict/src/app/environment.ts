import type { Logger, Problem, Span } from '@cflow/spec';
import type { Caller } from '../security/api-keys.js';
import type { RateLimiter } from '../security/rate-limiter.js';
import type { ContentCodings } from './body/content-codings.js';
import type { Budget, Claim } from './budget.js';
import type { Deadline } from './deadline.js';

/** What every handler finds in its context. */
export interface AppEnvironment {
  Variables: {
    /** Also in the header X-Request-Id and in every problem. */
    requestId: string;
    /** Who asks: everybody may do everything where the service has no keys. Undefined without a key. */
    caller: Caller | undefined;
    /** Writes the request's id with every entry. */
    logger: Logger;
    /** What the request is recorded as, where requests are. */
    span: Span | undefined;
    /** When the answer is due, and the signal that aborts when it is over or the client has gone. */
    deadline: Deadline;
    /** What the request holds of the memory that there is for bodies; given back when it is over. */
    bodyMemory: Claim;
    /** The memory that there is for bodies, for what outlasts its request. */
    bodyBudget: Budget;
    /** Whether the request has become a WebSocket. */
    opened: true | undefined;
    /** How bodies may be coded. */
    contentCodings: ContentCodings;
    /** Undefined: no limit. */
    rateLimiter: RateLimiter | undefined;
    /** How errors look to clients of another protocol. Undefined: as problem+json. */
    errorForm: ((problem: Problem) => { contentType: string; body: object }) | undefined;
  };
}
