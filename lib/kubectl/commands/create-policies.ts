import { selectorOfLabels } from '@/lib/cluster';
import type { Context } from '../context';
import { CommandError } from '../errors';
import { cut, flag } from '../flags';
import { generator } from './create-generators';

export const createPodDisruptionBudget = generator({
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  short: 'Create a pod disruption budget with the specified name',
  usage: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  examples: [
    [
      'Select all pods with the app=rails label and require at least one of them being available at any point in time',
      'kubectl create poddisruptionbudget my-pdb --selector=app=rails --min-available=1',
    ],
  ],
  flags: [
    flag.string('max-unavailable', 'The maximum number or percentage of unavailable pods this budget requires.'),
    flag.string('min-available', 'The minimum number or percentage of available pods this budget requires.'),
    flag.string('selector', 'A label selector to use for this budget. Only equality-based selector requirements are supported.'),
  ],
  type: { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets', namespaced: true },
  failure: 'failed to create poddisruptionbudgets: ',
  build({ flags }) {
    const [selector, min, max] = ['selector', 'min-available', 'max-unavailable'].map((name) => flags.string(name)) as [string, string, string]; // prettier-ignore
    if (!selector) throw new CommandError('a selector must be specified');
    if (!min && !max) throw new CommandError('one of min-available or max-unavailable must be specified');
    if (min && max) throw new CommandError('min-available and max-unavailable cannot be both specified');
    return {
      spec: {
        ...(min ? { minAvailable: intOrString(min) } : { maxUnavailable: intOrString(max) }),
        selector: { matchLabels: equalities(selector) },
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
});

function intOrString(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function equalities(selector: string): Record<string, string> {
  const labels = Object.fromEntries(
    selector.split(',').map((pair) => {
      const [key, value] = cut(pair.replace('==', '='), '=');
      if (value === undefined) throw new CommandError(`couldn't parse the selector string ${JSON.stringify(selector)}`);
      return [key.trim(), value.trim()];
    }),
  );
  selectorOfLabels(labels);
  return labels;
}

export const createPriorityClass = generator({
  name: 'priorityclass',
  aliases: ['pc'],
  short: 'Create a priority class with the specified name',
  usage: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  examples: [
    [
      'Create a priority class named high-priority',
      'kubectl create priorityclass high-priority --value=1000 --description="high priority"',
    ],
  ],
  flags: [
    flag.string(
      'description',
      'description is an arbitrary string that usually provides guidelines on when this priority class should be used.',
    ),
    flag.bool('global-default', 'global-default specifies whether this PriorityClass should be considered as the default priority.'),
    flag.string('preemption-policy', 'preemption-policy is the policy for preempting pods with lower priority.', 'PreemptLowerPriority'),
    flag.int('value', 'the value of this priority class.'),
  ],
  type: { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses', namespaced: false },
  failure: 'failed to create priorityclass: ',
  build({ flags }) {
    const description = flags.string('description');
    return {
      value: flags.int('value'),
      ...(flags.bool('global-default') ? { globalDefault: true } : {}),
      ...(description ? { description } : {}),
      preemptionPolicy: flags.string('preemption-policy'),
    };
  },
});

/** `host/path=service:port[,tls[=secret]]`. */
const rulePattern = /^(?<host>[\w*\-.]*)(?<path>\/.*)?=(?<service>[\w-]+):(?<port>[\w-]+)(?:,(?<tls>tls)(?:=(?<secret>[\w\-.]+))?)?$/;

interface Rule {
  readonly host: string;
  readonly path: string;
  readonly service: string;
  readonly port: string;
  readonly hasTls: boolean;
  readonly secret: string | undefined;
}

export const createIngress = generator({
  name: 'ingress',
  aliases: ['ing'],
  short: 'Create an ingress with the specified name',
  usage: 'NAME --rule=host/path=service:port[,tls[=secret]] ',
  examples: [
    [
      'Create a single ingress called \'simple\' that directs requests to foo.com/bar to svc svc1:8080 with a TLS secret "my-cert"',
      'kubectl create ingress simple --rule="foo.com/bar=svc1:8080,tls=my-cert"',
    ],
    ['Create an ingress with a default backend', 'kubectl create ingress ingdefault --class=default --default-backend=defaultsvc:http'],
  ],
  flags: [
    flag.array('annotation', 'Annotation to insert in the ingress object, in the format annotation=value'),
    flag.string('class', 'Ingress Class to be used'),
    flag.string('default-backend', 'Default service for backend, in format of svcname:port'),
    flag.array(
      'rule',
      "Rule in format host/path=service:port[,tls=secretname]. Paths containing the leading character '*' are considered pathType=Prefix. tls argument is optional.",
    ),
  ],
  type: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses', namespaced: true },
  failure: 'failed to create ingress: ',
  build(context) {
    const { flags } = context;
    const rules = flags.list('rule').map(readRule);
    const backend = flags.string('default-backend');
    if (rules.length === 0 && !backend)
      throw new CommandError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    const annotations = annotationsOf(context);
    const tls = tlsOf(rules);
    return {
      metadata: annotations ? { annotations } : {},
      spec: {
        ...(flags.string('class') ? { ingressClassName: flags.string('class') } : {}),
        ...(backend ? { defaultBackend: backendOf(...defaultBackend(backend)) } : {}),
        ...(tls.length > 0 ? { tls } : {}),
        ...(rules.length > 0 ? { rules: rulesOf(rules) } : {}),
      },
      status: { loadBalancer: {} },
    };
  },
});

function annotationsOf({ flags }: Context): Record<string, string> | undefined {
  const pairs = flags.list('annotation');
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key, value] = cut(pair, '=');
      if (value === undefined || key === '') throw new CommandError(`annotation ${pair} is invalid and should be in format key=[value]`);
      return [key, value];
    }),
  );
}

function readRule(text: string): Rule {
  const groups = rulePattern.exec(text)?.groups;
  if (!groups) throw new CommandError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  const { host = '', path = '', service = '', port = '', tls, secret } = groups;
  return { host, path, service, port, hasTls: tls !== undefined, secret };
}

function defaultBackend(text: string): [string, string] {
  const [service = '', port = '', ...rest] = text.split(':');
  if (!service || !port || rest.length > 0) throw new CommandError('default-backend should be in format servicename:serviceport');
  return [service, port];
}

function backendOf(service: string, port: string) {
  return { service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

/** Paths of one host stand together, in the order hosts were first named. */
function rulesOf(rules: readonly Rule[]) {
  const hosts = [...new Set(rules.map(({ host }) => host))];
  return hosts.map((host) => ({
    ...(host ? { host } : {}),
    http: { paths: rules.filter((rule) => rule.host === host).map(pathOf) },
  }));
}

function pathOf({ path, service, port }: Rule) {
  const isPrefix = path.endsWith('*');
  return { path: isPrefix ? path.slice(0, -1) : path, pathType: isPrefix ? 'Prefix' : 'Exact', backend: backendOf(service, port) };
}

/** One entry for each secret, with every host that names it. */
function tlsOf(rules: readonly Rule[]) {
  const secured = rules.filter(({ hasTls }) => hasTls);
  return [...new Set(secured.map(({ secret }) => secret))].map((secret) => {
    const hosts = [...new Set(secured.filter((rule) => rule.secret === secret).map(({ host }) => host))].filter(Boolean);
    return { ...(hosts.length > 0 ? { hosts } : {}), ...(secret ? { secretName: secret } : {}) };
  });
}
