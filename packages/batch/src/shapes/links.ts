/** One item can only be done when another has been. */
export interface Link<I> {
  readonly waits: I;
  readonly first: I;
}

/** The items in rounds, each after all that it waits for; `undefined` where some wait for each other. */
export function roundsOf<I>(items: readonly I[], links: readonly Link<I>[]): readonly (readonly I[])[] | undefined {
  const open = new Map<I, number>();
  const behind = new Map<I, I[]>();
  for (const { waits, first } of links) {
    open.set(waits, (open.get(waits) ?? 0) + 1);
    const others = behind.get(first);
    if (others === undefined) behind.set(first, [waits]);
    else others.push(waits);
  }
  const rounds: (readonly I[])[] = [];
  let done = 0;
  let round = items.filter((item) => !open.has(item));
  while (round.length > 0) {
    rounds.push(round);
    done += round.length;
    const free: I[] = [];
    for (const waits of round.flatMap((item) => behind.get(item) ?? [])) {
      const left = (open.get(waits) ?? 0) - 1;
      open.set(waits, left);
      if (left === 0) free.push(waits);
    }
    round = free;
  }
  return done === items.length ? rounds : undefined;
}

/** Items that are linked, by way of others too, together; in the order of their first ones. */
export function clustersOf<I>(items: readonly I[], links: readonly Link<I>[]): readonly (readonly I[])[] {
  const clusterOf = new Map(items.map((item) => [item, [item]]));
  for (const { waits, first } of links) {
    const one = clusterOf.get(waits);
    const other = clusterOf.get(first);
    if (one === undefined || other === undefined || one === other) continue;
    const [large, small] = one.length < other.length ? [other, one] : [one, other];
    for (const item of small) clusterOf.set(item, large);
    large.push(...small);
  }
  const clusters = new Map<I[], I[]>();
  for (const item of items) {
    const cluster = clusterOf.get(item) ?? [];
    const members = clusters.get(cluster);
    if (members === undefined) clusters.set(cluster, [item]);
    else members.push(item);
  }
  return [...clusters.values()];
}
