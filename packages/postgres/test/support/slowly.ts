/** Things one after the other, each after so many turns of the event loop. */
export async function* slowly<T>(things: Iterable<T>, turns = 1): AsyncGenerator<T> {
  for (const thing of things) {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    yield thing;
  }
}
