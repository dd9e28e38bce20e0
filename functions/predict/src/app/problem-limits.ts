/** What an answer that says what is wrong may be, however much is. */
export const PROBLEM_LIMITS = {
  /** Bytes of the answer: whoever sends megabytes of faults gets back no megabytes. */
  bytes: 4096,
  /** Faults that are named; whoever mends those sees the next ones. */
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
