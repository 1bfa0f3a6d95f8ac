import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import type { HttpRequest, HttpResult, Listener, Network } from '@/lib/cluster/network/types';
import { ContainerFiles } from '@/lib/cluster/runtime/container-files';
import { Process, type ListeningNamespace, type ProcessImage } from '@/lib/cluster/runtime/process';
import type { Program, Signal } from '@/lib/cluster/runtime/program';

export interface ContainerOptions {
  readonly programs: Readonly<Record<string, Program>>;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly http?: (request: HttpRequest) => HttpResult;
  readonly pid?: number;
}

/** One process alone with a kernel, a disk and a network that answers what the test says. */
export class LoneContainer {
  readonly kernel: Kernel;
  readonly disk = new Disk('test');
  readonly files: ContainerFiles;
  stdout = '';
  stderr = '';
  exitCode: number | undefined;
  /** What was printed, and how many milliseconds after the start. */
  readonly printed: { readonly ms: number; readonly text: string }[] = [];
  readonly listeners = new Map<number, Listener>();
  readonly #startedAt: number;
  #process: Process;

  constructor(options: ContainerOptions, from?: { kernel: Kernel; image: ProcessImage }) {
    this.kernel = from?.kernel ?? new Kernel({ seed: 'container', now: instant(Date.UTC(2026, 0, 5, 8, 0, 0)) });
    this.#startedAt = this.kernel.now;
    this.files = new ContainerFiles({ disk: this.disk, layer: options.files ?? {}, writable: '/writable', mounts: [] });
    const path = options.argv[0]?.includes('/') ? options.argv[0] : `/bin/${options.argv[0]}`;
    const program = options.programs[path];
    if (!program) throw new Error(`no program ${path}`);
    const settings = {
      kernel: this.kernel,
      network: networkOf(options),
      namespace: this.#namespace(),
      actor: 'test',
      program,
      argv: options.argv,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...options.env },
      cwd: '/',
      hostname: 'web-1',
      files: this.files,
      pid: options.pid ?? 1,
      kill: () => false,
      startedAt: this.kernel.now,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      write: (printed: readonly { stream: 'stdout' | 'stderr'; text: string }[]) => this.#print(printed),
      save: (image: ProcessImage) => this.disk.set('/process', image as never),
      onExit: (code: number) => {
        this.exitCode = code;
      },
    };
    this.#process = from ? Process.resume(settings, from.image) : Process.start(settings);
  }

  /** What a snapshot keeps of the process. */
  get image(): ProcessImage {
    return this.disk.get<unknown>('/process') as ProcessImage;
  }

  run(ms: number): this {
    this.kernel.runFor(ms);
    return this;
  }

  signal(signal: Signal): this {
    this.#process.signal(signal);
    return this;
  }

  request(
    port: number,
    url: string,
    { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) {
    const listener = this.listeners.get(port);
    if (!listener?.http) throw new Error(`nobody listens on ${port}`);
    return listener.http({ method, url, headers, ...(body === undefined ? {} : { body }) }, { ip: '10.244.1.1' });
  }

  #print(printed: readonly { stream: 'stdout' | 'stderr'; text: string }[]): void {
    for (const { stream, text } of printed) {
      this[stream] += text;
      this.printed.push({ ms: this.kernel.now - this.#startedAt, text });
    }
  }

  #namespace(): ListeningNamespace {
    return {
      name: 'test',
      ip: '10.244.1.2',
      machine: 'worker-1',
      resolver: { nameservers: ['10.96.0.10'], search: [], ndots: 5 },
      findListener: (port) => this.listeners.get(port),
      listen: (port, _protocol, listener) => {
        if (this.listeners.has(port)) return undefined;
        this.listeners.set(port, listener);
        return () => this.listeners.delete(port);
      },
    };
  }
}

function networkOf({ http }: ContainerOptions): Network {
  const refused: HttpResult = { type: 'error', error: 'refused', message: 'connect: connection refused', tookMs: 1 };
  const network: Partial<Network> = {
    http: (_from, request) => http?.(request) ?? refused,
    connect: () => ({ type: 'refused', tookMs: 1 }),
    resolve: (_from, name) => ({ answer: { rcode: 'NXDOMAIN', answers: [] }, server: '10.96.0.10:53', tookMs: name.length > 0 ? 1 : 0 }),
  };
  return network as Network;
}

export function ok(body: string, tookMs = 2): HttpResult {
  return { type: 'response', response: { status: 200, headers: {}, body }, tookMs, remoteIp: '10.96.0.7' };
}
