import { hash32 } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { apiVersionOf, pathOf, type ApiResource } from '../discovery';
import { draftObject } from '../draft';
import { CommandError } from '../errors';
import { cut, flag } from '../flags';
import { attachTo, streamLogs } from '../pods/attach';
import { containerNames } from '../pods/containers';
import { podsResource } from '../pods/find-pod';
import { watchUntil } from '../watch-until';

const profiles = ['general', 'baseline', 'restricted', 'netadmin', 'sysadmin', 'legacy'];

export const debug = defineCommand({
  name: 'debug',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  long: "Debug cluster resources using interactive debugging containers.\n\n 'debug' adds an ephemeral container to a Pod that runs, or makes a Pod on a node that sees the node's files at /host. Pods will be used by default if no resource is specified.",
  examples: [
    ['Create an interactive debugging session in pod mypod and immediately attach to it.', 'kubectl debug mypod -it --image=busybox'],
    [
      'Create a debug container named debugger using a custom automated debugging image.',
      'kubectl debug --image=myproj/debug-tools -c debugger mypod',
    ],
    ['Create an interactive debugging session on a node and immediately attach to it.', 'kubectl debug node/mynode -it --image=busybox'],
  ],
  usage: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  flags: [
    flag.bool('arguments-only', 'If specified, everything after -- will be passed to the new container as Args instead of Command.'),
    flag.bool('attach', "If true, wait for the container to start running, and then attach as if 'kubectl attach ...' were called."),
    flag.string('container,c', 'Container name to use for debug container.'),
    flag.string('copy-to', 'Create a copy of the target Pod with this name.'),
    flag.array('env', 'Environment variables to set in the container.'),
    flag.string('image', 'Container image to use for debug container.'),
    flag.string(
      'image-pull-policy',
      'The image pull policy for the container. If left empty, this value will not be specified by the client and defaulted by the server.',
    ),
    flag.string('profile', 'Options are "general", "baseline", "restricted", "netadmin" or "sysadmin". Defaults to "general"', 'general'),
    flag.bool('quiet,q', 'If true, suppress informational messages.'),
    flag.bool('stdin,i', 'Keep stdin open on the container(s) in the pod, even if nothing is attached.'),
    flag.string('target', 'When using an ephemeral container, target processes in this container name.'),
    flag.bool('tty,t', 'Allocate a TTY for the debugging container.'),
  ],
  async run(context) {
    check(context);
    const targets = context.dashAt < 0 ? context.args : context.args.slice(0, context.dashAt);
    for (const target of targets) await debugOne(context, target);
  },
});

function check({ flags, args, dashAt }: Context): void {
  if (flags.string('copy-to')) throw new CommandError('debug --copy-to is not simulated; use kubectl get -o yaml and kubectl create -f');
  if (!flags.string('image')) throw new CommandError('you must specify --image when not using --copy-to.');
  if (args.length === 0 || dashAt === 0) throw new CommandError('NAME or filename is required for debug');
  if (flags.bool('tty') && !flags.bool('stdin')) throw new CommandError('-i/--stdin is required for containers with -t/--tty=true');
  if (!profiles.includes(flags.string('profile'))) throw new CommandError(`unknown profile: ${flags.string('profile')}`);
}

async function debugOne(context: Context, target: string): Promise<void> {
  const [type, name] = target.includes('/') ? (cut(target, '/') as [string, string]) : ['pods', target];
  const resource = await context.discovery.get(type);
  const object: KubeObject = await context.client.get(pathOf(resource, resource.namespaced ? context.namespace : undefined, name));
  if (resource.kind === 'Node') return debugNode(context, object);
  if (resource.kind !== 'Pod')
    throw new CommandError(`${JSON.stringify(`${groupVersion(resource)}, Kind=${resource.kind}`)} not supported by debug`);
  return debugPod(context, resource, object);
}

function groupVersion(resource: ApiResource): string {
  return resource.group ? apiVersionOf(resource) : `/${resource.version}`;
}

async function debugPod(context: Context, resource: ApiResource, pod: KubeObject): Promise<void> {
  const { flags } = context;
  const target = flags.string('target');
  if (target && !flags.bool('quiet'))
    context.out(
      `Targeting container ${JSON.stringify(target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
    );
  const container = { ...containerOf(context, pod), ...(target ? { targetContainerName: target } : {}) };
  const path = pathOf(resource, pod.metadata.namespace, pod.metadata.name, 'ephemeralcontainers');
  const before = (pod['spec'].ephemeralContainers ?? []) as { name: string }[];
  const order = [...before, container].map(({ name }) => ({ name }));
  const changed = await context.client.patch(path, 'application/strategic-merge-patch+json', {
    spec: { '$setElementOrder/ephemeralContainers': order, ephemeralContainers: [container] },
  });
  await maybeAttach(context, changed, container.name, 'ephemeralContainerStatuses');
}

async function debugNode(context: Context, node: KubeObject): Promise<void> {
  const name = `node-debugger-${node.metadata.name}-${suffix(context, node.metadata.name)}`;
  const { securityContext: _, ...container } = containerOf(context, undefined);
  if (!context.flags.bool('quiet'))
    context.out(`Creating debugging pod ${name} with container ${container.name} on node ${node.metadata.name}.\n`);
  const pod = draftObject({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name },
    spec: {
      containers: [{ ...container, volumeMounts: [{ mountPath: '/host', name: 'host-root' }] }],
      hostIPC: true,
      hostNetwork: true,
      hostPID: true,
      nodeName: node.metadata.name,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ name: 'host-root', hostPath: { path: '/' } }],
    },
  });
  const created = await context.client.post(pathOf(await podsResource(context), context.namespace), pod);
  await maybeAttach(context, created, container.name, 'containerStatuses');
}

function containerOf(context: Context, pod: KubeObject | undefined) {
  const { flags, args, dashAt } = context;
  const command = dashAt < 0 ? [] : args.slice(dashAt);
  const env = flags.list('env').map((pair) => {
    const [name, value] = cut(pair, '=');
    if (name === '' || value === undefined) throw new CommandError(`invalid env: ${pair}`);
    return { name, value };
  });
  return {
    name: nameOf(context, pod),
    image: flags.string('image'),
    ...(command.length > 0 ? { [flags.bool('arguments-only') ? 'args' : 'command']: command } : {}),
    ...(env.length > 0 ? { env } : {}),
    ...(flags.string('image-pull-policy') ? { imagePullPolicy: flags.string('image-pull-policy') } : {}),
    ...(flags.bool('stdin') ? { stdin: true } : {}),
    ...(flags.bool('tty') ? { tty: true } : {}),
    terminationMessagePolicy: 'File',
    ...securityFor(flags.string('profile')),
  };
}

function securityFor(profile: string): { securityContext?: object } {
  switch (profile) {
    case 'general':
      return { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } };
    case 'netadmin':
      return { securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } } };
    case 'sysadmin':
      return { securityContext: { privileged: true } };
    case 'restricted':
      return {
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      };
    default:
      return {};
  }
}

function nameOf(context: Context, pod: KubeObject | undefined): string {
  const wanted = context.flags.string('container');
  if (wanted) return wanted;
  if (!pod) return 'debugger';
  const taken = containerNames(pod);
  let name = `debugger-${suffix(context, pod.metadata.name)}`;
  for (let again = 0; taken.includes(name); again++) name = `debugger-${suffix(context, `${pod.metadata.name}/${again}`)}`;
  if (!context.flags.bool('quiet')) context.out(`Defaulting debug container name to ${name}.\n`);
  return name;
}

/** Five letters as `utilrand.String` writes them, from what is asked and when. */
function suffix({ io }: Context, what: string): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  let left = hash32(`${what}/${io.now()}`);
  return Array.from({ length: 5 }, () => {
    const letter = letters[left % letters.length];
    left = Math.floor(left / letters.length);
    return letter;
  }).join('');
}

interface ContainerState {
  readonly name: string;
  readonly state?: {
    readonly running?: object;
    readonly terminated?: object;
    readonly waiting?: { readonly reason?: string; readonly message?: string };
  };
}

async function maybeAttach(context: Context, pod: KubeObject, name: string, field: string): Promise<void> {
  const { flags } = context;
  if (!(flags.changed('attach') ? flags.bool('attach') : flags.bool('stdin'))) return;
  const resource = await podsResource(context);
  let found: ContainerState | undefined;
  const hasStarted = (object: KubeObject | undefined): boolean => {
    if (!object) throw new CommandError(`pods ${JSON.stringify(pod.metadata.name)} not found`);
    found = ((object['status']?.[field] ?? []) as ContainerState[]).find((one) => one.name === name);
    return found?.state?.running !== undefined || found?.state?.terminated !== undefined;
  };
  await watchUntil(context, { resource, namespace: pod.metadata.namespace, name: pod.metadata.name }, hasStarted);
  if (found?.state?.terminated) return streamLogs(context, pod, name);
  await attachTo(context, pod, { stdin: flags.bool('stdin'), tty: flags.bool('tty'), isQuiet: flags.bool('quiet'), container: name });
}
