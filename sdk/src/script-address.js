// Takes the place of `import.meta.url` in the build for script tags: the address of the script that runs.
export const SCRIPT_ADDRESS = document.currentScript?.src ?? document.baseURI;
