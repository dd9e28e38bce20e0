export interface ExportFlags {
  output?: string;
  force?: true;
  json?: true;
}
