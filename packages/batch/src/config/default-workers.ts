/** Of a chunk's time, about half is the server's and the network's, so that a core has two chunks to go on with. */
const perCore = 2;

/**
 * Chunks that are done side by side where nobody says how many: more than the client's cores keep busy gains nothing, and
 * a small machine still has the network to wait for. What the pool can spare is asked for before each chunk besides.
 */
export function defaultWorkers(cores: number): number {
  return Math.min(16, Math.max(4, perCore * cores));
}
