import { compareBytes } from '@/lib/base';
import { EtcdError, type EtcdServer } from '@/lib/cluster';
import { translated, withHeader } from './answers';
import { RpcError, type Sink, type Talk } from './grpc';
import { PacedWatch } from './paced-watch';
import type { Message } from './wire';

/** Many watches over one stream (`server/etcdserver/api/v3rpc/watch.go`), which are told no faster than the client reads. */
export function watch(server: EtcdServer, sink: Sink): Talk {
  const watches = new Map<number, { readonly start: number; readonly paced: PacedWatch }>();
  const behind = new Map<number, PacedWatch>();
  let nextId = 0;
  let isBlocked = false;

  const write = (message: Message) => {
    if (!sink.write(message)) isBlocked = true;
  };
  const refuse = (reason: string) => write(withHeader(server, { watch_id: -1, created: true, canceled: true, cancel_reason: reason }));
  const forget = (id: number) => {
    watches.get(id)?.paced.stop();
    watches.delete(id);
    behind.delete(id);
  };
  const endCompacted = (id: number, compactedRevision: number) => {
    forget(id);
    const { header } = withHeader(server);
    write({ header: { ...(header as Message), revision: 0 }, watch_id: id, canceled: true, compact_revision: compactedRevision });
  };

  const create = (request: Message) => {
    const given = (request['watch_id'] ?? 0) as number;
    const key = ((request['key'] ?? '') as string) || '\0';
    const until = ((request['range_end'] ?? '') as string) || undefined;
    const start = (request['start_revision'] ?? 0) as number;
    if (start < 0) return refuse('etcdserver: mvcc: required revision has been compacted');
    if (until !== undefined && until !== '\0' && compareBytes(key, until) >= 0) return refuse('mvcc: watcher range is empty');
    if (given !== 0 && watches.has(given)) return refuse('mvcc: duplicate watch ID provided on the WatchStream');
    while (given === 0 && watches.has(nextId)) nextId++;
    const id = given === 0 ? nextId++ : given;
    const paced: PacedWatch = new PacedWatch({
      server,
      key,
      options: {
        ...(until === undefined ? {} : { end: until }),
        prevKv: request['prev_kv'] === true,
        filters: ((request['filters'] ?? []) as string[]).map((one) => one.toLowerCase() as 'noput' | 'nodelete'),
        progressNotify: request['progress_notify'] === true,
      },
      isBlocked: () => isBlocked,
      tell: (events) => write(withHeader(server, { watch_id: id, events })),
      onBehind: () => void behind.set(id, paced),
      onCompacted: (compactedRevision) => endCompacted(id, compactedRevision),
    });
    const announce = () => write(withHeader(server, { watch_id: id, created: true }));
    try {
      const events = paced.begin(start);
      watches.set(id, { start, paced });
      announce();
      if (events.length > 0) write(withHeader(server, { watch_id: id, events }));
      if (paced.isBehind) behind.set(id, paced);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (isGone(error)) return sink.end(new RpcError(error.code, error.message));
      if (error.code !== 'OutOfRange') return refuse(reasonOf(error));
      announce();
      endCompacted(id, server.compactedRevision);
    }
  };
  const cancelWatch = (id: number) => {
    if (!watches.has(id)) return;
    forget(id);
    write(withHeader(server, { watch_id: id, canceled: true }));
  };

  /** Those that are behind take turns while the client reads. */
  const goOn = () => {
    while (!isBlocked) {
      const [next] = behind;
      if (!next) return;
      const [id, paced] = next;
      behind.delete(id);
      catchUp(id, paced);
      if (paced.isBehind) behind.set(id, paced);
    }
  };
  const catchUp = (id: number, paced: PacedWatch) => {
    try {
      paced.catchUp();
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.code === 'OutOfRange') return endCompacted(id, server.compactedRevision);
      forget(id);
      if (isGone(error)) return sink.end(new RpcError(error.code, error.message));
      write(withHeader(server, { watch_id: id, canceled: true, cancel_reason: reasonOf(error) }));
    }
  };
  /** Told only if nothing is missing up to here in any of them (`mvcc/watchable_store.go`, progressIfSync). */
  const tellProgress = () => {
    const isSynced = behind.size === 0 && [...watches.values()].every(({ start }) => start <= server.revision);
    if (isSynced && watches.size > 0 && !isBlocked) write(withHeader(server, { watch_id: -1 }));
  };
  const close = () => {
    for (const id of [...watches.keys()]) forget(id);
  };

  sink.onDrain(() =>
    translated(() => {
      isBlocked = false;
      goOn();
    }),
  );
  return {
    message: (request) =>
      translated(() => {
        if (request['create_request']) create(request['create_request'] as Message);
        else if (request['cancel_request']) cancelWatch(((request['cancel_request'] as Message)['watch_id'] ?? 0) as number);
        else if (request['progress_request']) tellProgress();
        goOn();
      }),
    end: () => undefined,
    close,
  };
}

/** Whether the member serves no stream at all: it is away, or a learner. */
function isGone({ code }: EtcdError): boolean {
  return code === 'Unavailable' || code === 'FailedPrecondition';
}

function reasonOf({ code, message }: EtcdError): string {
  return `rpc error: code = ${code} desc = ${message}`;
}

/** A lease that is gone is answered with no time left, and the stream goes on (`v3rpc/lease.go`). */
export function leaseKeepAlive(server: EtcdServer, sink: Sink): Talk {
  return {
    message: ({ ID = 0 }) => void translated(() => sink.write(withHeader(server, { ID, TTL: secondsAfter(server, ID as number) }))),
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
