import type { ApiForwarding, ForwardedAnswer, ForwardedRequest, KubeObject } from '@/lib/cluster';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError, Exit } from '../errors';
import { flag } from '../flags';
import { findPod, podsResource } from '../pods/find-pod';

interface Pair {
  readonly local: number;
  readonly remote: number;
}

export const portForward = defineCommand({
  name: 'port-forward',
  short: 'Forward one or more local ports to a pod',
  long: "Forward one or more local ports to a pod.\n\n Use resource type/name such as deployment/mydeployment to select a pod. Resource type defaults to 'pod' if omitted.\n\n If there are multiple pods matching the criteria, a pod will be selected automatically. The forwarding session ends when the selected pod terminates, and a rerun of the command is needed to resume forwarding.",
  examples: [
    [
      'Listen on port 8443 locally, forwarding to the targetPort of the service\'s port named "https" in a pod selected by the service',
      'kubectl port-forward service/myservice 8443:https',
    ],
    ['Listen on port 8888 locally, forwarding to 5000 in the pod', 'kubectl port-forward pod/mypod 8888:5000'],
  ],
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  flags: [
    flag.strings('address', 'Addresses to listen on (comma separated). Only accepts IP addresses or localhost as a value.'),
    flag.duration(
      'pod-running-timeout',
      'The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running',
      '1m0s',
    ),
  ],
  async run(context) {
    const [target, ...words] = context.args;
    if (target === undefined || words.length === 0) throw context.usageError('TYPE/NAME and list of ports are required for port-forward');
    const { listen } = context.io;
    if (!listen) throw new CommandError('port-forward is not simulated here: nobody could connect to this machine');
    const { pod } = await findPod(context, target);
    const pairs = await pairsOf(context, target, pod, words);
    if (pod['status']?.phase !== 'Running')
      throw new CommandError(`unable to forward port because pod is not running. Current status=${pod['status']?.phase}`);
    const path = pathOf(await podsResource(context), pod.metadata.namespace, pod.metadata.name, 'portforward');
    await serve(context, listen, await context.client.forward(path), pairs);
  },
});

async function pairsOf(context: Context, target: string, pod: KubeObject, words: readonly string[]): Promise<Pair[]> {
  const [type = '', name = ''] = target.split('/');
  const resource = target.includes('/') ? await context.discovery.get(type) : undefined;
  const service: KubeObject | undefined =
    resource?.kind === 'Service' ? await context.client.get(pathOf(resource, context.namespace, name)) : undefined;
  return words.map((word) => {
    const [first = '', second] = word.split(':');
    const remote = service ? targetPort(service, pod, second ?? first) : podPort(pod, second ?? first);
    const local =
      second === undefined
        ? /^\d+$/.test(first)
          ? Number(first)
          : remote
        : first === '' || first === '0'
          ? freePort(context, remote)
          : Number(first);
    if (!Number.isInteger(local) || local > 65_535)
      throw new CommandError(
        `error parsing local port ${JSON.stringify(first)}: strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`,
      );
    return { local, remote };
  });
}

/** What the system would give out. */
function freePort(context: Context, remote: number): number {
  return 32_768 + ((context.io.now() + remote) % 28_232);
}

interface Port {
  readonly name?: string;
  readonly containerPort: number;
}

function podPort(pod: KubeObject, text: string): number {
  if (/^\d+$/.test(text)) {
    const port = Number(text);
    if (port < 1) throw new CommandError('remote port must be > 0');
    return port;
  }
  const ports = (pod['spec'].containers as { ports?: Port[] }[]).flatMap(({ ports: own = [] }) => own);
  const found = ports.find(({ name }) => name === text);
  if (!found) throw new CommandError(`Pod '${pod.metadata.name}' does not have a named port '${text}'`);
  return found.containerPort;
}

/** `port-forward` goes past the Service: its port says which one of the Pod's is meant. */
function targetPort(service: KubeObject, pod: KubeObject, text: string): number {
  const ports = (service['spec'].ports ?? []) as { name?: string; port: number; targetPort: number | string }[];
  const isNumber = /^\d+$/.test(text);
  const found = ports.find(({ name, port }) => (isNumber ? port === Number(text) : name === text));
  if (!found)
    throw new CommandError(
      isNumber
        ? `Service ${service.metadata.name} does not have a service port ${text}`
        : `Service '${service.metadata.name}' does not have a named port '${text}'`,
    );
  if (service['spec'].clusterIP === 'None') return found.port;
  return podPort(pod, String(found.targetPort));
}

type Listen = NonNullable<Context['io']['listen']>;

/** Until Ctrl-C, or until a connection fails. */
async function serve(context: Context, listen: Listen, forwarding: ApiForwarding, pairs: readonly Pair[]): Promise<void> {
  const { io } = context;
  const closers: (() => void)[] = [];
  let onAbort = (): void => undefined;
  try {
    await new Promise<void>((_, reject) => {
      onAbort = () => reject(new Exit(130));
      io.signal.addEventListener('abort', onAbort);
      const lose = (pair: Pair, message: string): void => {
        context.warn(`an error occurred forwarding ${pair.local} -> ${pair.remote}: ${message}\n`);
        reject(new CommandError('lost connection to pod'));
      };
      for (const pair of pairs) {
        const close = listen(pair.local, (request) => answer(context, forwarding, pair, request, (message) => lose(pair, message)));
        if (!close) {
          context.warn(unableToListen(pair));
          continue;
        }
        closers.push(close);
        for (const address of ['127.0.0.1', '[::1]']) context.out(`Forwarding from ${address}:${pair.local} -> ${pair.remote}\n`);
      }
      if (closers.length === 0)
        reject(
          new CommandError(
            `unable to listen on any of the requested ports: [${pairs.map(({ local, remote }) => `{${local} ${remote}}`).join(' ')}]`,
          ),
        );
    });
  } finally {
    io.signal.removeEventListener('abort', onAbort);
    for (const close of closers) close();
    forwarding.close();
  }
}

function answer(
  context: Context,
  forwarding: ApiForwarding,
  { local, remote }: Pair,
  request: ForwardedRequest,
  lose: (message: string) => void,
): ForwardedAnswer {
  context.out(`Handling connection for ${local}\n`);
  const answered = forwarding.exchange?.(remote, request) ?? { type: 'error', message: 'the server cannot carry it' };
  if (answered.type === 'error') lose(answered.message);
  return answered;
}

function unableToListen({ local }: Pair): string {
  const tries = ['tcp4 127.0.0.1', 'tcp6 [::1]'].map(
    (one) => `unable to create listener: Error listen ${one}:${local}: bind: address already in use`,
  );
  return `Unable to listen on port ${local}: Listeners failed to create with the following errors: [${tries.join(' ')}]\n`;
}
