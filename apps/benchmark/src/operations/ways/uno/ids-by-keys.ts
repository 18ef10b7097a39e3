import type { IdsBack } from './ids-back.js';

/** The keys alone. */
export const idsByKeys: IdsBack = async (operations, records) => {
  const { keys } = await operations.batchInsert(records, { returnKeys: true });
  return keys;
};
