import type {
  V1Container,
  V1ExecAction,
  V1HTTPGetAction,
  V1LifecycleHandler,
  V1Pod,
  V1Probe,
  V1TCPSocketAction,
} from '@/generated/kubernetes/types';
import type { HttpResult, Network, NetworkNamespace } from '../network/types';
import type { ContainerRuntime, ExecProcess } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';

export type ProbeOutcome = { readonly result: 'success' | 'failure' | 'unknown'; readonly output: string; readonly tookMs: number };

export interface ProbeTarget {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly containerId: string;
  readonly podIp: string;
}

export interface ProbeTools {
  readonly network: Network;
  /** Probes leave from the node. */
  readonly from: NetworkNamespace;
  readonly runtime: ContainerRuntime;
  /** Calls back after simulated time; returns the way to stop it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** Runs a probe once; `done` is called when its answer is there, or its timeout is over. */
export type Ask = (done: (outcome: ProbeOutcome) => void) => void;

/** How a probe of `target` is run (`pkg/probe`): what stays the same from one run to the next is worked out here. */
export function probeOf(tools: ProbeTools, target: ProbeTarget, { exec, httpGet, tcpSocket, timeoutSeconds = 1 }: V1Probe): Ask {
  const timeoutMs = timeoutSeconds * 1000;
  if (exec) return (done) => execProbe(tools, target, exec, timeoutMs, done);
  if (httpGet) {
    const probe = httpProbe(tools, target, httpGet, timeoutMs);
    return (done) => done(probe());
  }
  if (tcpSocket) return (done) => done(tcpProbe(tools, target, tcpSocket, timeoutMs));
  return (done) => done({ result: 'unknown', output: 'grpc probes are not simulated', tookMs: 0 });
}

function httpProbe({ network, from }: ProbeTools, target: ProbeTarget, action: V1HTTPGetAction, timeoutMs: number): () => ProbeOutcome {
  const url = httpUrl(target, action);
  if (!url) return () => ({ result: 'unknown', output: `couldn't find port: ${action.port}`, tookMs: 0 });
  const request = { method: 'GET', url, headers: { 'user-agent': 'kube-probe/1.36', accept: '*/*', ...headersOf(action) } } as const;
  return () => outcomeOf(url, network.http(from, request, { timeoutMs }));
}

function outcomeOf(url: string, result: HttpResult): ProbeOutcome {
  if (result.type === 'error')
    return {
      result: 'failure',
      output: `Get ${JSON.stringify(url)}: ${result.error === 'timeout' ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : result.message}`,
      tookMs: result.tookMs,
    };
  const { status, body } = result.response;
  if (status >= 200 && status < 400) return { result: 'success', output: body, tookMs: result.tookMs };
  return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}`, tookMs: result.tookMs };
}

function tcpProbe({ network, from }: ProbeTools, target: ProbeTarget, { host, port }: V1TCPSocketAction, timeoutMs: number): ProbeOutcome {
  const number = portNumber(target.container, port);
  if (!number) return { result: 'unknown', output: `couldn't find port: ${port}`, tookMs: 0 };
  const address = host ?? target.podIp;
  const { type, tookMs } = network.connect(from, address, number, { timeoutMs });
  if (type === 'open') return { result: 'success', output: '', tookMs };
  const why = type === 'refused' ? 'connect: connection refused' : type === 'unreachable' ? 'connect: no route to host' : 'i/o timeout';
  return { result: 'failure', output: `dial tcp ${address}:${number}: ${why}`, tookMs };
}

function execProbe(
  tools: ProbeTools,
  { containerId }: ProbeTarget,
  { command = [] }: V1ExecAction,
  timeoutMs: number,
  done: (outcome: ProbeOutcome) => void,
): void {
  execute(tools, containerId, command, timeoutMs, (result) => {
    if (result.type === 'failed') done({ result: 'unknown', output: result.message, tookMs: 0 });
    else if (result.type === 'timeout')
      done({
        result: 'failure',
        output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s`,
        tookMs: timeoutMs,
      });
    else done({ result: result.code === 0 ? 'success' : 'failure', output: result.output, tookMs: 0 });
  });
}

type Execution =
  | { type: 'exited'; code: number; output: string; stderr: string }
  | { type: 'timeout' }
  | { type: 'failed'; message: string };

function execute(
  { runtime, after }: ProbeTools,
  containerId: string,
  argv: readonly string[],
  timeoutMs: number | undefined,
  done: (result: Execution) => void,
): void {
  let output = '';
  let stderr = '';
  let isOver = false;
  let process: ExecProcess | undefined;
  const finish = (result: Execution) => {
    if (isOver) return;
    isOver = true;
    stopTimer?.();
    done(result);
  };
  let stopTimer: (() => void) | undefined;
  try {
    process = runtime.exec(containerId, {
      argv,
      write: (stream, text) => {
        output = (output + text).slice(0, 10_240);
        if (stream === 'stderr') stderr += text;
      },
      onExit: (code) => finish({ type: 'exited', code, output, stderr }),
    });
  } catch (error) {
    if (!(error instanceof CriError)) throw error;
    return finish({ type: 'failed', message: error.message });
  }
  if (isOver || timeoutMs === undefined) return;
  stopTimer = after(timeoutMs, () => {
    finish({ type: 'timeout' });
    process?.signal('SIGKILL');
  });
}

export type HookOutcome = { readonly isOk: true } | { readonly isOk: false; readonly message: string };

/** Runs a lifecycle hook (`kubelet/lifecycle/handlers.go`). */
export function runHook(tools: ProbeTools, target: ProbeTarget, hook: V1LifecycleHandler, done: (outcome: HookOutcome) => void): void {
  const { pod, container, containerId } = target;
  const where = `for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(`${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`)}`;
  if (hook.sleep) return void tools.after(hook.sleep.seconds * 1000, () => done({ isOk: true }));
  if (hook.exec) {
    const command = hook.exec.command ?? [];
    return execute(tools, containerId, command, undefined, (result) => {
      if (result.type === 'exited' && result.code === 0) return done({ isOk: true });
      const error =
        result.type === 'failed'
          ? result.message
          : result.type === 'exited'
            ? `command '${command.join(' ')}' exited with ${result.code}: ${result.stderr}`
            : '';
      done({
        isOk: false,
        message: `Exec lifecycle hook ([${command.join(' ')}]) ${where} failed - error: ${error}, message: ${JSON.stringify(result.type === 'exited' ? result.output : '')}`,
      });
    });
  }
  if (!hook.httpGet) return done({ isOk: true });
  const outcome = httpProbe(tools, target, { ...hook.httpGet, port: hook.httpGet.port ?? 80 }, 30_000)();
  const isOk = outcome.result === 'success';
  const message = `HTTP lifecycle hook (${hook.httpGet.path ?? '/'}) ${where} failed - error: ${outcome.output}, message: ""`;
  tools.after(outcome.tookMs, () => done(isOk ? { isOk } : { isOk: false, message }));
}

function httpUrl({ container, podIp }: ProbeTarget, { scheme = 'HTTP', host, port, path = '/' }: V1HTTPGetAction): string | undefined {
  const number = portNumber(container, port);
  return number === undefined
    ? undefined
    : `${scheme.toLowerCase()}://${host || podIp}:${number}${path.startsWith('/') ? path : `/${path}`}`;
}

function headersOf({ httpHeaders = [] }: V1HTTPGetAction): Record<string, string> {
  return Object.fromEntries(httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]));
}

/** A probe's port is a number or the name of one of the container's ports. */
function portNumber(container: V1Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}
