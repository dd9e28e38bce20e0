/** The reason why an answer is of another service, as in `memory; needed=210000000; limit=64000000`. */
export const FORWARDED_HEADER = 'X-Cflow-Forwarded';
