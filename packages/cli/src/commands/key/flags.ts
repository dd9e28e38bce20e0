export interface KeyFlags {
  scopes: string[];
  rate?: string;
  file?: string;
}
