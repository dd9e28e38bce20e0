// The page of the service: inspect images with its detectors, train new ones.
import { ApiKey } from './api/api-key.js';
import { Client } from './api/client.js';
import { byId } from './dom/by-id.js';
import { Inspection } from './inspect/inspection.js';
import { Training } from './train/training.js';

const client = new Client(
  new ApiKey(() => {
    void inspection.choice.refresh();
    void training.refresh();
  }),
);
const inspection = new Inspection(client);
const training = new Training(client, {
  published: () => void inspection.choice.refresh(),
  use: ({ name, version }) => {
    void inspection.choice.refresh({ name, reference: version });
    byId('inspect').focus();
    byId('inspect').scrollIntoView();
  },
});

void inspection.choice.refresh();
void training.refresh();
