import { hash32, type Json, type Random } from '@/lib/base';
import type { Caller, EtcdServer } from '../etcd';
import type { Entry, Instant, Kernel } from '../kernel';
import type { DnsQuery, HttpRequest, HttpResponse, HttpResult, Listener, Network, NetworkNamespace } from '../network/types';
import type { Files, ProcessContext, ProcessEntry, Program, Signal } from './program';

/** A network namespace in which processes can open ports. */
export interface ListeningNamespace extends NetworkNamespace {
  /** Returns the function that stops listening, or undefined when the port is taken. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: Listener): (() => void) | undefined;
}

/** What is kept of a process between two calls; enough to go on with after a restore. */
export interface ProcessImage {
  readonly state: Json;
  /** Timers that have not fired, by name, and when they are due. */
  readonly timers: Readonly<Record<string, number>>;
  readonly listening: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' }[];
  /** How often the program had been called when this was kept: what its use of the processor goes by. */
  readonly calls?: number;
}

export interface ProcessOptions {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly namespace: ListeningNamespace;
  /** `nginx (default/web)`: for the trace. */
  readonly actor: string;
  readonly program: Program;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly hostname: string;
  readonly stdin?: string;
  readonly isInteractive?: boolean;
  readonly files: Files;
  /** 1 is the first process of a container, for which the kernel drops unhandled signals. */
  readonly pid: number;
  readonly kill: (pid: number, signal: Signal) => boolean;
  /** Of the same container, itself included once it has begun; absent means none. */
  readonly processes?: () => readonly ProcessEntry[];
  /** When its container started. */
  readonly startedAt: number;
  /** Takes what one call printed, in order. */
  readonly write: (printed: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]) => void;
  /** Keeps what the process is now; called after a call that changed it. */
  readonly save: (image: ProcessImage) => void;
  readonly onExit: (code: number) => void;
}

export const signalNumbers: Readonly<Record<Signal, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGUSR1: 10, SIGTERM: 15 };

const timersMax = 64;

/**
 * A container's own timers keep the cluster from being idle only so long after its start: what starts up is waited for,
 * what loops or sleeps for ever is not.
 */
export const settlingMs = 30_000;

/** A program at work: it feeds the reducer its timers, requests and signals, and keeps its state after each call. */
export class Process implements ProcessContext {
  readonly #options: ProcessOptions;
  readonly #timers = new Map<string, Entry>();
  readonly #ports = new Map<string, { port: number; protocol: 'TCP' | 'UDP'; close: () => void }>();
  #state: Json = null;
  #isSaved = false;
  #isDirty = false;
  /** Not worth a write to the disk of its own. */
  #calls = 0;
  #printed: { stream: 'stdout' | 'stderr'; text: string }[] = [];
  /** In the middle of a call; what it asks of itself then gets no answer. */
  #isBusy = false;
  #random: Random | undefined;
  #exitCode: number | undefined;
  #isGone = false;

  private constructor(options: ProcessOptions) {
    this.#options = options;
  }

  static start(options: ProcessOptions): Process {
    const process = new Process(options);
    process.#call(() => options.program.start(process));
    return process;
  }

  /** Goes on where a snapshot left off: same state, timers due when they were, ports open again. */
  static resume(options: ProcessOptions, image: ProcessImage): Process {
    const process = new Process(options);
    process.#state = image.state;
    process.#calls = image.calls ?? 0;
    for (const { port, protocol } of image.listening) process.listen(port, protocol);
    for (const [timer, at] of Object.entries(image.timers)) process.after(Math.max(0, at - options.kernel.now), timer);
    [process.#isSaved, process.#isDirty] = [true, false];
    return process;
  }

  get pid(): number {
    return this.#options.pid;
  }
  get calls(): number {
    return this.#calls;
  }
  get state(): Json {
    return this.#state;
  }
  get hasEnded(): boolean {
    return this.#isGone;
  }
  get now(): Instant {
    return this.#options.kernel.now;
  }
  get argv(): readonly string[] {
    return this.#options.argv;
  }
  get env(): Readonly<Record<string, string>> {
    return this.#options.env;
  }
  get hostname(): string {
    return this.#options.hostname;
  }
  get cwd(): string {
    return this.#options.cwd;
  }
  get isInteractive(): boolean {
    return this.#options.isInteractive ?? false;
  }
  get stdin(): string {
    return this.#options.stdin ?? '';
  }
  get files(): Files {
    return this.#options.files;
  }

  get random(): Random {
    const { kernel, actor } = this.#options;
    this.#random ??= kernel.random.fork(`process/${actor}/${kernel.now}/${hash32(this.argv.join(' '))}`);
    return this.#random;
  }

  stdout(text: string): void {
    this.#print('stdout', text);
  }

  stderr(text: string): void {
    this.#print('stderr', text);
  }

  /** Gathers what one call prints, so that a chatty start is one write to the log. */
  #print(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#exitCode !== undefined || text === '') return;
    const last = this.#printed.at(-1);
    if (last?.stream === stream) last.text += text;
    else this.#printed.push({ stream, text });
  }

  #flush(): void {
    const printed = this.#printed;
    if (printed.length === 0) return;
    this.#printed = [];
    this.#options.write(printed);
  }

  listen(port: number, protocol: 'TCP' | 'UDP' = 'TCP'): boolean {
    const key = `${protocol}/${port}`;
    const close = this.#options.namespace.listen(port, protocol, this.#listener(port));
    if (!close) return false;
    this.#ports.set(key, { port, protocol, close });
    this.#isDirty = true;
    return true;
  }

  after(delayMs: number, timer: string): void {
    this.#timers.get(timer)?.cancel();
    if (this.#timers.size >= timersMax && !this.#timers.has(timer)) return this.exit(134);
    const run = () => {
      this.#timers.delete(timer);
      this.#isDirty = true;
      this.#call((state) => this.#options.program.onTimer?.(this, state, timer) ?? state);
    };
    const { kernel, actor, startedAt } = this.#options;
    const background = kernel.now + delayMs > startedAt + settlingMs;
    this.#timers.set(timer, kernel.schedule({ delayMs: Math.round(delayMs), actor, what: timer, background, run }));
    this.#isDirty = true;
  }

  http(request: HttpRequest, options?: { timeoutMs?: number }): HttpResult {
    return this.#options.network.http(this.#options.namespace, request, options);
  }

  resolve(name: string, type?: DnsQuery['type']): ReturnType<Network['resolve']> {
    return this.#options.network.resolve(this.#options.namespace, name, type);
  }

  connect(host: string, port: number, options?: { timeoutMs?: number }): ReturnType<Network['connect']> {
    return this.#options.network.connect(this.#options.namespace, host, port, options);
  }

  dialEtcd(server: string, caller?: Caller): EtcdServer {
    return this.#options.network.dialEtcd(this.#options.namespace, server, caller);
  }

  processes(): readonly ProcessEntry[] {
    return (this.#options.processes?.() ?? []).filter(({ pid }) => pid !== this.pid);
  }

  kill(pid: number, signal: Signal): boolean {
    return this.#options.kill(pid, signal);
  }

  exit(code: number): void {
    this.#exitCode ??= code & 255;
  }

  signal(signal: Signal): void {
    if (this.#isGone) return;
    if (signal === 'SIGKILL') return this.#end(128 + signalNumbers.SIGKILL);
    const { program, pid } = this.#options;
    if (program.onSignal) this.#call((state) => program.onSignal?.(this, state, signal) ?? state);
    else if (pid !== 1) this.#end(128 + signalNumbers[signal]);
  }

  /** Drops the process with its machine: no exit, nothing kept. */
  drop(): void {
    this.#isGone = true;
    for (const entry of this.#timers.values()) entry.cancel();
    for (const { close } of this.#ports.values()) close();
  }

  #listener(port: number): Listener {
    return {
      http: (request, peer) => this.#answer(request, { ...peer, port }),
      dns: (query) => this.#answerQuery(query),
    };
  }

  #answer(request: HttpRequest, peer: { ip: string; port: number }): HttpResponse {
    let response: HttpResponse = { status: 503, headers: {}, body: '' };
    if (!this.#isBusy)
      this.#call((state) => {
        const answer = this.#options.program.onRequest?.(this, state, request, peer);
        if (!answer) return state;
        response = answer.response;
        return answer.state;
      });
    return response;
  }

  #answerQuery(query: DnsQuery): ReturnType<NonNullable<Listener['dns']>> {
    let answer: ReturnType<NonNullable<Listener['dns']>> = { rcode: 'REFUSED', answers: [] };
    if (!this.#isBusy)
      this.#call((state) => {
        const result = this.#options.program.onQuery?.(this, state, query);
        if (!result) return state;
        answer = result.answer;
        return result.state;
      });
    return answer;
  }

  #call(reduce: (state: any) => Json): void {
    if (this.#isGone) return;
    const before = this.#state;
    this.#calls++;
    this.#isBusy = true;
    try {
      this.#state = reduce(before);
    } finally {
      this.#isBusy = false;
      this.#flush();
    }
    if (this.#exitCode !== undefined) this.#end(this.#exitCode);
    else if (this.#isDirty || this.#state !== before || !this.#isSaved) this.#save();
  }

  #save(): void {
    const timers: Record<string, number> = {};
    for (const [timer, entry] of this.#timers) timers[timer] = entry.at;
    const listening = [...this.#ports.values()].map(({ port, protocol }) => ({ port, protocol }));
    [this.#isSaved, this.#isDirty] = [true, false];
    this.#options.save({ state: this.#state, timers, listening, calls: this.#calls });
  }

  #end(code: number): void {
    this.drop();
    this.#options.onExit(code);
  }
}
