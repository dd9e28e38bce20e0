/** Operator set of the operators here: the first with Split by sizes, Resize by axes and ReduceMax by input. */
export const OPSET = 18;

/** What models written here say made them. */
export const PRODUCER = 'cflow';
