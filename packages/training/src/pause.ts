/**
 * Lets everything else have a turn: where the engine runs in this very thread, a message that asks to stop is not seen
 * between two of its calls otherwise.
 */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
