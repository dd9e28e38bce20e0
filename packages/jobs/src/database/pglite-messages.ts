export type ThreadRequest =
  | { id: number; kind: 'query'; text: string; values?: readonly unknown[] | undefined }
  | { id: number; kind: 'close' };

export type ThreadResponse =
  | { id: number; ok: true; rows: unknown[] }
  | {
      id: number;
      ok: false;
      error: { message: string; code: string | undefined; constraint: string | undefined };
    };
