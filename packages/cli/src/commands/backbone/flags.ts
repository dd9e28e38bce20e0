export interface PullFlags {
  revision?: string;
  refresh?: true;
  json?: true;
}
