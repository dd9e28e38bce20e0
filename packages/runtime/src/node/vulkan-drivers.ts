import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Manifests of the Vulkan drivers that the loader would find on Linux, by its own rules:
 * https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md
 */
export async function vulkanDrivers(environment: Environment): Promise<string[]> {
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (named) return existing(named.split(delimiter).filter(Boolean));
  const added = (environment.VK_ADD_DRIVER_FILES ?? '').split(delimiter).filter(Boolean);
  const found = await Promise.all(manifestFolders(environment).map(manifestsIn));
  return [...(await existing(added)), ...found.flat()];
}

/** Where the loader looks when no variable names the drivers. */
export function manifestFolders(environment: Environment): string[] {
  const home = environment.HOME ?? homedir();
  const lists = [
    environment.XDG_CONFIG_HOME ?? join(home, '.config'),
    environment.XDG_CONFIG_DIRS ?? '/etc/xdg',
    '/etc',
    environment.XDG_DATA_HOME ?? join(home, '.local/share'),
    environment.XDG_DATA_DIRS ?? `/usr/local/share${delimiter}/usr/share`,
  ];
  return lists
    .flatMap((list) => list.split(delimiter))
    .filter(Boolean)
    .map((folder) => join(folder, 'vulkan/icd.d'));
}

async function manifestsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const present = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, i) => present[i]);
}
