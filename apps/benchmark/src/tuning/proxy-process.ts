import { once } from 'node:events';
import { startFaultProxy } from '@uno/testing';

/** The process of a proxy that delays what passes; it ends with the one that has started it. */
await using proxy = await startFaultProxy({ target: process.env['UNO_PROXY_TARGET'] ?? '', messagesKept: 1 });
proxy.setLatency(Number(process.env['UNO_PROXY_LATENCY_MS']));
process.send?.(proxy.connectionString);
await once(process, 'disconnect');
