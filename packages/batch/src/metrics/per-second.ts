/** Records a second; 0 where no time has passed to tell it from. */
export function perSecond(records: number, elapsedMs: number): number {
  return elapsedMs > 0 ? (records / elapsedMs) * 1000 : 0;
}
