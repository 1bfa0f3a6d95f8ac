import { DecodeError, readTypedYaml } from '../../api';
import type { User } from '../authentication';
import type { Attributes } from '../authorization';

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

const levels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface PolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** `audit.k8s.io/v1` Policy: the first rule that matches says how much is told. */
export interface AuditPolicy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What is told of one request. */
export interface AuditConfig {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

type PolicyFile = Partial<AuditPolicy> & { readonly apiVersion?: string; readonly kind?: string };

const policyFields = {
  apiVersion: 'string',
  kind: 'string',
  omitStages: ['string'],
  omitManagedFields: 'bool',
  rules: [
    {
      level: 'string',
      users: ['string'],
      userGroups: ['string'],
      verbs: ['string'],
      resources: [{ group: 'string', resources: ['string'], resourceNames: ['string'] }],
      namespaces: ['string'],
      nonResourceURLs: ['string'],
      omitStages: ['string'],
      omitManagedFields: 'bool',
    },
  ],
} as const;

/** The policy in a file, or why it is none (`audit/policy.LoadPolicyFromBytes`). */
export function readAuditPolicy(text: string): AuditPolicy | string {
  let policy: PolicyFile;
  try {
    policy = readTypedYaml<PolicyFile>(text, 'Policy', policyFields);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `failed decoding: ${error.message}`;
  }
  if (policy.apiVersion !== 'audit.k8s.io/v1' || policy.kind !== 'Policy')
    return `failed decoding: no kind ${JSON.stringify(policy.kind ?? '')} is registered for version ${JSON.stringify(policy.apiVersion ?? '')}`;
  if (!policy.rules?.length) return 'loaded illegal policy with 0 rules';
  const wrong = policy.rules.map((rule, index) => ruleProblem(rule, index)).find((problem) => problem !== undefined);
  return wrong ?? stagesProblem(policy.omitStages, 'omitStages') ?? (policy as AuditPolicy);
}

function ruleProblem(rule: PolicyRule, index: number): string | undefined {
  const path = `rules[${index}]`;
  if (!rule.level) return `${path}.level: Required value`;
  if (!levels.includes(rule.level))
    return `${path}.level: Unsupported value: ${JSON.stringify(rule.level)}: supported values: ${levels.map((one) => JSON.stringify(one)).join(', ')}`;
  if (rule.nonResourceURLs?.length && (rule.resources?.length || rule.namespaces?.length))
    return `${path}.nonResourceURLs: Invalid value: ${JSON.stringify(rule.nonResourceURLs)}: rules cannot apply to both regular resources and non-resource URLs`;
  return stagesProblem(rule.omitStages, `${path}.omitStages`);
}

function stagesProblem(given: readonly AuditStage[] | undefined, path: string): string | undefined {
  const index = (given ?? []).findIndex((stage) => !stages.includes(stage));
  return index < 0
    ? undefined
    : `${path}[${index}]: Invalid value: ${JSON.stringify(given?.[index])}: allowed stages are ${stages.join(',')}`;
}

export function auditConfigOf(policy: AuditPolicy, user: User, asked: Attributes): AuditConfig {
  const rule = policy.rules.find((one) => matches(one, user, asked));
  return {
    level: rule?.level ?? 'None',
    omitStages: [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: PolicyRule, user: User, asked: Attributes): boolean {
  if (rule.users?.length && !rule.users.includes(user.name)) return false;
  if (rule.userGroups?.length && !user.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (rule.verbs?.length && !rule.verbs.includes('*') && !rule.verbs.includes(asked.verb)) return false;
  if (rule.namespaces?.length || rule.resources?.length) return asked.isResource && matchesResource(rule, asked);
  if (rule.nonResourceURLs?.length) return !asked.isResource && rule.nonResourceURLs.some((url) => matchesPath(url, asked.path));
  return true;
}

function matchesResource({ namespaces, resources }: PolicyRule, asked: Extract<Attributes, { isResource: true }>): boolean {
  if (namespaces?.length && !namespaces.includes(asked.namespace)) return false;
  if (!resources?.length) return true;
  const { resource, subresource, name } = asked;
  const whole = subresource ? `${resource}/${subresource}` : resource;
  return resources.some(
    (one) =>
      (one.group ?? '') === asked.group &&
      (!one.resources?.length ||
        (one.resources.some((listed) => listed === whole || listed === '*' || isPattern(listed, resource, subresource)) &&
          (!one.resourceNames?.length || one.resourceNames.includes(name)))),
  );
}

/** `pods/*` is any subresource of Pods, a star before the slash that subresource of anything. */
function isPattern(listed: string, resource: string, subresource: string): boolean {
  return subresource !== '' && (listed === `${resource}/*` || listed === `*/${subresource}`);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}
