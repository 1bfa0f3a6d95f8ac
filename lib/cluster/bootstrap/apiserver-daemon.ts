import type { Transport } from '../api';
import {
  AuditFile,
  authorizationModes,
  createApiServer,
  decodingText,
  readAuditPolicy,
  selectPlugins,
  type AdmissionPlugin,
  type AuditOptions,
  type AuthorizationMode,
  type StaticToken,
  type WebhookDialer,
} from '../apiserver';
import { failToStart, ignored, parseFlags, type Flags } from '../client';
import { EtcdError, type Caller } from '../etcd';
import { createKubeletDialer } from '../kubelet';
import { builtInResources } from '../resources';
import type { Daemon, DaemonContext } from '../runtime/program';
import { BalancedEtcd, type EtcdClient } from './balanced-etcd';
import type { ComponentOptions } from './components';
import { EndpointReconciler } from './endpoint-reconciler';
import { parseCertificate } from './kubeconfig';
import { parseTokenFile } from './token-file';

interface CommandLine {
  readonly advertiseAddress: string | undefined;
  readonly anonymousAuth: boolean;
  readonly auditLogBackups: number;
  readonly auditLogPath: string | undefined;
  readonly auditPolicyFile: string | undefined;
  readonly authorizationModes: readonly string[];
  readonly disabledPlugins: readonly string[];
  readonly enabledPlugins: readonly string[];
  readonly etcdCompactionIntervalMs: number | undefined;
  readonly etcdServers: readonly string[];
  readonly etcdCertificateFile?: string;
  readonly securePort: number;
  readonly serviceAccountKeyFile: string | undefined;
  readonly serviceClusterIpRange: string;
  readonly tokenAuthFile: string | undefined;
}

const flags: Flags<CommandLine> = {
  'advertise-address': { type: 'string', apply: (line, advertiseAddress) => ({ ...line, advertiseAddress }) },
  'enable-admission-plugins': { type: 'list', apply: (line, names) => ({ ...line, enabledPlugins: [...line.enabledPlugins, ...names] }) },
  'disable-admission-plugins': {
    type: 'list',
    apply: (line, names) => ({ ...line, disabledPlugins: [...line.disabledPlugins, ...names] }),
  },
  'audit-policy-file': { type: 'string', apply: (line, auditPolicyFile) => ({ ...line, auditPolicyFile }) },
  'audit-log-path': { type: 'string', apply: (line, auditLogPath) => ({ ...line, auditLogPath }) },
  'audit-log-maxbackup': { type: 'number', apply: (line, auditLogBackups) => ({ ...line, auditLogBackups }) },
  'anonymous-auth': { type: 'boolean', apply: (line, anonymousAuth) => ({ ...line, anonymousAuth }) },
  'authorization-mode': { type: 'list', apply: (line, authorizationModes) => ({ ...line, authorizationModes }) },
  'etcd-compaction-interval': { type: 'duration', apply: (line, etcdCompactionIntervalMs) => ({ ...line, etcdCompactionIntervalMs }) },
  'etcd-certfile': { type: 'string', apply: (line, etcdCertificateFile) => ({ ...line, etcdCertificateFile }) },
  'etcd-servers': { type: 'list', apply: (line, etcdServers) => ({ ...line, etcdServers }) },
  'secure-port': { type: 'number', apply: (line, securePort) => ({ ...line, securePort }) },
  'service-account-signing-key-file': { type: 'string', apply: (line, serviceAccountKeyFile) => ({ ...line, serviceAccountKeyFile }) },
  'service-cluster-ip-range': { type: 'string', apply: (line, serviceClusterIpRange) => ({ ...line, serviceClusterIpRange }) },
  'token-auth-file': { type: 'string', apply: (line, tokenAuthFile) => ({ ...line, tokenAuthFile }) },
  'allow-privileged': { type: 'boolean', apply: (line) => line },
  'enable-bootstrap-token-auth': { type: 'boolean', apply: (line) => line },
  ...Object.fromEntries(
    [
      'audit-log-format',
      'audit-log-maxage',
      'audit-log-maxsize',
      'audit-log-mode',
      'client-ca-file',
      'etcd-cafile',
      'etcd-keyfile',
      'kubelet-client-certificate',
      'kubelet-client-key',
      'kubelet-preferred-address-types',
      'proxy-client-cert-file',
      'proxy-client-key-file',
      'requestheader-allowed-names',
      'requestheader-client-ca-file',
      'requestheader-extra-headers-prefix',
      'requestheader-group-headers',
      'requestheader-username-headers',
      'service-account-issuer',
      'service-account-key-file',
      'tls-cert-file',
      'tls-private-key-file',
      'v',
      'feature-gates',
      'runtime-config',
      'bind-address',
      'event-ttl',
    ].map((flag) => [flag, ignored]),
  ),
};

const defaults: CommandLine = {
  advertiseAddress: undefined,
  anonymousAuth: true,
  auditLogBackups: 0,
  auditLogPath: undefined,
  auditPolicyFile: undefined,
  authorizationModes: ['AlwaysAllow'],
  disabledPlugins: [],
  enabledPlugins: [],
  etcdCompactionIntervalMs: undefined,
  etcdServers: [],
  securePort: 6443,
  serviceAccountKeyFile: undefined,
  serviceClusterIpRange: '10.0.0.0/24',
  tokenAuthFile: undefined,
};

/** kube-apiserver as its static Pod starts it. Without an etcd that answers it ends, and its kubelet starts it again. */
export function apiServerDaemon(components: ComponentOptions): Daemon {
  return {
    start(context) {
      const parsed = parseFlags(flags, context.argv.slice(1), defaults);
      if (parsed.type === 'error') return failToStart(context, parsed.message);
      const line = parsed.options;
      const problem = checkLine(line);
      if (problem) return failToStart(context, problem);
      const tokens = readTokens(context, line.tokenAuthFile);
      if (typeof tokens === 'string') return failToStart(context, tokens);
      const key = line.serviceAccountKeyFile === undefined ? undefined : context.files.read(line.serviceAccountKeyFile);
      if (line.serviceAccountKeyFile !== undefined && key === undefined)
        return failToStart(
          context,
          `failed to parse service-account-issuer-key-file: open ${line.serviceAccountKeyFile}: no such file or directory`,
        );
      const audit = auditOf(context, line);
      if (typeof audit === 'string') return failToStart(context, audit);
      return serve(context, line, { tokens, key, audit }, components);
    },
  };
}

function checkLine({ etcdServers, authorizationModes: asked, enabledPlugins, disabledPlugins }: CommandLine): string | undefined {
  if (etcdServers.length === 0) return '--etcd-servers must be specified';
  const plugins = selectPlugins(enabledPlugins, disabledPlugins);
  return modeProblem(asked) ?? (typeof plugins === 'string' ? plugins : undefined);
}

/** `BuiltInAuthorizationOptions.Validate`. */
function modeProblem(asked: readonly string[]): string | undefined {
  if (asked.length === 0) return 'at least one authorization-mode must be passed';
  const unknown = asked.find((mode) => !(authorizationModes as readonly string[]).includes(mode));
  if (unknown !== undefined) return `authorization-mode ${JSON.stringify(unknown)} is not a valid mode`;
  const twice = asked.find((mode, index) => asked.indexOf(mode) !== index);
  return twice === undefined ? undefined : `authorization-mode ${JSON.stringify(asked)} has mode specified more than once`;
}

/** Nothing is told without both a policy and a place (`AuditOptions.ApplyTo`). */
function auditOf(
  { kernel, files, log }: DaemonContext,
  { auditPolicyFile, auditLogPath, auditLogBackups }: CommandLine,
): AuditOptions | string | undefined {
  if (auditPolicyFile === undefined) return undefined;
  const text = files.read(auditPolicyFile);
  if (text === undefined)
    return `loading audit policy file: failed to read file path ${JSON.stringify(auditPolicyFile)}: open ${auditPolicyFile}: no such file or directory`;
  const policy = readAuditPolicy(text);
  if (typeof policy === 'string') return `loading audit policy file: ${policy}: from file ${auditPolicyFile}`;
  if (auditLogPath === undefined) return undefined;
  if (auditLogPath === '-') return { policy, write: log };
  const file = new AuditFile(files, auditLogPath, { backups: auditLogBackups });
  return { policy, write: (line) => file.write(line, kernel.now) };
}

function readTokens({ files }: DaemonContext, path: string | undefined): StaticToken[] | string {
  if (path === undefined) return [];
  const text = files.read(path);
  if (text === undefined) return `open ${path}: no such file or directory`;
  const rows = parseTokenFile(text);
  return typeof rows === 'string' ? `${path}: ${rows}` : rows;
}

function serve(
  context: DaemonContext,
  line: CommandLine,
  {
    tokens,
    key,
    audit,
  }: { readonly tokens: readonly StaticToken[]; readonly key: string | undefined; readonly audit: AuditOptions | undefined },
  components: ComponentOptions,
): { stop(): void } {
  const etcdCompactionIntervalMs = line.etcdCompactionIntervalMs ?? components.etcdCompactionIntervalMs;
  const etcd = dialEtcd(context, line);
  try {
    const server = createApiServer({
      kernel: context.kernel,
      etcd: decodingText(etcd.client),
      resources: builtInResources,
      tokens,
      anonymousAuth: line.anonymousAuth,
      authorizationModes: line.authorizationModes as readonly AuthorizationMode[],
      admission: selectPlugins(line.enabledPlugins, line.disabledPlugins) as readonly AdmissionPlugin[],
      trustsActors: false,
      ...(audit ? { audit } : {}),
      isResumed: context.isResumed ?? false,
      securePort: line.securePort,
      services: { clusterIps: line.serviceClusterIpRange },
      ...(key === undefined ? {} : { serviceAccountKey: key }),
      ...(etcdCompactionIntervalMs === undefined ? {} : { etcdCompactionIntervalMs }),
      advertiseAddress: line.advertiseAddress ?? context.machine.ip,
      kubelet: kubeletDialer(context, components),
      webhooks: webhookDialer(context),
      dial: (request) => context.network.http(context.namespace, request),
      ...(components.descriptions ? { descriptions: components.descriptions } : {}),
    });
    context.listen(line.securePort, 'TCP', { api: server.handle });
    context.log(`Serving securely on [::]:${line.securePort}`);
    const reconciler = reconcilerOf(context, line, { handle: server.handle, etcd: etcd.client });
    reconciler?.start();
    return {
      stop() {
        reconciler?.stop();
        server.stop();
        etcd.stop();
      },
    };
  } catch (error) {
    etcd.stop();
    if (error instanceof EtcdError) return failToStart(context, `Error while dialing etcd: ${error.message}`);
    throw error;
  }
}

/** Whom etcd takes it for, where users and roles count there. */
function etcdCaller({ files }: DaemonContext, { etcdCertificateFile: path }: CommandLine): Caller {
  const subject = parseCertificate((path === undefined ? undefined : files.read(path)) ?? '');
  return subject ? { commonName: subject.commonName } : {};
}

function dialEtcd(context: DaemonContext, line: CommandLine): { readonly client: EtcdClient; stop(): void } {
  const { kernel, network, namespace } = context;
  const caller = etcdCaller(context, line);
  const endpoints = line.etcdServers.map((server) => network.dialEtcd(namespace, server, caller));
  const [only] = endpoints;
  if (only && endpoints.length === 1) return { client: only, stop() {} };
  const client = new BalancedEtcd({ kernel, endpoints });
  return { client, stop: () => client.stop() };
}

/** One API server alone is where its bootstrap says it is; several keep account of each other. */
function reconcilerOf(
  { kernel, machine }: DaemonContext,
  { securePort, advertiseAddress }: CommandLine,
  { handle, etcd }: { readonly handle: Transport; readonly etcd: EtcdClient },
): EndpointReconciler | undefined {
  if ((machine.raft?.members.length ?? 0) < 2) return undefined;
  const subject = { commonName: 'system:apiserver', organizations: ['system:masters'] };
  const api: Transport = (request) => handle({ ...request, clientCertificate: subject, actor: 'kube-apiserver' });
  return new EndpointReconciler({
    kernel,
    api,
    etcd,
    ip: advertiseAddress ?? machine.ip,
    port: securePort,
  });
}

/** Webhooks are asked from the API server's own machine. */
function webhookDialer({ network, namespace }: DaemonContext): WebhookDialer {
  return {
    post: (url, body, { timeoutMs, headers }) => network.http(namespace, { method: 'POST', url, headers, body }, { timeoutMs }),
  };
}

/** `--kubelet-preferred-address-types=InternalIP`. */
function kubeletDialer({ network, namespace }: DaemonContext, { addressOf }: ComponentOptions) {
  return createKubeletDialer({
    dial: (node) => {
      const ip = addressOf(node);
      return ip === undefined ? undefined : network.dialApi(namespace, `https://${ip}:10250`);
    },
  });
}
