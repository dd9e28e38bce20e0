/** What an answer that says what is wrong may be, however much is. */
export const PROBLEM_LIMITS = {
  /** Most bytes of the answer: sending megabytes of faults does not return megabytes. */
  bytes: 4096,
  /** Most faults that are named; once those are mended, the next ones are shown. */
  faults: 8,
  /** Devices that are named, each with the reason why it was refused. */
  attempts: 8,
  /** Characters of the sentence about the whole. */
  detailCharacters: 1000,
  /** Characters of the place of a fault in the request. */
  pathCharacters: 100,
  /** Characters of what is wrong there. */
  messageCharacters: 200,
  /** Characters of a name that the sender chose: enough to find it again. */
  nameCharacters: 32,
} as const;
