/** The command that goes on with a run, as it can be pasted into a shell. */
export function resumeCommand(args: readonly string[]): string {
  const words = args.includes('--resume') ? args : [...args, '--resume'];
  return ['cflow', ...words].map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
