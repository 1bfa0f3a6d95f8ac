import {
  copyObject,
  ConnectionError,
  failure,
  FieldPath,
  fieldError,
  statusErrors,
  type ApiRequest,
  type ApiResponse,
  type KubeObject,
} from '../api';
import { decodeBody } from './body';
import { definitionIdOfKind, type RequestContext } from './context';
import type { ExecOptions, KubeletDialer, LogOptions } from './kubelet-dialer';
import { readWriteOptions } from './options';
import { isTrue, valuesOf, type Query } from './request-info';
import { checkName, notAllowed, writing, type ResourceHandler, type ResourceServices } from './handler';
import { answered, type Answer } from './responses';

const done = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** `pods/binding`: how the scheduler says where (`registry/core/pod/storage.BindingREST`). */
export const bindPod: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  if (info.verb !== 'create') throw notAllowed();
  const options = readWriteOptions(info.query, 'CreateOptions');
  const binding = decodeBody(request, { group: '', version: 'v1', kind: 'Binding' }, options.fieldValidation, context.warnings);
  checkName(binding, info.name);
  checkTarget(binding);
  services.store.update(writing(context, request, options), (old) => boundPod(context, definition, old, binding), {
    subresource: 'binding',
    shownAs: { operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'Binding' }, show: () => binding },
  });
  return answered(done, 201);
};

function checkTarget({ target }: KubeObject): void {
  const path = FieldPath.of('target');
  const errors = [
    ...(target?.kind && target.kind !== 'Node' ? [fieldError.notSupported(path.child('kind'), target.kind, ['Node', '<empty>'])] : []),
    ...(target?.name ? [] : [fieldError.required(path.child('name'))]),
  ];
  if (errors.length > 0) throw failure(500, undefined, errors.map(({ field, message }) => `${field}: ${message}`).join(', '));
}

function boundPod(
  context: RequestContext,
  definition: RequestContext['definition'],
  old: KubeObject | undefined,
  binding: KubeObject,
): KubeObject {
  const { name } = context.info;
  if (!old) throw statusErrors.notFound({ group: '', resource: 'pods' }, name);
  const refuse = (why: string) => statusErrors.conflict({ group: '', resource: 'pods/binding' }, name, why);
  if (binding.metadata.uid && binding.metadata.uid !== old.metadata.uid)
    throw refuse(`Precondition failed: UID in precondition: ${binding.metadata.uid}, UID in object meta: ${old.metadata.uid}`);
  if (old.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (old.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(old.spec.nodeName)}`);
  if (old.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const pod = copyObject(definitionIdOfKind(definition), old);
  pod.spec.nodeName = binding.target.name;
  delete pod.status.nominatedNodeName;
  if (binding.metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  if (binding.metadata.labels) pod.metadata.labels = { ...pod.metadata.labels, ...binding.metadata.labels };
  setCondition(pod, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: context.timestamp });
  return pod;
}

function setCondition(pod: KubeObject, condition: { type: string; status: string; [field: string]: unknown }): void {
  const others = (pod.status.conditions ?? []) as { type: string; status: string; lastTransitionTime?: unknown }[];
  const before = others.find(({ type }) => type === condition.type);
  const next = before?.status === condition.status ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition;
  pod.status.conditions = before ? others.map((one) => (one === before ? next : one)) : [...others, next];
}

/** `pods/log`: the kubelet of the Pod's node answers (`registry/core/pod/strategy.LogLocation`). */
export const podLog: ResourceHandler = (services, _request, context) => {
  if (context.info.verb !== 'get') throw notAllowed();
  const pod = services.store.get(context);
  const options = readLogOptions(context.info.query, pod, context.now);
  if (!pod.spec.nodeName) return { type: 'response', response: { status: 204, headers: {}, body: '' } };
  const url = `https://${hostOf(services, pod)}:10250/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${options.container}`;
  const { body, stream } = dial(
    services,
    (kubelet) => kubelet.logs(pod.spec.nodeName, pod, options),
    (message) => failure(500, undefined, `Get ${JSON.stringify(url)}: ${message}`),
  );
  if (stream) return { type: 'stream', stream, contentType: 'text/plain' };
  return { type: 'response', response: { status: 200, headers: { 'content-type': 'text/plain' }, body: body ?? '' } };
};

function readLogOptions(query: Query, pod: KubeObject, now: number): LogOptions {
  const container = containerOf(pod, query.get('container') ?? '');
  const sinceSeconds = integer(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  if (sinceTime && Number.isNaN(Date.parse(sinceTime)))
    throw statusErrors.badRequest(
      `parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(sinceTime)} as "2006"`,
    );
  const errors = (['tailLines', 'limitBytes', 'sinceSeconds'] as const).flatMap((name) => {
    const value = integer(query, name);
    const least = name === 'tailLines' ? 0 : 1;
    return value !== undefined && value < least
      ? [fieldError.invalid(FieldPath.of(name), value, least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0')]
      : [];
  });
  // The gate PodLogsQuerySplitStreams is off.
  if (query.get('stream')) errors.push(fieldError.forbidden(FieldPath.of('stream'), 'may not be specified'));
  if (sinceSeconds !== undefined && sinceTime)
    errors.push(fieldError.forbidden(FieldPath.of(''), 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  if (errors.length > 0) throw statusErrors.invalid({ group: '', resource: 'PodLogOptions' }, pod.metadata.name, errors);
  const tailLines = integer(query, 'tailLines');
  const limitBytes = integer(query, 'limitBytes');
  const sinceMs = sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined;
  return {
    container,
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}

function integer(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The one that is meant when none is named is the only one. */
function containerOf({ metadata, spec }: KubeObject, name: string): string {
  const names = (list: { name: string }[] | undefined) => (list ?? []).map((one) => one.name);
  const containers = names(spec.containers);
  const others = [...names(spec.initContainers), ...names(spec.ephemeralContainers)];
  if (name) {
    if (containers.includes(name) || others.includes(name)) return name;
    throw statusErrors.badRequest(`container ${name} is not valid for pod ${metadata.name}`);
  }
  if (containers.length === 1) return containers[0] as string;
  const init = names(spec.initContainers);
  throw statusErrors.badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${containers.join(' ')}]${init.length ? ` or one of the init containers: [${init.join(' ')}]` : ''}`,
  );
}

export const execInPod: ResourceHandler = (services, request, context) =>
  connect(services, request, context, (pod) => {
    const options = { ...streamsOf(context, pod), command: valuesOf(request.url, 'command') };
    if (options.command.length === 0) throw statusErrors.badRequest('you must specify at least one command for the container');
    return (kubelet) => ({ connect: kubelet.exec(pod.spec.nodeName, pod, options) });
  });

export const attachToPod: ResourceHandler = (services, request, context) =>
  connect(services, request, context, (pod) => {
    const options = streamsOf(context, pod);
    return (kubelet) => ({ connect: kubelet.attach(pod.spec.nodeName, pod, options) });
  });

export const portForwardToPod: ResourceHandler = (services, request, context) =>
  connect(services, request, context, (pod) => (kubelet) => ({ forward: kubelet.portForward(pod.spec.nodeName, pod) }));

/** Takes what is asked for a Pod, and then opens it. */
type Opening = (pod: KubeObject) => (kubelet: KubeletDialer) => Pick<ApiResponse, 'connect' | 'forward'>;

function connect(services: ResourceServices, request: ApiRequest, context: RequestContext, opening: Opening): Answer {
  const { info } = context;
  if (info.verb !== 'create' && info.verb !== 'get') throw notAllowed();
  admitConnection(services, request, context);
  const pod = services.store.get(context);
  const open = opening(pod);
  if (!pod.spec.nodeName) throw statusErrors.badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const upgraded = dial(services, open, (message) => failure(500, undefined, `error dialing backend: ${message}`));
  return { type: 'response', response: { status: 101, headers: {}, ...upgraded } };
}

const optionKinds: Readonly<Record<string, string>> = {
  attach: 'PodAttachOptions',
  exec: 'PodExecOptions',
  portforward: 'PodPortForwardOptions',
};

/** Policies and webhooks see a connection as the options it was asked for with. */
function admitConnection({ store }: ResourceServices, { url }: ApiRequest, context: RequestContext): void {
  const { query, subresource } = context.info;
  const kind = { group: '', version: 'v1', kind: optionKinds[subresource] as string };
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => isTrue(query.get(name))).map((name) => [name, true]);
  const container = query.get('container');
  const command = valuesOf(url, 'command');
  const options = {
    kind: kind.kind,
    apiVersion: 'v1',
    ...Object.fromEntries(flags),
    ...(container ? { container } : {}),
    ...(command.length > 0 ? { command } : {}),
  };
  store.admit(context, options as unknown as KubeObject, kind, 'CONNECT');
}

function streamsOf({ info }: RequestContext, pod: KubeObject): Omit<ExecOptions, 'command'> {
  const flag = (name: string) => isTrue(info.query.get(name));
  const container = containerOf(pod, info.query.get('container') ?? '');
  return { container, stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
}

function dial<T>({ kubelet }: ResourceServices, call: (kubelet: KubeletDialer) => T, unreachable: (message: string) => Error): T {
  if (!kubelet) throw unreachable('dial tcp: no route to host');
  try {
    return call(kubelet);
  } catch (error) {
    throw error instanceof ConnectionError ? unreachable(error.message) : error;
  }
}

/** The node's address as `--kubelet-preferred-address-types` finds it; its name when it has none. */
function hostOf({ lookup }: ResourceServices, pod: KubeObject): string {
  const addresses = (lookup.find('Node', '', pod.spec.nodeName)?.status?.addresses ?? []) as { type: string; address: string }[];
  return addresses.find(({ type }) => type === 'InternalIP')?.address ?? pod.spec.nodeName;
}
