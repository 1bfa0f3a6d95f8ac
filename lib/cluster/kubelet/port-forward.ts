import type { V1Pod } from '@/generated/kubernetes/types';
import type { ApiForwarding, ForwardedAnswer, ForwardedConnection, ForwardedRequest } from '../api';
import type { Kernel } from '../kernel';
import { HttpExchange } from '../network/http-wire';
import type { Network, NetworkNamespace } from '../network/types';
import type { ContainerRuntime, PodSandbox } from '../runtime/cri';

interface Surroundings {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly runtime: ContainerRuntime;
}

type Sink = Parameters<ApiForwarding['open']>[1];

/** The runtime's way into a Pod's network namespace (containerd's `sandbox_portforward_linux.go`, `kubelet/pkg/cri/streaming/portforward`). */
export function portForwarding(surroundings: Surroundings, pod: V1Pod, hangUps: Set<() => void>): ApiForwarding {
  const connections = new Set<Connection>();
  const lose = (): void => {
    for (const connection of connections) connection.fail('lost connection to pod');
  };
  return {
    open(port, sink) {
      hangUps.add(lose);
      const connection = new Connection(surroundings, pod, port, sink, () => connections.delete(connection));
      connections.add(connection);
      return connection;
    },
    exchange: (port, request) => exchange(surroundings, pod, port, request),
    close() {
      hangUps.delete(lose);
      for (const connection of connections) connection.hangUp();
    },
  };
}

function exchange(surroundings: Surroundings, pod: V1Pod, port: number, request: ForwardedRequest): ForwardedAnswer {
  const place = placeOf(surroundings, pod);
  if (place.type === 'missing') return { type: 'error', message: failure(surroundings, pod, port, place.why) };
  const { target, ...rest } = request;
  const result = surroundings.network.http(place.namespace, { ...rest, url: `http://127.0.0.1:${port}${target}` });
  if (result.type === 'response') return result;
  return { type: 'error', message: failure(surroundings, pod, port, refused(port, place.sandbox.id)) };
}

/** One TCP connection to a port of the Pod. The simulated network knows requests, not bytes, so they are put together here. */
class Connection implements ForwardedConnection {
  readonly #surroundings: Surroundings;
  readonly #pod: V1Pod;
  readonly #port: number;
  readonly #sink: Sink;
  readonly #forget: () => void;
  readonly #exchange: HttpExchange;
  #isOpen = true;
  #hasClosedWrite = false;
  #isBusy = false;

  constructor(surroundings: Surroundings, pod: V1Pod, port: number, sink: Sink, forget: () => void) {
    this.#surroundings = surroundings;
    this.#pod = pod;
    this.#port = port;
    this.#sink = sink;
    this.#forget = forget;
    this.#exchange = new HttpExchange(`127.0.0.1:${port}`);
    const place = this.#place();
    const result = place.type === 'found' ? surroundings.network.connect(place.namespace, '127.0.0.1', port) : undefined;
    if (place.type === 'missing') this.#after(0, () => this.#end(this.#failure(place.why)));
    else if (result?.type !== 'open') this.#after(result?.tookMs ?? 0, () => this.#end(this.#failure(refused(port, place.sandbox.id))));
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#exchange.receive(bytes);
    this.#advance();
  }

  closeWrite(): void {
    this.#hasClosedWrite = true;
    if (this.#isOpen && !this.#isBusy) this.#after(0, () => this.#end());
  }

  hangUp(): void {
    this.#isOpen = false;
    this.#forget();
  }

  fail(message: string): void {
    this.#end(this.#failure(message));
  }

  /** One request after the other, as servers take them from a connection. */
  #advance(): void {
    if (this.#isBusy || !this.#isOpen) return;
    const next = this.#exchange.next();
    if (next.type === 'wait') {
      if (next.bytes) this.#sendLater(0, next.bytes, false);
      else if (this.#hasClosedWrite) this.#end();
      return;
    }
    if (next.type === 'malformed') return this.#sendLater(0, next.bytes, true);
    const place = this.#place();
    if (place.type === 'missing') return this.#end(this.#failure(place.why));
    const result = this.#surroundings.network.http(place.namespace, next.request);
    if (result.type === 'error') return void this.#after(result.tookMs, () => this.#end());
    this.#sendLater(result.tookMs, next.render(result.response), !next.isKeptAlive);
  }

  #sendLater(delayMs: number, bytes: Uint8Array, isLast: boolean): void {
    this.#isBusy = true;
    this.#after(delayMs, () => {
      this.#isBusy = false;
      if (!this.#isOpen) return;
      this.#sink.data(bytes);
      if (isLast) this.#end();
      else this.#advance();
    });
  }

  #end(error?: string): void {
    if (!this.#isOpen) return;
    this.hangUp();
    this.#sink.end(error);
  }

  #after(delayMs: number, run: () => void): void {
    this.#surroundings.kernel.schedule({
      delayMs,
      actor: 'kubelet',
      what: `port-forward to ${this.#pod.metadata.name}:${this.#port}`,
      run,
    });
  }

  #place(): Place {
    return placeOf(this.#surroundings, this.#pod);
  }

  #failure(why: string): string {
    return failure(this.#surroundings, this.#pod, this.#port, why);
  }
}

type Place =
  | { readonly type: 'found'; readonly namespace: NetworkNamespace; readonly sandbox: PodSandbox }
  | { readonly type: 'missing'; readonly why: string };

function placeOf({ runtime, network }: Surroundings, pod: V1Pod): Place {
  const sandboxes = runtime.listPodSandboxes(pod.metadata.uid as string);
  const sandbox = sandboxes.find(({ state }) => state === 'ready');
  const namespace = sandbox && network.find(sandbox.ip);
  if (sandbox && namespace) return { type: 'found', namespace, sandbox };
  const id = (sandbox ?? sandboxes.at(-1))?.id ?? '';
  return { type: 'missing', why: id ? `network namespace for sandbox ${JSON.stringify(id)} is closed` : 'sandbox not found' };
}

function failure({ runtime }: Surroundings, pod: V1Pod, port: number, why: string): string {
  const id = runtime.listPodSandboxes(pod.metadata.uid as string).at(-1)?.id ?? '';
  return `error forwarding port ${port} to pod ${id}, uid : ${why}`;
}

function refused(port: number, sandbox: string): string {
  const path = `/var/run/netns/cni-${sandbox.slice(0, 8)}-${sandbox.slice(8, 12)}-${sandbox.slice(12, 16)}-${sandbox.slice(16, 20)}-${sandbox.slice(20, 32)}`;
  return (
    `failed to execute portforward in network namespace ${JSON.stringify(path)}: failed to connect to localhost:${port} inside namespace ` +
    `${JSON.stringify(sandbox)}, IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6 [::1]:${port}: connect: connection refused `
  );
}
