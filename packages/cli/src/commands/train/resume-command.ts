/** The command that continues a run, ready to be pasted into a shell. */
export function resumeCommand(args: readonly string[]): string {
  const words = args.includes('--resume') ? args : [...args, '--resume'];
  return ['cflow', ...words].map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
