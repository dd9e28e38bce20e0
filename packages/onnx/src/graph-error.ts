/** A graph that cannot work, caught while it is built: shapes or types that do not fit, values of another graph. */
export class GraphError extends Error {
  readonly code = 'graph';

  constructor(message: string) {
    super(message);
    this.name = 'GraphError';
  }
}
