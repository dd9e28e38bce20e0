export { type FolderLock, type FolderUse, lockFolder } from './database/folder-lock.js';
