import type { JsonNull } from '@uno/postgres';

/** Documents are nested without end; their paths are written out to this depth. */
type MaxDepth = 5;

/** A name that is itself in a path: one with a dot or a backslash in it needs a backslash before it there. */
type Step<K> = K extends string ? (K extends `${string}${'.' | '\\'}${string}` ? never : K) : never;

/** A document that can be looked into: not JSON's null, nor a value that writes itself as a text. */
type Inner<T> = Exclude<NonNullable<T>, JsonNull | Date>;

/** The paths into a document, such as `size.width` or `rooms.0.name`. Any text, where the document may be anything. */
export type DocumentPath<T, Depth extends unknown[] = []> = Depth['length'] extends MaxDepth
  ? never
  : unknown extends T
    ? string
    : Inner<T> extends infer D
      ? D extends readonly (infer Item)[]
        ? Below<`${number}`, Item, Depth>
        : D extends object
          ? { [K in keyof D & string]: Below<Step<K>, D[K], Depth> }[keyof D & string]
          : never
      : never;

type Below<K extends string, T, Depth extends unknown[]> = K | `${K}.${DocumentPath<T, [...Depth, unknown]>}`;

/** What is at a path; `null` where it may not be there. */
export type DocumentPart<T, P extends string> = P extends `${infer First}.${infer Rest}`
  ? DocumentPart<PartAt<T, First>, Rest>
  : PartAt<T, P>;

type PartAt<T, K extends string> =
  Inner<T> extends infer D
    ? D extends readonly (infer Item)[]
      ? K extends `${number}`
        ? Item | null
        : never
      : K extends keyof D
        ? undefined extends D[K]
          ? Exclude<D[K], undefined> | null
          : D[K]
        : never
    : never;

/** A document of which any parts may be left out. */
export type PartialDocument<T> = T extends readonly (infer Item)[]
  ? readonly PartialDocument<Item>[]
  : T extends JsonNull | Date
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: PartialDocument<T[K]> }
      : T;
