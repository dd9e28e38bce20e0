/** Folders that file servers, systems and tools make for themselves, in lower case. */
const FOLDERS: ReadonlySet<string> = new Set([
  ...['@eadir', '@tmp', '#recycle', '#snapshot', '.@__thumb', '@recycle', '@recently-snapshot', '.@__qini'],
  ...[
    '.thumbnails',
    '.thumb',
    '.thumbs',
    '.picasaoriginals',
    '.snapshot',
    '.snapshots',
    '.zfs',
    '.stversions',
    '.stfolder',
  ],
  ...[
    '__macosx',
    '.appledouble',
    '.appledb',
    '.spotlight-v100',
    '.fseventsd',
    '.temporaryitems',
    '.trashes',
    '.trash',
  ],
  ...['$recycle.bin', 'recycler', 'system volume information', 'lost+found', '.trash-1000'],
  ...[
    '.git',
    '.svn',
    '.hg',
    '.dvc',
    '.idea',
    '.vscode',
    '.cache',
    '.ipynb_checkpoints',
    '__pycache__',
    'node_modules',
  ],
]);

const FILES: ReadonlySet<string> = new Set([
  ...[
    '.ds_store',
    'thumbs.db',
    'ehthumbs.db',
    'ehthumbs_vista.db',
    'desktop.ini',
    '.directory',
    '.localized',
  ],
  ...['.nomedia', '.picasa.ini', 'picasa.ini', 'icon\r', '.gitkeep', '.gitignore', '.apdisk', '.syncignore'],
]);

/** Whether a folder is one that a file server, a system or a tool made for itself. */
export function isSystemFolder(name: string): boolean {
  const lower = name.toLowerCase();
  return FOLDERS.has(lower) || lower.startsWith('.trash-');
}

/** Whether a file is one of those: databases of thumbnails, the halves of files that macOS writes on foreign disks. */
export function isSystemFile(name: string): boolean {
  return FILES.has(name.toLowerCase()) || /^(\._|~\$|SYNO(PHOTO|FILE)_THUMB)/.test(name);
}
