// What ONNX Runtime says, at its most talkative, of where it placed the nodes of a graph.
import * as z from 'zod';

/** Nodes by the device that they were placed on. */
export interface Placement {
  graph: string;
  /** How many nodes run on the device itself; undefined where the engine did not say. */
  onDevice?: number | undefined;
  /** The nodes that would run on the CPU, as `ScatterElements (block0/ScatterElements)`. */
  onCpu: string[];
  /** The engine's refusal, where it was asked to let nothing run on the CPU. */
  refusal?: string | undefined;
}

/** Before the name of a graph that the device is not given, and that is only looked at. */
export const NOT_USED = 'not used: ';

const answerSchema = z.strictObject({ name: z.string(), refusal: z.string().nullable() });
const MARK = /^@@ graph (guarded|open) (.*)$/;
/** `[V:onnxruntime:, session_state.cc:1380 VerifyEachNodeIsAssignedToAnEp]  All nodes placed on [X]. Number of nodes: 3` */
const LOG = /VerifyEachNodeIsAssignedToAnEp\]\s*(.*)$/;
const ALL = /^All nodes placed on \[(\w+)\]\. Number of nodes: (\d+)/;
const SOME = /^Node\(s\) placed on \[(\w+)\]\. Number of nodes: (\d+)/;
const CPU = 'CPUExecutionProvider';

/** Written to stderr before a graph is opened. */
export function markLine(graph: string, guarded: boolean): string {
  return `\n@@ graph ${guarded ? 'guarded' : 'open'} ${graph}\n`;
}

/**
 * @param stdout of `place-nodes.ts`
 * @param stderr of the same run
 */
export function readPlacements(stdout: string, stderr: string): Placement[] {
  const found = new Map<string, Placement>();
  for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
    const { name, refusal } = answerSchema.parse(JSON.parse(line));
    found.set(name, { graph: name, onCpu: [], ...(refusal !== null && { refusal }) });
  }
  let current: Placement | undefined;
  let provider = '';
  for (const line of stderr.split('\n')) {
    const mark = MARK.exec(line);
    if (mark) {
      current = found.get(mark[2] as string);
      provider = '';
      continue;
    }
    const words = LOG.exec(line)?.[1] ?? (provider === '' ? undefined : line.trim());
    if (!current || words === undefined) continue;
    const group = ALL.exec(words) ?? SOME.exec(words);
    if (group) {
      provider = group[1] as string;
      if (provider !== CPU) current.onDevice = (current.onDevice ?? 0) + Number(group[2]);
    } else if (provider === CPU && NODE.test(words)) current.onCpu.push(words);
  }
  return [...found.values()];
}

/** An operator, and the name of its node in brackets. */
const NODE = /^\w+ \([^()]*\)$/;
