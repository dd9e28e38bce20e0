// The page of the service: inspect images with its detectors, train new ones.
import '@cflow/viewer';
import { ApiKey } from './api/api-key.js';
import { Client } from './api/client.js';
import { LiveView } from './camera/live-view.js';
import { byId } from './dom/by-id.js';
import { TrainingHere } from './here/training-here.js';
import type { ChosenDetector } from './inspect/chosen-detector.js';
import { Inspection } from './inspect/inspection.js';
import { PlaceSwitch } from './places/place-switch.js';
import { Places } from './places/places.js';
import { Training } from './train/training.js';

const client = new Client(
  new ApiKey(() => {
    void inspection.choice.refresh();
    void training.refresh();
  }),
);
const places: Places = new Places(client, (state) => placeSwitch.show(state));
const placeSwitch = new PlaceSwitch(places);
const inspection: Inspection = new Inspection(client, places, () => here.showBackbone());
const live: LiveView = new LiveView(inspection, () => here.snapshots.stop());
const training = new Training(client, {
  published: () => void inspection.choice.refresh(),
  use: ({ name, version }) => inspectWith({ name, reference: version }),
});
const here = new TrainingHere(client, {
  chosen: () => inspection.choice.chosen,
  cameraStarting: () => live.stop(),
  published: () => void inspection.choice.refresh(),
  use: (trained) => {
    inspection.choice.addTrained(trained);
    showInspection();
  },
});

function inspectWith(detector: ChosenDetector): void {
  void inspection.choice.refresh(detector);
  showInspection();
}

function showInspection(): void {
  byId('inspect').focus();
  byId('inspect').scrollIntoView();
}

void inspection.choice.refresh();
void training.refresh();
here.showBackbone();
