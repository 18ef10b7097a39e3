/**
 * A value as it comes from code that TypeScript has not checked: a form, a JavaScript file, JSON. The one place where
 * tests say that a value has a type that it has not.
 */
export function unchecked<T>(value: unknown): T {
  return value as T;
}

/** The error that a call fails with; fails itself when the call does not. */
export async function failureOf<E extends Error>(
  type: abstract new (...parameters: never[]) => E,
  call: () => unknown,
): Promise<E> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error(`expected ${type.name}, but the call gave ${JSON.stringify(result)}`);
}
