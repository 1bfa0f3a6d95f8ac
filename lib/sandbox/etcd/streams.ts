import { compareBytes } from '@/lib/base';
import { EtcdError, type EtcdServer, type EtcdWatchEvent } from '@/lib/cluster';
import { keyValueOf, translated, withHeader } from './answers';
import { RpcError, type Sink, type Talk } from './grpc';

import type { Message } from './wire';

/** Many watches over one stream (`server/etcdserver/api/v3rpc/watch.go`). */
export function watch(server: EtcdServer, sink: Sink): Talk {
  const cancels = new Map<number, () => void>();
  let nextId = 0;

  const create = (request: Message) => {
    const given = (request['watch_id'] ?? 0) as number;
    const key = ((request['key'] ?? '') as string) || '\0';
    const until = ((request['range_end'] ?? '') as string) || undefined;
    const start = (request['start_revision'] ?? 0) as number;
    if (start < 0) return refuse('etcdserver: mvcc: required revision has been compacted');
    if (until !== undefined && until !== '\0' && compareBytes(key, until) >= 0) return refuse('mvcc: watcher range is empty');
    if (given !== 0 && cancels.has(given)) return refuse('mvcc: duplicate watch ID provided on the WatchStream');
    while (given === 0 && cancels.has(nextId)) nextId++;
    const id = given === 0 ? nextId++ : given;
    let isCreated = false;
    const early: EtcdWatchEvent[] = [];
    const told = (events: readonly EtcdWatchEvent[]) => sink.write(withHeader(server, { watch_id: id, events: events.map(eventOf) }));
    const announce = () => {
      isCreated = true;
      sink.write(withHeader(server, { watch_id: id, created: true }));
      // What was there already comes as one, as from a watcher that is being synchronized.
      if (early.length > 0) told(early);
    };
    const end = (compactedRevision: number) => {
      cancels.delete(id);
      const { header } = withHeader(server);
      sink.write({ header: { ...(header as Message), revision: 0 }, watch_id: id, canceled: true, compact_revision: compactedRevision });
    };
    try {
      const cancel = server.watch(
        key,
        {
          ...(until === undefined ? {} : { end: until }),
          startRevision: start,
          prevKv: request['prev_kv'] === true,
          filters: ((request['filters'] ?? []) as string[]).map((one) => one.toLowerCase() as 'noput' | 'nodelete'),
          progressNotify: request['progress_notify'] === true,
          onCancel: end,
        },
        ({ events }) => {
          if (isCreated) told(events);
          else for (const event of events) early.push(event);
        },
      );
      cancels.set(id, cancel);
      announce();
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.code === 'Unavailable') return sink.end(new RpcError('Unavailable', error.message));
      if (error.code !== 'OutOfRange') return refuse(`rpc error: code = ${error.code} desc = ${error.message}`);
      announce();
      end(server.compactedRevision);
    }
  };
  const refuse = (reason: string) => sink.write(withHeader(server, { watch_id: -1, created: true, canceled: true, cancel_reason: reason }));
  const cancelWatch = (id: number) => {
    const cancel = cancels.get(id);
    if (!cancel) return;
    cancels.delete(id);
    cancel();
    sink.write(withHeader(server, { watch_id: id, canceled: true }));
  };
  const close = () => {
    for (const cancel of cancels.values()) cancel();
    cancels.clear();
  };
  return {
    message: (request) =>
      translated(() => {
        if (request['create_request']) create(request['create_request'] as Message);
        else if (request['cancel_request']) cancelWatch(((request['cancel_request'] as Message)['watch_id'] ?? 0) as number);
        else if (request['progress_request']) sink.write(withHeader(server, { watch_id: -1 }));
      }),
    end: () => undefined,
    close,
  };
}

function eventOf({ type, kv, prevKv }: EtcdWatchEvent): Message {
  const shown = type === 'put' ? keyValueOf(kv) : { key: kv.key, mod_revision: kv.modRevision };
  return { type: type === 'put' ? 'PUT' : 'DELETE', kv: shown, ...(prevKv ? { prev_kv: keyValueOf(prevKv) } : {}) };
}

/** A lease that is gone is answered with no time left, and the stream goes on (`v3rpc/lease.go`). */
export function leaseKeepAlive(server: EtcdServer, sink: Sink): Talk {
  return {
    message: ({ ID = 0 }) => translated(() => sink.write(withHeader(server, { ID, TTL: secondsAfter(server, ID as number) }))),
    end: () => sink.end(),
    close: () => undefined,
  };
}

function secondsAfter(server: EtcdServer, lease: number): number {
  try {
    return server.leaseKeepAlive(lease).ttl;
  } catch (error) {
    if (error instanceof EtcdError && error.code === 'NotFound') return 0;
    throw error;
  }
}
