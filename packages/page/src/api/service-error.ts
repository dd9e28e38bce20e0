import type { Problem } from '@cflow/spec';

/** What the service refused, and why. `problem` is absent when the answer was none of the service's own. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem?.detail ?? `The service answered with status ${status} and no explanation.`);
    this.status = status;
    this.problem = problem;
  }

  static async of(response: { status: number; json(): Promise<unknown> }): Promise<ServiceError> {
    const body = await response.json().catch(() => undefined);
    return new ServiceError(response.status, isProblem(body) ? body : undefined);
  }
}

function isProblem(body: unknown): body is Problem {
  const found = body as Partial<Problem> | null | undefined;
  return typeof found?.detail === 'string' && typeof found.title === 'string';
}
