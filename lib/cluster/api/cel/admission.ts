import type { CelType, CelVariables } from './compile';

const kind = { group: 'string', version: 'string', kind: 'string' };
const resource = { group: 'string', version: 'string', resource: 'string' };

/** `request` of an expression about admission: an AdmissionRequest without its objects. */
const request = {
  kind,
  resource,
  subResource: 'string',
  requestKind: kind,
  requestResource: resource,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  dryRun: 'bool',
  options: 'dyn',
} as const;

/** What expressions of policies and of webhooks' match conditions may use (`admission/plugin/cel/compile.go`). */
export function admissionVariables(options: {
  readonly hasParams?: boolean;
  readonly hasAuthorizer?: boolean;
  /** `variables.<name>` of a policy, each of the type of its expression. */
  readonly composed?: Readonly<Record<string, CelType>>;
}): CelVariables {
  const { hasParams, hasAuthorizer, composed } = options;
  return {
    object: 'dyn',
    oldObject: 'dyn',
    namespaceObject: 'dyn',
    request,
    ...(hasParams ? { params: 'dyn' } : {}),
    ...(hasAuthorizer ? { authorizer: 'kubernetes.authorization.Authorizer' } : {}),
    ...(composed ? { variables: composed } : {}),
  };
}
