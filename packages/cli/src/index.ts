export { ExitCode } from './frame/exit-code.js';
export { Interruption } from './frame/interruption.js';
export { run } from './frame/run.js';
export type { OutputStream, Surroundings } from './frame/surroundings.js';
export { main } from './main.js';
