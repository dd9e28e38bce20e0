/**
 * Ends this process at once, whatever its threads are at. The way for one whose thread does not come back from native
 * code: `process.exit` would wait for the thread. To a shell the exit code is 137.
 */
export function killThisProcess(): never {
  process.kill(process.pid, 'SIGKILL');
  // The first process of a container cannot kill itself; to crash is left.
  process.abort();
}

/**
 * Ends this process as the signal does by default, whatever its threads are at: to a shell the exit code is 128 and the
 * signal's number. The way for work that was told to stop and does not.
 */
export function endBySignal(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container does not hear it.
  killThisProcess();
}
