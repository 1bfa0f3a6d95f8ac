import type { V1Pod } from '@/generated/kubernetes/types';
import { percentDecoded } from '@/lib/base';
import { failure, statusErrors, StatusError, type ApiConnection, type ApiForwarding, type ApiRequest, type ApiResponse } from '../api';
import { instant, type Disk, type Kernel } from '../kernel';
import type { Container, ContainerRuntime } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import type { ExecHost, ExecRequest } from '../runtime/exec-host';
import { readLog, type LogEntry } from '../runtime/logs';
import type { Network } from '../network/types';
import { allContainers } from './containers';
import { portForwarding } from './port-forward';
import { resourceMetrics } from './resource-metrics';

export interface KubeletServerOptions {
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly runtime: ContainerRuntime;
  readonly network: Network;
  readonly execHost: ExecHost | undefined;
  readonly findPod: (namespace: string, name: string) => V1Pod | undefined;
}

/** The kubelet's own API on port 10250: logs, exec, attach and port-forward, as the API server asks for them (`kubelet/server/server.go`). */
export class KubeletServer {
  readonly #options: KubeletServerOptions;
  readonly #hangUps = new Set<() => void>();

  constructor(options: KubeletServerOptions) {
    this.#options = options;
  }

  handle(request: ApiRequest): ApiResponse {
    const [path = '', query = ''] = request.url.split('?');
    const [, verb, namespace = '', name = '', container = ''] = path.split('/').map(percentDecoded);
    const parameters = parseQuery(query);
    try {
      switch (verb) {
        case 'healthz':
          return text('ok');
        case 'metrics':
          if (path !== '/metrics/resource') return notFound;
          return text(resourceMetrics(this.#options.runtime, instant(this.#options.kernel.now)));
        case 'containerLogs':
          return this.#logs(this.#find(namespace, name, container, parameters.get('previous')?.[0] === 'true'), parameters);
        case 'exec':
          return { status: 101, headers: {}, connect: this.#exec(this.#running(namespace, name, container), parameters) };
        case 'attach':
          return { status: 101, headers: {}, connect: this.#attach(this.#running(namespace, name, container), parameters) };
        case 'portForward':
          return { status: 101, headers: {}, forward: this.#forward(namespace, name) };
        default:
          return notFound;
      }
    } catch (error) {
      if (error instanceof StatusError) return { status: error.code, headers: { 'content-type': 'application/json' }, body: error.status };
      if (error instanceof CriError)
        return {
          status: 500,
          headers: { 'content-type': 'application/json' },
          body: statusErrors.internal(`error executing command in container: ${error.message}`).status,
        };
      throw error;
    }
  }

  #forward(namespace: string, name: string): ApiForwarding {
    const pod = this.#options.findPod(namespace, name);
    if (!pod) throw failure(404, 'NotFound', 'pod does not exist');
    return portForwarding(this.#options, pod, this.#hangUps);
  }

  /** Whatever still streams ends with the kubelet. */
  stop(): void {
    for (const hangUp of [...this.#hangUps]) hangUp();
  }

  #find(namespace: string, name: string, containerName: string, isPrevious: boolean): Container {
    const pod = this.#options.findPod(namespace, name);
    if (!pod) throw failure(404, 'NotFound', `pod ${JSON.stringify(name)} not found`);
    const uid = pod.metadata.uid as string;
    const spec = allContainers(pod).find((one) => one.name === containerName);
    if (!spec) throw statusErrors.badRequest(`container ${JSON.stringify(containerName)} is not valid for pod ${JSON.stringify(name)}`);
    const runs = [...this.#options.runtime.listContainers(uid)]
      .filter((one) => one.name === containerName)
      .sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
    const latest = runs[0]?.state === 'created' ? runs[1] : runs[0];
    if (isPrevious) {
      const before = runs.find(({ state, id }) => state === 'exited' && (id !== latest?.id || latest.state === 'exited'));
      const previous = latest?.state === 'exited' && runs[1] ? runs[1] : before;
      if (previous) return previous;
      throw statusErrors.badRequest(
        `previous terminated container ${JSON.stringify(containerName)} in pod ${JSON.stringify(name)} not found`,
      );
    }
    if (latest) return latest;
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
      (one) => one.name === containerName,
    );
    const { reason = 'ContainerCreating' } = status?.state?.waiting ?? {};
    const why = reason === 'ErrImagePull' || reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
    throw statusErrors.badRequest(`container ${JSON.stringify(containerName)} in pod ${JSON.stringify(name)} is waiting to start: ${why}`);
  }

  #running(namespace: string, name: string, container: string): Container {
    const pod = this.#options.findPod(namespace, name);
    if (!pod) throw failure(404, 'NotFound', `pod does not exist`);
    const found = [...this.#options.runtime.listContainers(pod.metadata.uid as string)].find(
      (one) => one.name === container && one.state === 'running',
    );
    if (!found) throw failure(500, 'InternalError', `container not found (${JSON.stringify(container)})`);
    return found;
  }

  #logs(container: Container, parameters: ReadonlyMap<string, readonly string[]>): ApiResponse {
    const { disk, runtime } = this.#options;
    const number = (name: string) => (parameters.has(name) ? Number(parameters.get(name)?.[0]) : undefined);
    const sinceMs = number('sinceMs');
    const hasTimestamps = parameters.get('timestamps')?.[0] === 'true';
    const entries = readLog(disk, container.logPath).filter(({ time }) => sinceMs === undefined || time >= sinceMs);
    const tail = number('tailLines');
    const limitBytes = number('limitBytes');
    const whole = render(tail === undefined ? entries : lastLines(entries, tail), hasTimestamps);
    const limited = limitBytes === undefined ? whole : firstBytes(whole, limitBytes);
    if (parameters.get('follow')?.[0] !== 'true') return text(limited);
    return {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      stream: { start: (sink) => this.#follow(runtime, container, limited, hasTimestamps, sink) },
    };
  }

  #follow(
    runtime: ContainerRuntime,
    container: Container,
    soFar: string,
    hasTimestamps: boolean,
    sink: { write(chunk: unknown): void; end(): void },
  ): () => void {
    const { kernel } = this.#options;
    const later = (run: () => void) => kernel.schedule({ delayMs: 0, actor: 'kubelet', what: `log of ${container.name}`, run });
    const hangUp = () => {
      stopLog();
      stopExit();
      this.#hangUps.delete(hangUp);
    };
    const stopLog = runtime.onLog(container.id, (entry) => void later(() => sink.write(render([entry], hasTimestamps))));
    const stopExit = runtime.onContainerExit((exited) => {
      if (exited.id !== container.id) return;
      hangUp();
      later(() => sink.end());
    });
    this.#hangUps.add(hangUp);
    later(() => {
      if (soFar) sink.write(soFar);
      if (runtime.findContainer(container.id)?.state !== 'running') {
        hangUp();
        sink.end();
      }
    });
    return hangUp;
  }

  #exec(container: Container, parameters: ReadonlyMap<string, readonly string[]>): ApiConnection {
    const { execHost } = this.#options;
    const argv = parameters.get('command') ?? [];
    const request = this.#execRequest(container, argv, parameters);
    if (execHost?.accepts(request)) return this.#dyingWith(container, execHost.start(request));
    return { start: (sink) => this.#runProgram(container, argv, sink, request) };
  }

  #execRequest(container: Container, argv: readonly string[], parameters: ReadonlyMap<string, readonly string[]>): ExecRequest {
    const { runtime } = this.#options;
    const flag = (name: string) => /^(1|true)$/.test(parameters.get(name)?.[0] ?? '');
    return {
      ...runtime.view(container.id),
      argv,
      tty: flag('tty'),
      stdin: flag('stdin'),
      run: (command, options) => runtime.exec(container.id, { argv: command, ...options }),
    };
  }

  /** A shell beside the main process: it is killed with the container, and its caller hears no more of it when the node is lost. */
  #dyingWith({ id }: Container, connection: ApiConnection): ApiConnection {
    return {
      start: (sink) => {
        const forget = (): void => {
          stopExit();
          this.#hangUps.delete(lose);
        };
        const kill = (code: number, message: string): void => {
          forget();
          running.hangUp();
          sink.exit({ code, message });
        };
        const lose = (): void => kill(1, 'error reading from error stream: next reader: unexpected EOF');
        const stopExit = this.#options.runtime.onContainerExit((exited) => {
          if (exited.id === id) kill(137, 'command terminated with exit code 137');
        });
        this.#hangUps.add(lose);
        const running = connection.start({
          stdout: (text) => sink.stdout(text),
          stderr: (text) => sink.stderr(text),
          exit: (status) => {
            forget();
            sink.exit(status);
          },
        });
        return {
          stdin: (text) => running.stdin(text),
          closeStdin: () => running.closeStdin(),
          resize: (columns, rows) => running.resize(columns, rows),
          hangUp: () => {
            forget();
            running.hangUp();
          },
        };
      },
    };
  }

  #endingWith({ id }: Container, connection: ApiConnection): ApiConnection {
    const { kernel, runtime } = this.#options;
    const end = (code: number) =>
      kernel.schedule({
        delayMs: 0,
        actor: 'kubelet',
        what: 'the attached shell ended',
        background: false,
        run: () => runtime.endProcess(id, code),
      });
    return {
      start: (sink) =>
        connection.start({
          ...sink,
          stdout: (text) => sink.stdout(text),
          stderr: (text) => sink.stderr(text),
          exit: (status) => {
            end(status.code);
            sink.exit(status);
          },
        }),
    };
  }

  /** Programs that read no terminal: what is piped in is gathered until the writer closes it. */
  #runProgram(
    container: Container,
    argv: readonly string[],
    sink: Parameters<ApiConnection['start']>[0],
    request: ExecRequest,
  ): ReturnType<ApiConnection['start']> {
    const { runtime, kernel } = this.#options;
    let input = '';
    let running: { signal(signal: 'SIGKILL' | 'SIGINT'): void } | undefined;
    let hasStarted = false;
    const start = () => {
      if (hasStarted) return;
      hasStarted = true;
      try {
        running = runtime.exec(container.id, {
          argv,
          stdin: input,
          write: (stream, output) => sink[stream](output),
          onExit: (code) => sink.exit(code === 0 ? { code } : { code, message: `command terminated with exit code ${code}` }),
        });
      } catch (error) {
        if (!(error instanceof CriError)) throw error;
        sink.exit({
          code: /executable file not found|no such file/.test(error.description) ? 127 : 126,
          message: `Internal error occurred: error executing command in container: ${error.description}`,
        });
      }
    };
    if (!request.stdin) kernel.schedule({ delayMs: 0, actor: 'kubelet', what: `exec ${argv.join(' ')}`, run: start });
    return {
      stdin: (chunk) => {
        if (chunk.includes('\u0003')) running?.signal('SIGINT');
        else input += chunk;
      },
      closeStdin: start,
      resize: () => {},
      hangUp: () => running?.signal('SIGKILL'),
    };
  }

  /** To a shell that waits at its terminal comes a shell of one's own, and when that ends so does the container. */
  #attach(container: Container, parameters: ReadonlyMap<string, readonly string[]>): ApiConnection {
    const { runtime, execHost } = this.#options;
    const request = this.#execRequest(container, runtime.view(container.id).argv, parameters);
    if (container.isInteractive && request.stdin && execHost?.accepts(request)) return this.#endingWith(container, execHost.start(request));
    return {
      start: (sink) => {
        const stopLog = runtime.onLog(container.id, ({ stream, text: line }) => sink[stream](line));
        const stopExit = runtime.onContainerExit((exited) => {
          if (exited.id !== container.id) return;
          hangUp();
          sink.exit({ code: exited.exitCode ?? 0 });
        });
        const hangUp = () => {
          stopLog();
          stopExit();
        };
        return { stdin: () => {}, closeStdin: () => {}, resize: () => {}, hangUp };
      },
    };
  }
}

const notFound: ApiResponse = { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };

function text(body: string): ApiResponse {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body };
}

/** `limitBytes` may cut a character in two; what is left of it is not shown. */
function firstBytes(whole: string, count: number): string {
  const bytes = new TextEncoder().encode(whole);
  return bytes.length <= count ? whole : new TextDecoder().decode(bytes.subarray(0, count), { stream: true });
}

function render(entries: readonly LogEntry[], hasTimestamps: boolean): string {
  if (!hasTimestamps) return entries.map((entry) => entry.text).join('');
  return entries.map(({ time, text: line }) => `${new Date(instant(time)).toISOString().replace('Z', '000000Z')} ${line}`).join('');
}

/** `--tail` counts whole lines; parts of a line count with the line they begin. */
function lastLines(entries: readonly LogEntry[], count: number): readonly LogEntry[] {
  let lines = 0;
  for (let index = entries.length; index > 0; index--) {
    const isEndOfLine = (entries[index - 1] as LogEntry).text.endsWith('\n') || index === entries.length;
    if (isEndOfLine && lines++ === count) return entries.slice(index);
  }
  return entries;
}

/** Repeated names keep every value, in order; `command=a&command=b`. */
function parseQuery(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => percentDecoded(part.replaceAll('+', ' ')));
    parameters.set(name, [...(parameters.get(name) ?? []), value]);
  }
  return parameters;
}
