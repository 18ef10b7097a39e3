import type pg from 'pg';

/** What a connection of `pg` has for COPY, besides what its types say. */
interface CopyConnection {
  sendCopyFromChunk(data: Buffer): void;
  endCopyFrom(): void;
  query(sql: string): void;
}

/** A COPY in the protocol's own words: neither `pg` nor uno has one for CSV. */
export function copyCsv(client: pg.Client, sql: string, data: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const failures: Error[] = [];
    const submittable = {
      submit: (connection: CopyConnection) => connection.query(sql),
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(data);
        connection.endCopyFrom();
      },
      handleCopyData: ({ chunk }: { chunk: Buffer }) => chunks.push(Buffer.from(chunk)),
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => failures.push(error),
      handleReadyForQuery() {
        if (failures[0] === undefined) resolve(Buffer.concat(chunks));
        else reject(failures[0]);
      },
    };
    client.query(submittable as unknown as pg.Submittable);
  });
}
