/** The error of a certain class that a call fails with; fails itself when the call does not. */
export async function failureOf<E extends Error>(
  type: abstract new (...parameters: never[]) => E,
  call: () => unknown,
): Promise<E> {
  try {
    await call();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error(`expected ${type.name}, but the call succeeded`);
}
