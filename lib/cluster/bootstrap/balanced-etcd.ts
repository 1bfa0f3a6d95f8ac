import type { Json } from '@/lib/base';
import {
  EtcdError,
  type Etcd,
  type EtcdServer,
  type PutOptions,
  type RangeOptions,
  type Revision,
  type Txn,
  type WatchOptions,
  type WatchResponse,
} from '../etcd';
import type { Entry, Kernel } from '../kernel';

/** What an API server asks of etcd, and what its place among others takes. */
export type EtcdClient = Etcd & Pick<EtcdServer, 'leaseGrant' | 'leaseKeepAlive'>;

interface OpenWatch {
  readonly key: string;
  readonly options: WatchOptions;
  readonly onResponse: (response: WatchResponse) => void;
  /** Everything before this revision it has been told. */
  next: number;
  close: () => void;
}

/** A connection that broke is noticed as late as this when nobody asks anything. */
const lookEveryMs = 1_000;

/**
 * etcd at several endpoints (`client/v3/balancer`, `client/v3/watch.go`): one is asked until it does not answer, then the next, and watches move along
 * from the revision they were told last. What was certainly not done is asked of the next at once, and so is every read; a write that may have been
 * done is not repeated (`client/v3/retry.go`).
 */
export class BalancedEtcd implements EtcdClient {
  readonly #kernel: Kernel;
  readonly #endpoints: readonly EtcdServer[];
  readonly #watches = new Set<OpenWatch>();
  #at = 0;
  /** Where the watches are. */
  #watched = 0;
  #look: Entry | undefined;

  constructor({ kernel, endpoints }: { readonly kernel: Kernel; readonly endpoints: readonly EtcdServer[] }) {
    this.#kernel = kernel;
    this.#endpoints = endpoints;
  }

  stop(): void {
    this.#lookNoMore();
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
  }

  get revision(): Revision {
    return this.#read((etcd) => etcd.revision);
  }

  get compactedRevision(): Revision {
    return this.#read((etcd) => etcd.compactedRevision);
  }

  range(key: string, options?: RangeOptions) {
    return this.#read((etcd) => etcd.range(key, options));
  }

  put(key: string, value: Json, options?: PutOptions) {
    return this.#write((etcd) => etcd.put(key, value, options));
  }

  deleteRange(key: string, options?: { end?: string }) {
    return this.#write((etcd) => etcd.deleteRange(key, options));
  }

  txn(txn: Txn) {
    return this.#write((etcd) => etcd.txn(txn));
  }

  compact(revision: number): void {
    this.#write((etcd) => etcd.compact(revision));
  }

  leaseGrant(ttl: number, lease?: number) {
    return this.#write((etcd) => etcd.leaseGrant(ttl, lease));
  }

  leaseKeepAlive(lease: number) {
    return this.#write((etcd) => etcd.leaseKeepAlive(lease));
  }

  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void {
    const start = options.startRevision || this.revision + 1;
    const watch: OpenWatch = { key, options, onResponse, next: start, close: () => undefined };
    this.#read((etcd) => this.#open(watch, etcd));
    this.#watches.add(watch);
    this.#lookSoon();
    return () => {
      watch.close();
      this.#watches.delete(watch);
      if (this.#watches.size === 0) this.#lookNoMore();
    };
  }

  #read<T>(call: (etcd: EtcdServer) => T): T {
    return this.#ask(call, () => true);
  }

  #write<T>(call: (etcd: EtcdServer) => T): T {
    return this.#ask(call, wasNotHeard);
  }

  /** Asks one endpoint after the other, each once, from the one that answered last on. */
  #ask<T>(call: (etcd: EtcdServer) => T, isRepeatable: (error: EtcdError) => boolean): T {
    let failure: EtcdError | undefined;
    for (let tries = 0; tries < this.#endpoints.length; tries++) {
      try {
        this.#moveWatches();
        return call(this.#current);
      } catch (error) {
        if (!(error instanceof EtcdError) || (error.code !== 'Unavailable' && !wasNotHeard(error))) throw error;
        this.#at = (this.#at + 1) % this.#endpoints.length;
        if (!isRepeatable(error)) throw error;
        // What a member that was reached says of the group says more than that another was not.
        failure = failure === undefined || error.hangs ? error : failure;
      }
    }
    throw failure as EtcdError;
  }

  get #current(): EtcdServer {
    return this.#endpoints[this.#at] as EtcdServer;
  }

  /** Before anything else is asked of an endpoint the watches are there: whoever asks sees what came of it. */
  #moveWatches(): void {
    if (this.#watched === this.#at) return;
    const { revision } = this.#current;
    this.#watched = this.#at;
    for (const watch of [...this.#watches]) {
      watch.close();
      this.#reopen(watch, revision);
    }
  }

  #reopen(watch: OpenWatch, revision: number): void {
    try {
      this.#open(watch, this.#current);
      watch.next = Math.max(watch.next, revision + 1);
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'OutOfRange') throw error;
      this.#watches.delete(watch);
      watch.options.onCancel?.(this.#current.compactedRevision);
    }
  }

  #open(watch: OpenWatch, etcd: EtcdServer): void {
    const onCancel = (revision: Revision) => {
      this.#watches.delete(watch);
      watch.options.onCancel?.(revision);
    };
    watch.close = etcd.watch(watch.key, { ...watch.options, startRevision: watch.next, onCancel }, (response) => {
      watch.next = response.revision + 1;
      watch.onResponse(response);
    });
  }

  #lookSoon(): void {
    this.#look ??= this.#kernel.schedule({
      delayMs: lookEveryMs,
      actor: 'kube-apiserver',
      what: 'look after the connection to etcd',
      background: true,
      run: () => {
        this.#look = undefined;
        this.#lookAfterWatches();
        if (this.#watches.size > 0) this.#lookSoon();
      },
    });
  }

  #lookNoMore(): void {
    this.#look?.cancel();
    this.#look = undefined;
  }

  #lookAfterWatches(): void {
    try {
      const { revision } = this;
      // A watch that heard nothing has missed nothing.
      for (const watch of this.#watches) watch.next = Math.max(watch.next, revision + 1);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
  }
}

/** Whether nobody can have done anything of it: there was no connection, or a learner was asked. */
function wasNotHeard({ code, message }: EtcdError): boolean {
  return (code === 'Unavailable' && message.startsWith('connection error')) || message === 'etcdserver: rpc not supported for learner';
}
