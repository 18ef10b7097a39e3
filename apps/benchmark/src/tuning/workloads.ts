import { type AnyMapping, column, mapEntity } from '@uno/domain';

/** Records of one width, in a table of their own. */
export interface Workload {
  readonly name: WorkloadName;
  readonly mapping: AnyMapping;
  /** Sizes of chunks that the one which is found out is compared with. */
  readonly sizes: readonly number[];
  /** Records of one run at each network latency, so many that it takes a second or more. */
  readonly rows: number;
  record(id: number): object;
}

export const workloadNames = ['narrow', 'wide', 'huge'] as const;
export type WorkloadName = (typeof workloadNames)[number];

class Narrow {
  id!: number;
  name!: string;
  amount!: number;
}

/** Forty columns, of about 50 bytes each. */
const texts = Array.from({ length: 39 }, (_, i) => `text${i}`);

class Wide {
  id!: number;
  [text: `text${number}`]: string;
}

class Huge {
  id!: number;
  content!: Uint8Array;
}

const mebibyte = 1024 * 1024;

/** Bytes that cannot be compressed, so that they are as many on the disk. */
const noise = new Uint8Array(2 * mebibyte);
let state = 1;
for (let i = 0; i < noise.length; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  noise[i] = state >>> 24;
}

export const workloads: readonly Workload[] = [
  {
    name: 'narrow',
    mapping: mapEntity(Narrow, {
      table: 'narrow',
      columns: { id: column.integer(), name: column.text(), amount: column.integer() },
    }),
    sizes: [50, 200, 1000, 5000, 20_000],
    rows: 300_000,
    record: (id) => ({ id, name: `name ${id}`, amount: id % 1000 }),
  },
  {
    name: 'wide',
    mapping: mapEntity(Wide, {
      table: 'wide',
      columns: { id: column.integer(), ...Object.fromEntries(texts.map((text) => [text, column.text()])) },
    }),
    sizes: [50, 200, 1000, 5000],
    rows: 60_000,
    record: (id) => ({
      id,
      ...Object.fromEntries(texts.map((text, i) => [text, `${text} of the record ${id}, `.repeat(2) + i])),
    }),
  },
  {
    name: 'huge',
    mapping: mapEntity(Huge, { table: 'huge', columns: { id: column.integer(), content: column.bytea() } }),
    sizes: [1, 4, 16, 64],
    rows: 100,
    record: (id) => ({ id, content: noise.subarray(id * 97, id * 97 + mebibyte) }),
  },
];
