import { LruEntityCache } from '@uno/cache';
import { kyselyToken, type UnoContainer } from '@uno/container';
import { UnoContext } from '@uno/domain';
import { count, type Output } from '../cli/output.js';
import { ConnectionCounter } from '../measure/connection-counter.js';
import { DatabaseFacts } from '../measure/database-facts.js';
import { Meter } from '../measure/meter.js';
import { StatementCounter } from '../measure/statement-counter.js';
import { CityRepository } from '../repositories/city-repository.js';
import { CityMaintenance } from '../services/city-maintenance.js';
import { GazetteerImport } from '../services/gazetteer-import.js';
import { GazetteerService } from '../services/gazetteer-service.js';

/** What every stop of the tour works with. */
export interface Guide {
  readonly cities: CityRepository;
  readonly gazetteer: GazetteerService;
  readonly importer: GazetteerImport;
  readonly maintenance: CityMaintenance;
  readonly cache: LruEntityCache;
  readonly meter: Meter;
  readonly connections: ConnectionCounter;
  readonly facts: DatabaseFacts;
  /** As the unit of work sees it that the caller runs in. */
  factsInside(): DatabaseFacts;
  readonly output: Output;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** Takes it all from a container; counts statements from here on, where the server can. */
export async function meetGuide(container: UnoContainer, output: Output, signal: AbortSignal): Promise<Guide> {
  const db = container.get(kyselyToken);
  const cache = container.get(LruEntityCache);
  const statements = await StatementCounter.open(db);
  const say = (line: string) => void output.write(`${line}\n`);
  if (statements.unavailable !== undefined) {
    say(`Statements are not counted (–), because pg_stat_statements is not available: ${statements.unavailable}`);
  }
  return {
    cities: container.get(CityRepository),
    gazetteer: container.get(GazetteerService),
    importer: container.get(GazetteerImport),
    maintenance: container.get(CityMaintenance),
    cache,
    meter: new Meter(statements, cache),
    connections: new ConnectionCounter(db),
    facts: new DatabaseFacts(db),
    factsInside: () => new DatabaseFacts(container.get(UnoContext).current()),
    output,
    signal,
    say,
  };
}

/** `3 statements`, `1 statement`, or nothing where they are not counted. */
export function inStatements(statements: number | undefined): string {
  if (statements === undefined) return '';
  return ` in ${count(statements)} ${statements === 1 ? 'statement' : 'statements'}`;
}
