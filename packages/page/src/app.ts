// The page of the service, a view for each part of the loop: inspect, review, detectors, train.
import '@cflow/viewer';
import { ApiKey } from './api/api-key.js';
import { Client } from './api/client.js';
import { Decisions } from './api/decisions.js';
import { Marks } from './api/marks.js';
import { referenceTo } from './api/reference-to.js';
import { LiveView } from './camera/live-view.js';
import type { Detectors } from './detectors/detectors.js';
import { TrainingHere } from './here/training-here.js';
import { Inspection } from './inspect/inspection.js';
import type { Line } from './line/line.js';
import { PlaceSwitch } from './places/place-switch.js';
import { Places } from './places/places.js';
import type { Review } from './review/review.js';
import { Training } from './train/training.js';
import { Views } from './views/views.js';

const views = new Views();
const client = new Client(
  new ApiKey(() => {
    void inspection.choice.refresh();
    void training.refresh();
  }),
);
const marks = new Marks(client);
const decisions = new Decisions(client);
decisions.on(({ name }) => marks.forget(name));
const places: Places = new Places(client, (state) => placeSwitch.show(state));
const placeSwitch = new PlaceSwitch(places);
const inspection: Inspection = new Inspection({ client, places, marks, decisions }, () => {
  here.showBackbone();
  const { chosen } = inspection.choice;
  if (chosen && !chosen.trained) views.note('inspect', `${chosen.name}@${chosen.reference}`);
});
const live: LiveView = new LiveView(inspection, () => here.snapshots.stop());
const training = new Training(client, {
  published: () => void inspection.choice.refresh(),
  use: ({ name, version }) =>
    void referenceTo(client, name, version).then((reference) => views.go('inspect', `${name}@${reference}`)),
  shown: (id) => views.note('train', id),
});
const here = new TrainingHere(client, {
  chosen: () => inspection.choice.chosen,
  cameraStarting: () => live.stop(),
  published: () => void inspection.choice.refresh(),
  use: (trained) => {
    views.go('inspect');
    inspection.choice.addTrained(trained);
  },
});

// Loaded when they are first shown, so that the first view appears sooner.
let review: Promise<Review> | undefined;
let detectors: Promise<Detectors> | undefined;
let line: Promise<Line> | undefined;
views.on('review', (of) => {
  review ??= import('./review/review.js').then(
    ({ Review }) =>
      new Review(
        { client, marks, decisions },
        {
          chosen: (name) => views.note('review', name),
          train: (job) => views.go('train', job),
        },
      ),
  );
  void review.then((view) => view.open(of));
});
views.on('detectors', (of) => {
  detectors ??= import('./detectors/detectors.js').then(
    ({ Detectors }) =>
      new Detectors(client, decisions, {
        chosen: (name) => views.note('detectors', name),
        moved: () => void inspection.choice.refresh(),
        pictures: () => inspection.pictures,
      }),
  );
  void detectors.then((view) => view.open(of));
});
views.on('line', (of) => {
  line ??= import('./line/line.js').then(
    ({ Line }) =>
      new Line(client, { chosen: (name) => views.note('line', name), starting: () => live.stop() }),
  );
  void line.then((view) => view.open(of));
});
views.on('train', (of) => void training.refresh().then(() => training.open(of)));
let first = true;
views.on('inspect', (of) => {
  const [name = '', reference = ''] = of.split('@');
  // The address decides only when somebody navigates to it; the page itself writes the choice into it.
  if (!first && name === '') return;
  first = false;
  void inspection.choice.refresh(name === '' ? undefined : { name, reference });
});
views.start();
if (first) {
  first = false;
  void inspection.choice.refresh();
}
here.showBackbone();
