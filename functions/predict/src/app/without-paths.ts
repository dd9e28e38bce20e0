// In quotes a path may hold spaces, otherwise it ends at one. Something before the first slash makes it no absolute
// path: `image/png`, `https://…`, `a/b`.
const QUOTED = /(["'`])(?:\/|[A-Za-z]:[\\/]|\\\\|file:)[^"'`]*\1/g;
const BARE = /(?<![\w.:/*@-])(?:file:\/*|[A-Za-z]:[\\/]|\\\\|\/)[^\s"'`<>|,;()]+/g;

/** A message less every absolute path in it. */
export function withoutPaths(message: string): string {
  return message.replace(QUOTED, '$1<file>$1').replace(BARE, '<file>');
}
