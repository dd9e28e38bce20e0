import type { CDPSession, Page } from 'playwright-core';

const MARK = 'main-thread-watched';

/** Something that the page's main thread did at a stretch. Milliseconds. */
export interface MainThreadTask {
  /** By the clock on the wall: it grows when other programs have the processor. */
  wall: number;
  /** Of the processor, for scripts, style, layout and paint: what there was to do for the page, and not for the browser. */
  cpu: number;
  /** What took the most of it, by the browser's names. */
  what: string;
}

export interface MainThreadReport {
  /** The page's own, the ten longest, the longest first: without what the test itself has the browser do there. */
  tasks: MainThreadTask[];
  /** How many there were. */
  count: number;
  /** What a PerformanceObserver of the page is told: tasks above 50 ms by the wall, the test's included. */
  longTasks: number[];
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { chrome_mojo_event_info?: { mojo_interface_tag?: string } };
}

/** Watches the main thread of a page while `work` goes on. */
export async function watchMainThread(page: Page, work: () => Promise<void>): Promise<MainThreadReport> {
  await page.evaluate(`{
    globalThis.longTasks = [];
    globalThis.watcher = new PerformanceObserver((list) => {
      longTasks.push(...list.getEntries().map(({ duration }) => duration));
    });
    watcher.observe({ type: 'longtask' });
  }`);
  const session = await page.context().browser()!.newBrowserCDPSession();
  const events = await traced(session, async () => {
    await page.evaluate(`performance.mark('${MARK}')`);
    await work();
  });
  await session.detach();
  const longTasks = (await page.evaluate('watcher.disconnect(), longTasks')) as number[];
  // Other pages have threads of that name, too; only this one has the mark.
  const mark = events.find(({ name }) => name === MARK);
  if (!mark) throw new Error('the trace does not have the mark of the page');
  const spans = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === mark.pid && tid === mark.tid);
  const tasks = spans.filter(({ name }) => name === 'ThreadControllerImpl::RunTask');
  const ofTest = spans.filter(
    ({ args }) => args?.chrome_mojo_event_info?.mojo_interface_tag === 'blink.mojom.DevToolsSession',
  );
  const own = tasks.flatMap((task) => {
    if (!ofTest.some((message) => within(message, task))) return [task];
    // A command of the test; what it sets off in the page, as files that are chosen, is the page's all the same.
    return spans.filter((span) => span.name === 'EventDispatch' && within(span, task));
  });
  const works = spans.filter(({ name }) => PAGE_WORK.test(name));
  const measured = own.map((task) => ({ task, cpu: processorTime(works, task) }));
  const longest = measured.sort((a, b) => b.cpu - a.cpu).slice(0, 10);
  const described = longest.map(({ task, cpu }) => {
    const { dur = 0, tdur = 0 } = task;
    const parts = spans.filter((span) => span !== task && within(span, task) && (span.tdur ?? 0) > tdur / 3);
    return { wall: dur / 1000, cpu: cpu / 1000, what: parts.map(({ name }) => name).join(' > ') };
  });
  return { tasks: described, count: own.length, longTasks };
}

/** Scripts, garbage of theirs, style, layout and paint; the rest of a task is the browser passing messages on. */
const PAGE_WORK =
  /^(FunctionCall|EvaluateScript|EventDispatch|FireAnimationFrame|TimerFire|RunMicrotasks|HandlePostMessage|ParseHTML|(Major|Minor)GC|v8\.|V8\.|WebFrameWidgetImpl|LocalFrameView|UpdateLayoutTree|Layout$|PrePaint|Paint)/;

/** Of the page's work within a task, each part counted once. Microseconds. */
function processorTime(works: readonly TraceEvent[], task: TraceEvent): number {
  const inside = works.filter((span) => within(span, task));
  const outermost = inside.filter(
    (span, i) =>
      !inside.some((other, j) => j !== i && within(span, other) && (j < i || !within(other, span))),
  );
  return outermost.reduce((sum, { tdur = 0 }) => sum + tdur, 0);
}

/** For the log of a test. */
export function describeTasks({ tasks, longTasks }: MainThreadReport): string {
  const lines = tasks
    .slice(0, 3)
    .map(
      ({ cpu, wall, what }) =>
        `${cpu.toFixed(1)} ms of the processor, ${wall.toFixed(1)} ms by the wall: ${what}`,
    );
  return `\n  ${lines.join('\n  ')}\n  long tasks told to the page: ${JSON.stringify(longTasks)}`;
}

function within(inner: TraceEvent, outer: TraceEvent): boolean {
  const end = ({ ts, dur = 0 }: TraceEvent): number => ts + dur;
  return (
    inner.pid === outer.pid && inner.tid === outer.tid && inner.ts >= outer.ts && end(inner) <= end(outer)
  );
}

async function traced(session: CDPSession, work: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const done = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  const includedCategories = ['toplevel', 'devtools.timeline', 'v8', 'blink', 'blink.user_timing'];
  await session.send('Tracing.start', { traceConfig: { includedCategories }, transferMode: 'ReportEvents' });
  try {
    await work();
  } finally {
    await session.send('Tracing.end');
    await done;
  }
  return events;
}
