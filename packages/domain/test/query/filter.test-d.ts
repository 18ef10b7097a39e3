import { column, Entity, type Filters, mapEntity } from '@uno/domain';
import type { Json } from '@uno/postgres';
import { expectTypeOf } from 'expect-type';
import type { DocumentPart, DocumentPath, PartialDocument } from '../../src/query/document-path.js';

interface Address {
  city: string;
  street?: { name: string; number: number | null };
  phones: { kind: 'home' | 'work'; digits: string }[];
  'a.b'?: number;
}

class Person extends Entity<number> {
  name!: string;
  email!: string | null;
  born!: string;
  tags!: string[];
  scores!: number[] | null;
  address!: Address;
  list!: string[];
  anything!: Json;
  counts!: Record<string, number> | null;
  words!: string;
}

const people = mapEntity(Person, {
  table: 'person',
  columns: {
    id: column.integer(),
    name: column.text(),
    email: column.varchar(80).nullable(),
    born: column.date(),
    tags: column.array(column.text()),
    scores: column.array(column.integer()).nullable(),
    address: column.jsonb<Address>(),
    list: column.jsonb<string[]>(),
    anything: column.json(),
    counts: column.jsonb<Record<string, number>>().nullable(),
    words: column.ofType('tsvector'),
  },
});

type Where = Filters<typeof people>;

// What compiles.
export const filters: Where[] = [
  { name: { ieq: 'BERN', iin: ['a', 'B'], matches: { query: 'old town', config: 'english' } } },
  { email: { ieq: 'A@B' }, words: { matches: { query: 'x', config: 'simple' } } },
  { tags: { contains: ['a'], containedBy: ['a', 'b'], overlaps: [] }, scores: { overlaps: [1] } },
  { address: { contains: { city: 'Bern', phones: [{ kind: 'home' }] } } },
  { address: { at: { city: 'Bern', 'street.name': { like: 'B%' }, 'street.number': { gte: 5, ne: null } } } },
  { address: { at: { 'phones.0.kind': 'work', phones: { contains: [{ digits: '1' }] }, street: { exists: true } } } },
  { list: { contains: ['a'], at: { 0: 'a' } } },
  { anything: { at: { 'whatever.it.is': { between: [1, 2] } }, contains: { a: 1 } } },
  { counts: { at: { hits: { gt: 5 } } } },
];

expectTypeOf<DocumentPath<{ a: number; b?: { c: string[] } }>>().toEqualTypeOf<'a' | 'b' | 'b.c' | `b.c.${number}`>();
expectTypeOf<DocumentPath<Address> & 'a.b'>().toEqualTypeOf<never>();
expectTypeOf<DocumentPath<Json>>().toEqualTypeOf<string>();
expectTypeOf<DocumentPart<Address, 'city'>>().toEqualTypeOf<string>();
expectTypeOf<DocumentPart<Address, 'street.number'>>().toEqualTypeOf<number | null>();
expectTypeOf<DocumentPart<Address, 'street'>>().toEqualTypeOf<{ name: string; number: number | null } | null>();
expectTypeOf<DocumentPart<Address, 'phones.0.kind'>>().toEqualTypeOf<'home' | 'work'>();
expectTypeOf<PartialDocument<{ a: { b: number; c: string[] } }>>().toEqualTypeOf<{
  readonly a?: { readonly b?: number; readonly c?: readonly string[] };
}>();

// What does not.
export const mistakes: Where[] = [
  // @ts-expect-error no case for a number
  { id: { ieq: '5' } },
  // @ts-expect-error no search in a day
  { born: { matches: { query: 'x', config: 'simple' } } },
  // @ts-expect-error a search without its configuration
  { name: { matches: { query: 'x' } } },
  // @ts-expect-error a misspelt part of a search
  { name: { matches: { query: 'x', config: 'simple', langauge: 'x' } } },
  // @ts-expect-error no containment for a text
  { name: { contains: 'B' } },
  // @ts-expect-error elements of another type
  { tags: { contains: [5] } },
  // @ts-expect-error an element where an array is needed
  { tags: { overlaps: 'a' } },
  // @ts-expect-error no paths into an array
  { tags: { at: { 0: 'a' } } },
  // @ts-expect-error no overlap of documents
  { list: { overlaps: ['a'] } },
  // @ts-expect-error a misspelt part of a document
  { address: { contains: { ctiy: 'Bern' } } },
  // @ts-expect-error a part of another type
  { address: { contains: { city: 5 } } },
  // @ts-expect-error a misspelt path
  { address: { at: { ctiy: 'Bern' } } },
  // @ts-expect-error a misspelt path below another
  { address: { at: { 'street.nmae': 'x' } } },
  // @ts-expect-error a value of another type
  { address: { at: { city: 5 } } },
  // @ts-expect-error an operator's value of another type
  { address: { at: { 'street.number': { gt: '5' } } } },
  // @ts-expect-error an operator that numbers have not
  { address: { at: { 'street.number': { like: '5%' } } } },
  // @ts-expect-error null for what is never null
  { address: { at: { city: null } } },
  // @ts-expect-error a value of another type at any path
  { counts: { at: { hits: Symbol('x') } } },
];
