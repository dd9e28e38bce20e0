/**
 * Runs something as a user whom permissions bind: root, whom they do not, becomes `nobody` for as long as it takes.
 * Paths on the way must be open to that user.
 */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || !seteuid) return work();
  seteuid.call(process, 65534);
  try {
    return await work();
  } finally {
    seteuid.call(process, 0);
  }
}
