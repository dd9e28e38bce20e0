import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for what can be fetched or computed again: `$CFLOW_CACHE`, else the platform's cache folder
 * (`$XDG_CACHE_HOME/cflow` or `~/.cache/cflow`; `~/Library/Caches/cflow`; `%LOCALAPPDATA%\cflow\Cache`).
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (environment.CFLOW_CACHE) return environment.CFLOW_CACHE;
  // The XDG specification: a relative path is invalid and to be ignored.
  const xdg = environment.XDG_CACHE_HOME;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'cflow');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'cflow');
  if (platform === 'win32')
    return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'cflow', 'Cache');
  return join(home, '.cache', 'cflow');
}
