import type { BatchOperations, BatchPlan, describePlan } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { expectTypeOf } from 'expect-type';

class Barge {
  id!: number;
  name!: string;
  load!: number | null;
}
const barges = mapEntity(Barge, {
  table: 'barge',
  columns: { id: column.integer().generated(), name: column.text(), load: column.integer().nullable() },
});
declare const operations: BatchOperations<typeof barges>;
const { plan } = operations;

expectTypeOf(plan.batchInsert([{ name: 'a' }], { returnModels: true })).toEqualTypeOf<Promise<BatchPlan>>();
expectTypeOf(plan.batchUpdate([{ id: 1, load: 2 }], { increment: ['load'] })).toEqualTypeOf<Promise<BatchPlan>>();
expectTypeOf<ReturnType<typeof describePlan>>().toEqualTypeOf<string>();
void plan.batchUpsert([{ id: 1, name: 'a' }], { updateColumns: ['name'], returnModels: true });
void plan.batchDelete([1, 2], { outcomes: true });
void plan.batchGet([1, 2], { strategy: 'pipelined' });
void plan.batchSync([{ id: 1, name: 'a' }], { filters: { name: 'a' }, dryRun: true });
void plan.batchExecuteSql('select $1', [[1]], { returnRows: false });
void plan.batchCompute({ keys: [1] }, ({ name }) => name.length);
void plan.batchCompute({ filters: {} }, ({ load }) => ({ load: (load ?? 0) + 1 }), { writeBack: ['load'], lock: true });

// What the call does not take, the plan does not take.
// @ts-expect-error -- a misspelt option
void plan.batchInsert([{ name: 'a' }], { batchsize: 5 });
// @ts-expect-error -- entities have their keys
void plan.batchInsert([{ name: 'a' }], { returnModels: true, returnKeys: true });
// @ts-expect-error -- an unknown field
void plan.batchInsert([{ name: 'a', lenght: 5 }]);
// @ts-expect-error -- a field is missing
void plan.batchUpsert([{ id: 1 }]);
// @ts-expect-error -- no number
void plan.batchUpdate([{ id: 1, name: 'a' }], { increment: ['name'] });
// @ts-expect-error -- no key
void plan.batchDelete(['one']);
// @ts-expect-error -- an unknown strategy
void plan.batchGet([1], { strategy: 'fast' });
// @ts-expect-error -- a sync is one transaction
void plan.batchSync([{ id: 1, name: 'a' }], { parallel: true });
// @ts-expect-error -- an unknown field
void plan.batchCompute({ filters: {} }, () => ({ load: 1 }), { writeBack: ['laod'] });

declare const planned: BatchPlan;
// @ts-expect-error -- a plan cannot be changed
planned.records = 3;
// @ts-expect-error -- nor what it is made of
planned.statements.push(planned.statements[0]);
