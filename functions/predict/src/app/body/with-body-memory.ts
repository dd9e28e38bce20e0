import type { MiddlewareHandler } from 'hono';
import { callerOf } from '../../security/ip-address.js';
import type { Budget } from '../budget.js';
import type { AppEnvironment } from '../environment.js';

/** Gives each request its claim on the memory for bodies, and takes back what it holds when its handler has ended. */
export function withBodyMemory(budget: Budget): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const claim = budget.claim(callerOf(c.get('caller')?.name ?? ''));
    c.set('bodyMemory', claim);
    c.set('bodyBudget', budget);
    try {
      await next();
    } finally {
      claim.release();
    }
  };
}
