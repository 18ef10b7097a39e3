import type { IdsBack } from './ids-back.js';

/** With the stored entities, of which the keys are a part. */
export const idsByModels: IdsBack = async (operations, records) => {
  const { models } = await operations.batchInsert(records, { returnModels: true });
  return models.map(({ id }) => id);
};
