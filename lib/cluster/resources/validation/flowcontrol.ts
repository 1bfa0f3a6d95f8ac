import type {
  FlowcontrolV1Subject,
  V1ExemptPriorityLevelConfiguration,
  V1FlowSchema,
  V1LimitedPriorityLevelConfiguration,
  V1LimitResponse,
  V1NonResourcePolicyRule,
  V1PolicyRulesWithSubjects,
  V1PriorityLevelConfiguration,
  V1QueuingConfiguration,
  V1ResourcePolicyRule,
} from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { dnsLabel, dnsSubdomain, invalidEach } from './names';

// `pkg/apis/flowcontrol/validation`.

const specPath = FieldPath.of('spec');
const precedenceMax = 10_000;
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowSchema({ metadata, spec, status }: V1FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec ?? {};
  const path = specPath.child('matchingPrecedence');
  const level = priorityLevelConfiguration?.name;
  const levelPath = specPath.child('priorityLevelConfiguration', 'name');
  return [
    ...(precedence <= 0 ? [fieldError.invalid(path, precedence, 'must be a positive value')] : []),
    ...(precedence > precedenceMax ? [fieldError.invalid(path, precedence, `must not be greater than ${precedenceMax}`)] : []),
    ...(precedence === 1 && metadata.name !== 'exempt'
      ? [fieldError.invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(distinguisherMethod && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type)
      ? [
          fieldError.notSupported(specPath.child('distinguisherMethod', 'type'), goValue('FlowDistinguisherMethod', distinguisherMethod), [
            'ByNamespace',
            'ByUser',
          ]),
        ]
      : []),
    ...(level ? invalidEach(levelPath, level, dnsSubdomain(level)) : [fieldError.required(levelPath, 'must reference a priority level')]),
    ...rules.flatMap((rule, index) => validateRules(rule, specPath.child('rules').index(index))),
    ...validateConditions(status),
  ];
}

function validateConditions(status: { conditions?: { type?: string | undefined }[] | undefined } | undefined): FieldError[] {
  const conditions = status?.conditions ?? [];
  return conditions.flatMap(({ type }, index) => {
    const path = FieldPath.of('status').child('conditions').index(index).child('type');
    return [
      ...(conditions.slice(0, index).some((earlier) => earlier.type === type) ? [fieldError.duplicate(path, type)] : []),
      ...(type ? [] : [fieldError.required(path, 'must not be empty')]),
    ];
  });
}

export function validateFlowSchemaStatus({ status }: V1FlowSchema): FieldError[] {
  return validateConditions(status);
}

export function validatePriorityLevelStatus({ status }: V1PriorityLevelConfiguration): FieldError[] {
  return validateConditions(status);
}

function validateRules(
  { subjects = [], resourceRules = [], nonResourceRules = [] }: V1PolicyRulesWithSubjects,
  path: FieldPath,
): FieldError[] {
  return [
    ...(subjects?.length ? [] : [fieldError.required(path.child('subjects'), 'subjects must contain at least one value')]),
    ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, path.child('subjects').index(index))),
    ...(resourceRules.length + nonResourceRules.length === 0
      ? [fieldError.required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((rule, index) => validateResourceRule(rule, path.child('resourceRules').index(index))),
    ...nonResourceRules.flatMap((rule, index) => validateNonResourceRule(rule, path.child('nonResourceRules').index(index))),
  ];
}

const subjectFields = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;

function validateSubject(subject: FlowcontrolV1Subject, path: FieldPath): FieldError[] {
  const kind = subject.kind as keyof typeof subjectFields;
  const own = subjectFields[kind];
  if (!own) return [fieldError.notSupported(path.child('kind'), subject.kind ?? '', Object.keys(subjectFields))];
  const foreign = (['ServiceAccount', 'User', 'Group'] as const).filter((other) => other !== kind && subject[subjectFields[other]]);
  return [
    ...validateOwnSubject(subject, own, kind, path.child(own)),
    ...foreign.map((other) =>
      fieldError.forbidden(path.child(subjectFields[other]), `${subjectFields[other]} is forbidden when subject kind is not '${other}'`),
    ),
  ];
}

function validateOwnSubject(
  subject: FlowcontrolV1Subject,
  field: 'group' | 'serviceAccount' | 'user',
  kind: string,
  path: FieldPath,
): FieldError[] {
  const given = subject[field];
  if (!given) return [fieldError.required(path, `${field} is required when subject kind is '${kind}'`)];
  const missing = given.name ? [] : [fieldError.required(path.child('name'))];
  const account = subject.serviceAccount;
  if (field !== 'serviceAccount' || !account) return missing;
  const { name, namespace } = account;
  return [
    ...missing,
    ...(name && name !== '*' ? invalidEach(path.child('name'), name, dnsSubdomain(name)) : []),
    ...(namespace
      ? invalidEach(path.child('namespace'), namespace, dnsLabel(namespace))
      : [fieldError.required(path.child('namespace'), 'must specify namespace for service account')]),
  ];
}

function validateVerbs(asked: readonly string[], path: FieldPath): FieldError[] {
  if (asked.length === 0) return [fieldError.required(path, 'verbs must contain at least one value')];
  if (asked.includes('*'))
    return asked.length > 1 ? [fieldError.invalid(path, asked, "if '*' is present, must not specify other verbs")] : [];
  return asked.every((verb) => verbs.includes(verb)) ? [] : [fieldError.notSupported(path, asked, verbs)];
}

function validateWildcard(values: readonly string[], path: FieldPath, missing: string, others: string): FieldError[] {
  if (values.length === 0) return [fieldError.required(path, missing)];
  return values.length > 1 && values.includes('*')
    ? [fieldError.invalid(path, values, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateResourceRule(rule: V1ResourcePolicyRule, path: FieldPath): FieldError[] {
  const { verbs: asked, apiGroups, resources, namespaces, clusterScope } = rule;
  return [
    ...validateVerbs(asked ?? [], path.child('verbs')),
    ...validateWildcard(apiGroups ?? [], path.child('apiGroups'), 'resource rules must supply at least one api group', 'api groups'),
    ...validateWildcard(resources ?? [], path.child('resources'), 'resource rules must supply at least one resource', 'resources'),
    ...validateNamespaces(namespaces ?? [], clusterScope === true, path.child('namespaces')),
  ];
}

function validateNamespaces(namespaces: readonly string[], isClusterScope: boolean, path: FieldPath): FieldError[] {
  if (namespaces.length === 0 && !isClusterScope)
    return [fieldError.required(path, 'resource rules that are not cluster scoped must supply at least one namespace')];
  if (namespaces.includes('*'))
    return namespaces.length > 1 ? [fieldError.invalid(path, namespaces, "if '*' is present, must not specify other namespaces")] : [];
  return namespaces.flatMap((namespace, index) =>
    dnsLabel(namespace).map((why) =>
      fieldError.invalid(path.index(index), namespace, `each member of this list must be '*' or a DNS-1123 label; ${why}`),
    ),
  );
}

function validateNonResourceRule({ verbs: asked, nonResourceURLs }: V1NonResourcePolicyRule, path: FieldPath): FieldError[] {
  const urls = nonResourceURLs ?? [];
  const at = path.child('nonResourceURLs');
  return [
    ...validateVerbs(asked ?? [], path.child('verbs')),
    ...validateWildcard(urls, at, 'nonResourceURLs must contain at least one value', 'non-resource URLs'),
    ...(urls.includes('*') ? [] : urls.flatMap((url, index) => validateUrlPath(url, at.index(index)))),
  ];
}

function validateUrlPath(url: string, path: FieldPath): FieldError[] {
  const invalid = (why: string) => [fieldError.invalid(path, url, why)];
  if (url === '') return invalid('must not be empty');
  if (url === '/') return [];
  if (!url.startsWith('/')) return invalid('must start with slash');
  if (url.includes(' ')) return invalid('must not contain white-space');
  if (url.includes('//')) return invalid('must not contain double slash');
  const stars = url.split('*').length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? invalid('wildcard can only do suffix matching') : [];
}

export function validatePriorityLevel({ metadata, spec, status }: V1PriorityLevelConfiguration): FieldError[] {
  const { type = '', limited, exempt } = spec ?? {};
  const isOdd = (metadata.name === 'exempt') !== (type === 'Exempt');
  return [
    ...(isOdd ? [fieldError.invalid(specPath.child('type'), type, "type must be 'Exempt' if and only if name is 'exempt'")] : []),
    ...validateLevelType(type, limited, exempt),
    ...validateConditions(status),
  ];
}

function validateLevelType(
  type: string,
  limited: V1LimitedPriorityLevelConfiguration | undefined,
  exempt: V1ExemptPriorityLevelConfiguration | undefined,
): FieldError[] {
  const limitedPath = specPath.child('limited');
  const exemptPath = specPath.child('exempt');
  switch (type) {
    case 'Exempt':
      return [
        ...(limited ? [fieldError.forbidden(limitedPath, 'must be nil if the type is not Limited')] : []),
        ...(exempt ? validateShares(exempt, exemptPath) : []),
      ];
    case 'Limited':
      return [
        ...(exempt ? [fieldError.forbidden(exemptPath, 'must be nil if the type is Limited')] : []),
        ...(limited ? validateLimited(limited, limitedPath) : [fieldError.required(limitedPath, 'must not be empty when type is Limited')]),
      ];
    default:
      return [fieldError.notSupported(specPath.child('type'), type, ['Exempt', 'Limited'])];
  }
}

interface Shares {
  readonly nominalConcurrencyShares?: number | undefined;
  readonly lendablePercent?: number | undefined;
}

function validateShares({ nominalConcurrencyShares: shares = 0, lendablePercent: percent = 0 }: Shares, path: FieldPath): FieldError[] {
  return [
    ...(shares < 0 ? [fieldError.invalid(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer')] : []),
    ...(percent < 0 || percent > 100
      ? [fieldError.invalid(path.child('lendablePercent'), percent, 'must be between 0 and 100, inclusive')]
      : []),
  ];
}

function validateLimited(limited: V1LimitedPriorityLevelConfiguration, path: FieldPath): FieldError[] {
  const { borrowingLimitPercent: borrowing = 0, limitResponse } = limited;
  return [
    ...validateShares({ nominalConcurrencyShares: limited.nominalConcurrencyShares }, path),
    ...validateResponse(limitResponse ?? { type: '' }, path.child('limitResponse')),
    ...validateShares({ lendablePercent: limited.lendablePercent }, path),
    ...(borrowing < 0
      ? [fieldError.invalid(path.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')]
      : []),
  ];
}

function validateResponse({ type, queuing }: V1LimitResponse, path: FieldPath): FieldError[] {
  const at = path.child('queuing');
  switch (type) {
    case 'Reject':
      return queuing ? [fieldError.forbidden(at, 'must be nil if limited.limitResponse.type is not Limited')] : [];
    case 'Queue':
      return queuing
        ? validateQueuing(queuing, at)
        : [fieldError.required(at, 'must not be empty if limited.limitResponse.type is Limited')];
    default:
      return [fieldError.notSupported(path.child('type'), type ?? '', ['Queue', 'Reject'])];
  }
}

const queuesMax = 10_000_000;
const hashBitsMax = 60;

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: V1QueuingConfiguration, path: FieldPath): FieldError[] {
  const invalid = (field: string, value: number, why: string) => [fieldError.invalid(path.child(field), value, why)];
  return [
    ...(queueLengthLimit <= 0 ? invalid('queueLengthLimit', queueLengthLimit, 'must be positive') : []),
    ...(queues <= 0 ? invalid('queues', queues, 'must be positive') : []),
    ...(queues > queuesMax ? invalid('queues', queues, `must not be greater than ${queuesMax}`) : []),
    ...validateHand(queues, handSize, (why) => invalid('handSize', handSize, why)),
  ];
}

function validateHand(queues: number, handSize: number, invalid: (why: string) => FieldError[]): FieldError[] {
  if (handSize <= 0) return invalid('must be positive');
  if (handSize > queues) return invalid(`should not be greater than queues (${queues})`);
  return entropyBits(queues, handSize) > hashBitsMax
    ? invalid(`required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`)
    : [];
}

/** How many bits it takes to tell hands apart (`shufflesharding.RequiredEntropyBits`). */
function entropyBits(deckSize: number, handSize: number): number {
  let hands = 1n;
  for (let card = 0; card < handSize && hands < 1n << 80n; card++) hands *= BigInt(deckSize - card);
  return (hands - 1n).toString(2).length;
}
