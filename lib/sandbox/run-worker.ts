import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { Backlog } from './backlog';
import type { FromWorker, SandboxRequest, ToWorker } from './protocol';
import { Sandbox, type SessionFactory } from './sandbox';

/** Hosts many sandboxes in this thread, one after the other on one event loop. */
export function runWorker(factory: SessionFactory): void {
  if (!parentPort) throw new Error('this runs in a worker thread');
  const { pulse } = workerData as { pulse: SharedArrayBuffer };
  const thread = new Thread(parentPort, new Int32Array(pulse), factory);
  parentPort.on('message', (message: ToWorker) => thread.receive(message));
  factory.warm?.();
  thread.post({ type: 'ready' });
}

const beatMs = 250;

class Thread {
  readonly #port: MessagePort;
  /** Shared with the main thread: a beat that counts up while this thread is alive, and the slot of the sandbox it is busy with. */
  readonly #pulse: Int32Array;
  readonly #factory: SessionFactory;
  readonly #sandboxes = new Map<string, Promise<Sandbox>>();
  readonly #slots = new Map<string, number>();
  readonly #backlog = new Backlog();

  constructor(port: MessagePort, pulse: Int32Array, factory: SessionFactory) {
    this.#port = port;
    this.#pulse = pulse;
    this.#factory = factory;
    Atomics.add(pulse, 0, 1);
    setInterval(() => Atomics.add(pulse, 0, 1), beatMs);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'open':
        return void this.#open(message);
      case 'request':
        return this.#request(message.sandboxId, message.id, message.request);
      case 'flow':
        return this.#with(message.sandboxId, (sandbox) => sandbox.flow(message.id, message.flow));
      case 'kept':
        return this.#with(message.sandboxId, (sandbox) => sandbox.kept(message.bytes));
      case 'close':
        return void this.#close(message.sandboxId, message.isKept);
    }
  }

  post(message: FromWorker): void {
    this.#port.postMessage(message, message.type === 'cut' ? [message.content.buffer] : []);
  }

  async #open({ sandboxId, recipe, slot }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
    this.#slots.set(sandboxId, slot);
    const around = <T>(work: () => T) => this.#blaming(slot, work);
    const opening = around(() =>
      Sandbox.open({
        id: sandboxId,
        recipe,
        factory: this.#factory,
        around,
        backlog: this.#backlog,
        post: (message) => this.post(message),
      }),
    );
    this.#sandboxes.set(sandboxId, opening);
    await opening.catch((error: unknown) => {
      this.#forget(sandboxId);
      this.post({ type: 'failed', sandboxId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  }

  async #close(sandboxId: string, isKept: boolean): Promise<void> {
    const sandbox = await this.#sandboxes.get(sandboxId)?.catch(() => undefined);
    await sandbox?.close(isKept);
    this.#forget(sandboxId);
    this.post({ type: 'closed', sandboxId });
  }

  #request(sandboxId: string, id: number, request: SandboxRequest): void {
    if (this.#sandboxes.has(sandboxId)) return this.#with(sandboxId, (sandbox) => sandbox.request(id, request));
    this.post({
      type: 'batch',
      sandboxId,
      sequence: 0,
      durable: [],
      isUrgent: false,
      volatile: [{ type: 'error', id, error: 'This sandbox is not running.' }],
    });
  }

  #with(sandboxId: string, work: (sandbox: Sandbox) => void): void {
    const slot = this.#slots.get(sandboxId) ?? 0;
    void this.#sandboxes.get(sandboxId)?.then(
      (sandbox) => this.#blaming(slot, () => work(sandbox)),
      () => {},
    );
  }

  /** While `work` runs, a thread that does not come back is this sandbox's doing. */
  #blaming<T>(slot: number, work: () => T): T {
    const before = Atomics.exchange(this.#pulse, 1, slot);
    try {
      return work();
    } finally {
      Atomics.store(this.#pulse, 1, before);
    }
  }

  #forget(sandboxId: string): void {
    this.#sandboxes.delete(sandboxId);
    this.#slots.delete(sandboxId);
  }
}
