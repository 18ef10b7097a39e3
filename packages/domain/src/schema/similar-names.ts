/** Something to suggest, and the name by which it is compared. */
export interface NamedChoice {
  readonly shown: string;
  readonly name: string;
}

/** The choices whose names are most like one that was asked for, the likest first; those that are not like it are left out. */
export function similarNames(wanted: string, choices: readonly NamedChoice[], most = 3): string[] {
  const sought = wanted.toLowerCase();
  return choices
    .map(({ shown, name }) => ({ shown, distance: distanceOf(sought, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(sought.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ shown }) => shown);
}

/** How many letters have to be put in, taken out, replaced or swapped with the next one; a part of a name is one away. */
function distanceOf(a: string, b: string): number {
  if (Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a))) return a === b ? 0 : 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? replaced) + 1 : replaced;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
