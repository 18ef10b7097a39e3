/** `npm run example`: the README's first example on a throwaway PostgreSQL, or in a throwaway database of DATABASE_URL. */
import './register-typescript.mjs';
import { runProgram, snippetsOf } from './snippets.mjs';

const { startPostgres } = await import('@uno/testing');
const server = await startPostgres();
try {
  const database = await server.createDatabase();
  const [example] = await snippetsOf('README.md');
  const { code, output } = await runProgram(example?.code ?? '', database.connectionString);
  process.stdout.write(output);
  process.exitCode = code ?? 1;
} finally {
  await server.stop();
}
