import { deepEqual } from '@/lib/base';
import { FieldPath, fieldError, statusErrors, type ApiRequest, type FieldError, type KubeObject } from '../api';
import { authenticate, type Authenticator, type User } from './authentication';
import { decide, rulesOf, type Attributes, type Authorizer } from './authorization';
import { decodeBody } from './body';
import { definitionIdOfKind } from './context';
import { trackUpdate } from './fields';
import { managerOf } from './handler';
import { readWriteOptions } from './options';
import type { ResourceRequestInfo } from './request-info';
import { answered, type Answer } from './responses';
import { quotedList } from './rbac/covers';
import { issuer } from './service-account-tokens';

/** Who asks and who answers a question about access. */
export interface ReviewContext {
  readonly request: ApiRequest;
  readonly info: ResourceRequestInfo;
  readonly user: User;
  readonly timestamp: string;
  readonly warnings: string[];
  readonly authenticators: readonly Authenticator[];
  readonly authorizers: readonly Authorizer[];
}

/** A kind that is asked and answered, never stored (`registry/authentication`, `registry/authorization`). */
export interface Review {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly isNamespaced: boolean;
  answer(review: KubeObject, context: ReviewContext): object;
}

const authentication = { group: 'authentication.k8s.io', version: 'v1', isNamespaced: false } as const;
const authorization = { group: 'authorization.k8s.io', version: 'v1', isNamespaced: false } as const;

export const reviews: readonly Review[] = [
  {
    ...authentication,
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
    answer: (_review, { user, timestamp }) => ({ metadata: { creationTimestamp: timestamp }, status: { userInfo: userInfo(user) } }),
  },
  { ...authentication, kind: 'TokenReview', plural: 'tokenreviews', singular: 'tokenreview', answer: reviewToken },
  {
    ...authorization,
    kind: 'LocalSubjectAccessReview',
    plural: 'localsubjectaccessreviews',
    singular: 'localsubjectaccessreview',
    isNamespaced: true,
    answer: reviewLocally,
  },
  {
    ...authorization,
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    answer: (review, context) => {
      check('SelfSubjectAccessReview', [...metadataErrors(review), ...attributeErrors(review.spec)]);
      return { metadata: review.metadata, spec: review.spec, status: statusOf(context.user, review.spec, context) };
    },
  },
  {
    ...authorization,
    kind: 'SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    answer: reviewRules,
  },
  {
    ...authorization,
    kind: 'SubjectAccessReview',
    plural: 'subjectaccessreviews',
    singular: 'subjectaccessreview',
    answer: (review, context) => {
      check('SubjectAccessReview', [...metadataErrors(review), ...subjectErrors(review.spec)]);
      return reviewSubject(review, context);
    },
  },
];

export function answerReview(review: Review, context: ReviewContext): Answer {
  const { group, version, kind } = review;
  const { fieldValidation, fieldManager } = readWriteOptions(context.info.query, 'CreateOptions');
  const asked = decodeBody(context.request, review, fieldValidation, context.warnings);
  trackUpdate(
    {
      type: definitionIdOfKind(review),
      group,
      version,
      kind,
      manager: fieldManager || managerOf(context.request),
      subresource: '',
      timestamp: context.timestamp,
      reset: undefined,
    },
    undefined,
    asked,
  );
  return answered({ kind, apiVersion: `${group}/${version}`, ...review.answer(asked, context) }, 201);
}

export function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid ? { uid } : {}), ...(groups.length ? { groups } : {}), ...(extra ? { extra } : {}) };
}

function reviewToken(review: KubeObject, { request, authenticators }: ReviewContext): object {
  const { metadata, spec } = review;
  if (!spec?.token) throw statusErrors.badRequest('token is required for TokenReview in authentication');
  const audiences: readonly string[] = spec.audiences?.length ? spec.audiences : [issuer];
  const user = whose(spec.token, request, authenticators);
  return { metadata, spec, status: user ? tokenStatus(user, audiences) : { user: {}, error: 'invalid bearer token' } };
}

/** A token that says nothing of audiences is meant for the API server. */
function tokenStatus(user: User, asked: readonly string[]): object {
  const own = user.audiences ?? [issuer];
  const audiences = asked.filter((one) => own.includes(one));
  if (audiences.length > 0) return { authenticated: true, user: userInfo(user), audiences };
  const sentence = `token audiences ${quotedList(own)} is invalid for the target audiences ${quotedList(asked)}`;
  return { user: {}, error: `[invalid bearer token, ${sentence}]` };
}

function whose(token: string, { method, url }: ApiRequest, authenticators: readonly Authenticator[]): User | undefined {
  try {
    return authenticate({ method, url, headers: { authorization: `Bearer ${token}` } }, authenticators, 'any');
  } catch {
    return undefined;
  }
}

function reviewSubject(review: KubeObject, context: ReviewContext): object {
  const { user = '', uid, groups = [], extra } = review.spec ?? {};
  const subject: User = { name: user, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
  return { metadata: review.metadata, spec: review.spec, status: statusOf(subject, review.spec, context) };
}

function reviewLocally(review: KubeObject, context: ReviewContext): object {
  const { metadata, spec } = review;
  const { namespace } = context.info;
  const path = FieldPath.of('spec');
  check('LocalSubjectAccessReview', [
    ...metadataErrors(review, ['namespace']),
    ...subjectErrors(spec),
    ...(spec?.nonResourceAttributes
      ? [fieldError.invalid(path.child('nonResourceAttributes'), spec.nonResourceAttributes, 'disallowed on this kind of request')]
      : []),
    ...(spec?.resourceAttributes && spec.resourceAttributes.namespace !== (metadata.namespace || namespace)
      ? [
          fieldError.invalid(
            path.child('resourceAttributes').child('namespace'),
            spec.resourceAttributes.namespace ?? '',
            'must match metadata.namespace',
          ),
        ]
      : []),
  ]);
  return reviewSubject({ ...review, metadata: { ...metadata, namespace } }, context);
}

function statusOf(user: User, spec: KubeObject['spec'], { authorizers }: ReviewContext): object {
  const { decision, reason } = decide(user, attributesOf(spec), authorizers);
  return { allowed: decision === 'allow', ...(decision === 'deny' ? { denied: true } : {}), ...(reason ? { reason } : {}) };
}

function attributesOf(spec: KubeObject['spec']): Attributes {
  if (!spec?.resourceAttributes)
    return { isResource: false, verb: spec?.nonResourceAttributes?.verb ?? '', path: spec?.nonResourceAttributes?.path ?? '' };
  const { verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = '' } = spec.resourceAttributes;
  return { isResource: true, verb, group, version, resource, subresource, namespace, name };
}

/** What the user may do, as far as it can be listed (`selfsubjectrulesreview/rest.go`). */
function reviewRules(review: KubeObject, { user, authorizers }: ReviewContext): object {
  const namespace: string = review.spec?.namespace ?? '';
  if (!namespace) throw statusErrors.badRequest('no namespace on request');
  const { rules, error, isIncomplete } = rulesOf(user, namespace, authorizers);
  return {
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules
        .filter(({ resources }) => resources?.length)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames?.length ? { resourceNames } : {}),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: isIncomplete ?? false,
      ...(error ? { evaluationError: error } : {}),
    },
  };
}

/** A review is about nobody's object, so its metadata says nothing. */
function metadataErrors({ metadata }: KubeObject, allowed: readonly string[] = []): FieldError[] {
  const { managedFields: _, ...rest } = metadata;
  const given = Object.fromEntries(Object.entries(rest).filter(([field]) => !allowed.includes(field)));
  if (deepEqual(given, {})) return [];
  const detail = allowed.length ? `must be empty except for ${allowed.join(', ')}` : 'must be empty';
  return [fieldError.invalid(FieldPath.of('metadata'), rest, detail)];
}

function subjectErrors(spec: KubeObject['spec']): FieldError[] {
  const isNobody = !spec?.user && !spec?.groups?.length;
  return [
    ...attributeErrors(spec),
    ...(isNobody ? [fieldError.invalid(FieldPath.of('spec').child('user'), '', 'at least one of user or group must be specified')] : []),
  ];
}

function attributeErrors(spec: KubeObject['spec']): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  const path = FieldPath.of('spec');
  if (resourceAttributes && nonResourceAttributes)
    return [
      fieldError.invalid(
        path.child('nonResourceAttributes'),
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  if (resourceAttributes || nonResourceAttributes) return [];
  return [
    fieldError.invalid(
      path.child('resourceAttributes'),
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
  ];
}

function check(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw statusErrors.invalid({ group: authorization.group, resource: kind }, '', errors);
}
