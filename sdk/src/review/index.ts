export {
  type ExportOptions,
  type RetrainOptions,
  ReviewClient,
  type ReviewedPart,
} from './review-client.js';
