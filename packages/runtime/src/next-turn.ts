/** Resolves when all that waits has had its turn: timers, connections. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // Hosts that lack it give timers no less than a millisecond, which is as good.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
