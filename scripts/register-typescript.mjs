/** `node --import ./scripts/register-typescript.mjs file.ts` runs TypeScript against the packages' sources, unbuilt. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
