import type { PostgresServer } from '@uno/testing';
import { Dataset } from './dataset.js';
import { Stage } from './stage.js';
import type { OpenWay, Way } from './way.js';

/** A way that is connected, and to what. */
export interface OpenedWay {
  readonly way: Way;
  readonly stage: Stage;
  readonly open: OpenWay;
}

/** One stage for each number of rows, and the ways that are connected to them. */
export class Stages implements AsyncDisposable {
  readonly #server: PostgresServer;
  readonly #stages = new Map<number, Stage>();
  readonly #opened: OpenWay[] = [];

  constructor(server: PostgresServer) {
    this.#server = server;
  }

  async open(way: Way, rows: number): Promise<OpenedWay> {
    const stage = await this.#stageOf(rows);
    const open = await way.open({ connectionString: stage.connectionString, data: stage.data });
    this.#opened.push(open);
    return { way, stage, open };
  }

  /** Frees the memory of what the last operation was done with. */
  forget(): void {
    for (const { data } of this.#stages.values()) data.forget();
  }

  async #stageOf(rows: number): Promise<Stage> {
    let stage = this.#stages.get(rows);
    if (stage === undefined) {
      stage = await Stage.open(this.#server, new Dataset(rows));
      this.#stages.set(rows, stage);
    }
    return stage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const open of this.#opened) await open.close();
    for (const stage of this.#stages.values()) await stage[Symbol.asyncDispose]();
  }
}
