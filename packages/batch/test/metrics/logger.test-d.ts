import { expectTypeOf } from 'expect-type';
import type { Logger as PinoShaped } from '../../../container/test/support/pino-shaped.js';
import type { Logger } from '../../src/metrics/logger.js';

expectTypeOf<PinoShaped>().toExtend<Logger>();
expectTypeOf<Console>().toExtend<Logger>();
expectTypeOf<{ warn(context: object, message: string): void }>().not.toExtend<Logger>();
expectTypeOf<{ info(message: string): void; warn(message: string): void }>().not.toExtend<Logger>();
