// Fills a stand-in for a card until it refuses, makes room, and goes on; prints as JSON what came of it.
// Argument: the number of the card.
import { imageBatch, verifyBundle } from '@cflow/detector';
import { openOneGraph } from '@cflow/detector/one-graph';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import { deviceFault, type Session } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';

const [, , card] = process.argv;
const runtime = createNodeRuntime({ device: 'cuda', card: Number(card) });
const bundle = await verifyBundle(memoryBundle(await makeBundle({ backbone: 'mobilenet_v2' })));
const score = (session: Session, images: number): Promise<unknown> =>
  session.run({ image: imageBatch(testImages(images), [256, 256]) }, { fetches: ['score'] });

const MOST = 100;
const open: Session[] = [];
const fill = async (): Promise<unknown> => {
  while (open.length < MOST) {
    const error = await openOneGraph(runtime, bundle).then(
      (session) => {
        open.push(session);
        return score(session, 1).catch((found: unknown) => found);
      },
      (found: unknown) => found,
    );
    if (error instanceof Error) return error;
  }
  return undefined;
};
const refusal = await fill();
const opened = open.length;
// As a service does: another detector goes, or the batch becomes smaller.
for (const session of open.splice(1)) await session.dispose();
const [left] = open as [Session];
const large = await score(left, 64).catch((error: unknown) => error);
const small = await score(left, 1).then(() => 'scored');
process.stdout.write(
  `${JSON.stringify({ opened, refusal: deviceFault(refusal), large: deviceFault(large), small })}\n`,
);
await runtime.dispose();
