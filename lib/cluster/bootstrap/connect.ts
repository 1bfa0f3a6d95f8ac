import { deepFreeze, memo } from '@/lib/base';
import { decodeBase64, ConnectionError, DecodeError, readTypedYaml, type ApiRequest, type Transport } from '../api';
import type { Network, NetworkNamespace } from '../network/types';
import { parseCertificate, type Subject } from './kubeconfig';

/** Where a client runs: its network, and the files and environment it reads its configuration from. */
export interface ClientPlace {
  readonly network: Network;
  readonly namespace: NetworkNamespace;
  readonly files: { read(path: string): string | undefined };
  readonly env: Readonly<Record<string, string>>;
}

/** What a kubeconfig says of its current context. */
export interface Endpoint {
  readonly server: string;
  readonly subject?: Subject | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * A component's way to the API server: as the kubeconfig at `path` says, or as its Pod's service account without one (`rest.InClusterConfig`).
 * Each request throws `ConnectionError` while the configuration is missing or nobody answers.
 */
export function connect(place: ClientPlace, path?: string): Transport {
  const endpoint = path === undefined ? inCluster(place) : fromFile(place, path);
  if (typeof endpoint === 'string')
    return () => {
      throw new ConnectionError(endpoint);
    };
  return dial(place, endpoint);
}

/** A connection to an endpoint, with its credentials on every request that brings none. */
export function dial({ network, namespace, files }: Pick<ClientPlace, 'network' | 'namespace' | 'files'>, endpoint: Endpoint): Transport {
  const transport = network.dialApi(namespace, endpoint.server);
  const { subject, tokenFile } = endpoint;
  return (request) => {
    const token = endpoint.token ?? (tokenFile && files.read(tokenFile));
    const headers = token && !request.headers['authorization'] ? { ...request.headers, authorization: `Bearer ${token}` } : request.headers;
    return transport(presented(request, headers, request.withoutCertificate ? undefined : subject));
  };
}

/** A copy field by field: requests have many shapes, of which a spread would have to find its way each time, and all of a component's come by. */
function presented(request: ApiRequest, headers: ApiRequest['headers'], subject: Subject | undefined): ApiRequest {
  const { method, url, body, actor, isHeardInTrace } = request;
  const clientCertificate = subject ?? request.clientCertificate;
  const copy: { -readonly [Field in keyof ApiRequest]: ApiRequest[Field] } = { method, url, headers };
  if (body !== undefined) copy.body = body;
  if (actor !== undefined) copy.actor = actor;
  if (isHeardInTrace) copy.isHeardInTrace = true;
  if (clientCertificate) copy.clientCertificate = clientCertificate;
  return copy;
}

function inCluster({ env }: ClientPlace): Endpoint | string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) return 'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined';
  return { server: `https://${host}:${port}`, tokenFile: serviceAccountToken };
}

function fromFile({ files }: ClientPlace, path: string): Endpoint | string {
  const text = files.read(path);
  if (text === undefined) return `stat ${path}: no such file or directory`;
  return readKubeconfig(text) ?? `error loading config file ${JSON.stringify(path)}: no current context`;
}

interface Kubeconfig {
  'current-context'?: string;
  clusters?: { name?: string; cluster?: { server?: string } }[];
  contexts?: { name?: string; context?: { cluster?: string; user?: string } }[];
  users?: { name?: string; user?: { token?: string; tokenFile?: string; 'client-certificate-data'?: string } }[];
}

function readConfig(text: string): Kubeconfig | undefined {
  try {
    return readTypedYaml<Kubeconfig>(text, 'Config', {
      'current-context': 'string',
      clusters: [{ name: 'string', cluster: { server: 'string' } }],
      contexts: [{ name: 'string', context: { cluster: 'string', user: 'string' } }],
      users: [{ name: 'string', user: { token: 'string', tokenFile: 'string', 'client-certificate-data': 'string' } }],
    });
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The current context of a kubeconfig; undefined when it names none or is no YAML. */
export const readKubeconfig: (text: string) => Endpoint | undefined = memo((text) => deepFreeze(currentContext(text)), { max: 256 });

function currentContext(text: string): Endpoint | undefined {
  const config = readConfig(text);
  const context = config?.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const server = config?.clusters?.find(({ name }) => name === context?.cluster)?.cluster?.server;
  const user = config?.users?.find(({ name }) => name === context?.user)?.user;
  if (!server) return undefined;
  const certificate = user?.['client-certificate-data'];
  return {
    server,
    token: user?.token,
    tokenFile: user?.tokenFile,
    subject: certificate ? parseCertificate(decodeBase64(certificate) ?? '') : undefined,
  };
}
