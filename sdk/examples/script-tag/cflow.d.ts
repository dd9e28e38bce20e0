// Types of the global that dist/cflow.global.js makes.
declare const cflow: typeof import('@cflow/sdk') &
  typeof import('@cflow/sdk/automatic') &
  typeof import('@cflow/sdk/drawing') &
  typeof import('@cflow/sdk/local');
