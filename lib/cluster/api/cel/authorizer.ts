import type { Environment } from '@marcbachmann/cel-js';

/** What an expression asks the authorizer: about a path, or about a resource. */
export interface CelAccessQuestion {
  readonly user?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface CelAccessAnswer {
  readonly isAllowed: boolean;
  readonly reason: string;
}

type Ask = (question: CelAccessQuestion) => CelAccessAnswer;
type Asked = Omit<CelAccessQuestion, 'verb'>;

/** `authorizer` of policies and match conditions (`apiserver/pkg/cel/library/authz.go`). */
export class CelAuthorizer {
  readonly ask: Ask;
  readonly asked: Asked;
  /** `authorizer.requestResource`: the resource of the request itself. */
  readonly requestResource: ResourceCheck;

  constructor(ask: Ask, request: Asked, asked: Asked = {}) {
    this.ask = ask;
    this.asked = asked;
    this.requestResource = new ResourceCheck(ask, { ...request, ...asked });
  }
}

class PathCheck {
  readonly ask: Ask;
  readonly asked: Asked;

  constructor(ask: Ask, asked: Asked) {
    this.ask = ask;
    this.asked = asked;
  }
}

class GroupCheck extends PathCheck {}
class ResourceCheck extends PathCheck {}

class Decision {
  readonly answer: CelAccessAnswer;

  constructor(answer: CelAccessAnswer) {
    this.answer = answer;
  }
}

export function registerAuthorizer(environment: Environment): void {
  const type = (name: string, ctor: unknown, fields: object = {}) => environment.registerType(name, { ctor, fields } as never);
  type('kubernetes.authorization.ResourceCheck', ResourceCheck);
  type('kubernetes.authorization.Authorizer', CelAuthorizer, { requestResource: 'kubernetes.authorization.ResourceCheck' });
  type('kubernetes.authorization.PathCheck', PathCheck);
  type('kubernetes.authorization.GroupCheck', GroupCheck);
  type('kubernetes.authorization.Decision', Decision);
  const narrowed =
    (field: keyof Asked) =>
    ({ ask, asked }: ResourceCheck, value: string) =>
      new ResourceCheck(ask, { ...asked, [field]: value });
  const check = ({ ask, asked }: PathCheck, verb: string) => new Decision(ask({ ...asked, verb }));
  const signature = (text: string) =>
    text.replace(/\b(Authorizer|PathCheck|GroupCheck|ResourceCheck|Decision)\b/g, 'kubernetes.authorization.$1');
  const define = (text: string, handler: (...args: never[]) => unknown) =>
    void environment.registerFunction(signature(text), handler as never);
  define('Authorizer.path(string): PathCheck', ({ ask, asked }: CelAuthorizer, path: string) => new PathCheck(ask, { ...asked, path }));
  define(
    'Authorizer.group(string): GroupCheck',
    ({ ask, asked }: CelAuthorizer, group: string) => new GroupCheck(ask, { ...asked, group }),
  );
  define(
    'Authorizer.serviceAccount(string, string): Authorizer',
    ({ ask, requestResource }: CelAuthorizer, namespace: string, name: string) =>
      new CelAuthorizer(ask, requestResource.asked, { user: { namespace, name } }),
  );
  define(
    'GroupCheck.resource(string): ResourceCheck',
    ({ ask, asked }: GroupCheck, resource: string) => new ResourceCheck(ask, { ...asked, resource }),
  );
  for (const field of ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const)
    define(`ResourceCheck.${field}(string): ResourceCheck`, narrowed(field));
  define('ResourceCheck.check(string): Decision', check);
  define('PathCheck.check(string): Decision', check);
  define('Decision.allowed(): bool', ({ answer }: Decision) => answer.isAllowed);
  define('Decision.reason(): string', ({ answer }: Decision) => answer.reason);
  define('Decision.errored(): bool', () => false);
  define('Decision.error(): string', () => '');
}
