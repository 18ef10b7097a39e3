import type { AnyMapping, EntityCache, EntityCacheRegion, Snapshot, WriteEvent, WriteObserver } from '@uno/domain';

/** Remembers what it was told. */
export class RecordingObserver implements WriteObserver {
  readonly events: WriteEvent[] = [];

  written(event: WriteEvent): void {
    this.events.push(event);
  }
}

/** The simplest cache there can be, which writes down what it is asked. */
export class RecordingCache implements EntityCache {
  readonly calls: string[] = [];
  readonly entries = new Map<string, Snapshot>();
  open = 0;

  region(mapping: AnyMapping): EntityCacheRegion {
    const keyOf = (key: string) => `${mapping.name} ${key}`;
    return {
      lookup: (keys) => {
        this.calls.push(`lookup ${keys.map(keyOf).join(', ')}`);
        return keys.map((key) => this.entries.get(keyOf(key)));
      },
      openTicket: () => {
        this.calls.push('open');
        this.open++;
        return {
          fill: (entries) => {
            for (const [key, snapshot] of entries) {
              this.calls.push(`fill ${keyOf(key)}`);
              this.entries.set(keyOf(key), snapshot);
            }
          },
          close: () => {
            this.calls.push('close');
            this.open--;
          },
        };
      },
    };
  }
}
