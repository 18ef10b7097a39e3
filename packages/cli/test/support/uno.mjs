/** The command as `bin/uno.mjs` runs it, but from the sources. */
import '../../../../scripts/register-typescript.mjs';

const { main } = await import('@uno/cli');
process.exitCode = await main();
