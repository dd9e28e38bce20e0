export interface InstallFlags {
  into?: string;
  json?: true;
}
