// What becomes of pixels, for hosts that do it in a thread of their own: a service that leaves it to others does not load it.
export { finishImage } from './images/finish-image.js';
export { prepareImage } from './images/prepare-image.js';
