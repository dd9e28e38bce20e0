/** What a stranger's archive may be. */
export interface DataSetLimits {
  /** Bytes of the archive. */
  archiveBytes: number;
  /** Files and folders in it. */
  entries: number;
  /** Bytes of all its files together, unpacked. */
  unpackedBytes: number;
  /** How many times larger than the archive its files may be, together: images hardly compress. */
  ratio: number;
  /** Bytes unpacked before the ratio counts: a small archive of flat test pictures does no harm. */
  ratioFreeBytes: number;
}

export const DEFAULT_DATA_SET_LIMITS: DataSetLimits = {
  archiveBytes: 16 * 2 ** 30,
  entries: 500_000,
  unpackedBytes: 64 * 2 ** 30,
  ratio: 100,
  ratioFreeBytes: 256 * 2 ** 20,
};
