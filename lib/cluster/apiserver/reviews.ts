import { statusErrors, type ApiRequest, type KubeObject } from '../api';
import type { Authenticator, User } from './authentication';
import type { Authorizer } from './authorization';
import { decodeBody } from './body';
import type { RequestInfo, ResourceRequestInfo } from './request-info';
import { answered, type Answer } from './responses';
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
    answer: reviewSubject,
  },
  {
    ...authorization,
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    answer: (review, context) => ({ metadata: {}, spec: review.spec, status: decide(context.user, review.spec, context) }),
  },
  {
    ...authorization,
    kind: 'SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    answer: (review, context) => ({ metadata: {}, spec: {}, status: rulesOf(context, review.spec?.namespace ?? '') }),
  },
  { ...authorization, kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', singular: 'subjectaccessreview', answer: reviewSubject },
];

export function answerReview(review: Review, context: ReviewContext): Answer {
  const { group, version, kind } = review;
  const asked = decodeBody(context.request, review, 'Warn', context.warnings);
  return answered({ kind, apiVersion: `${group}/${version}`, ...review.answer(asked, context) }, 201);
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid ? { uid } : {}), ...(groups.length ? { groups } : {}), ...(extra ? { extra } : {}) };
}

function reviewToken({ spec }: KubeObject, { request, authenticators }: ReviewContext): object {
  if (!spec?.token) throw statusErrors.badRequest('token is required for TokenReview in authentication');
  const user = whose(spec.token, request, authenticators);
  const status = user
    ? { authenticated: true, user: userInfo({ ...user, groups: [...user.groups, 'system:authenticated'] }), audiences: [issuer] }
    : { user: {}, error: 'invalid bearer token' };
  return { metadata: {}, spec, status };
}

function whose(token: string, request: ApiRequest, authenticators: readonly Authenticator[]): User | undefined {
  const asked: ApiRequest = { method: request.method, url: request.url, headers: { authorization: `Bearer ${token}` } };
  try {
    return authenticators.map((one) => one.authenticate(asked)).find((user) => user !== undefined);
  } catch {
    return undefined;
  }
}

function reviewSubject(review: KubeObject, context: ReviewContext): object {
  const { user = '', uid, groups = [] } = review.spec ?? {};
  return { metadata: {}, spec: review.spec, status: decide({ name: user, uid, groups }, review.spec, context) };
}

function decide(user: User, spec: KubeObject['spec'], { authorizers }: ReviewContext): { allowed: boolean } {
  const info = infoOf(spec);
  for (const authorizer of authorizers) {
    const decision = authorizer.authorize(user, info);
    if (decision !== 'no-opinion') return { allowed: decision === 'allow' };
  }
  return { allowed: false };
}

function infoOf(spec: KubeObject['spec']): RequestInfo {
  const query = new Map<string, string>();
  if (!spec?.resourceAttributes)
    return { isResource: false, verb: spec?.nonResourceAttributes?.verb ?? '', path: spec?.nonResourceAttributes?.path ?? '', query };
  const { verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = '' } = spec.resourceAttributes;
  return { isResource: true, verb, group, version, resource, subresource, namespace, name, path: '', query, rest: [] };
}

/** What the user may do, as far as it can be listed. */
function rulesOf({ user, authorizers }: ReviewContext, namespace: string): object {
  const anything: RequestInfo = {
    isResource: true,
    verb: 'get',
    group: '*',
    version: '*',
    resource: '*',
    subresource: '',
    namespace,
    name: '',
    path: '',
    query: new Map(),
    rest: [],
  };
  const allowed = authorizers.some((authorizer) => authorizer.authorize(user, anything) === 'allow');
  return {
    resourceRules: allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
    nonResourceRules: allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
    incomplete: false,
  };
}
