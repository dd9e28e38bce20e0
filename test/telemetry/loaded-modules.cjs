// Required before a program: writes the files of the modules that it has loaded when it ends. What is imported from CommonJS is in
// the same cache.
const { writeFileSync } = require('node:fs');

const file = process.env.LOADED_MODULES;
// Not in the processes that it starts: they would write over it.
delete process.env.LOADED_MODULES;
if (file !== undefined) process.on('exit', () => writeFileSync(file, Object.keys(require.cache).join('\n')));
