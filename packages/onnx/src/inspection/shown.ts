/** A name that a stranger chose, for a message: in quotes, and not longer than a line. */
export function shown(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}"]/gu, '?');
  return `"${plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain}"`;
}

const MOST_SHOWN = 60;
