import type { KubeObject } from '../../api';
import { aggregate } from '../admission/aggregate';
import type { User } from '../authentication';
import type { Attributes, Authorizer, PolicyRule, Rules, Verdict } from '../authorization';
import { ruleAllows } from './rules';

/** The objects RBAC decides by, and a mark that changes whenever one of them does. */
export interface PolicySource {
  readonly mark: number;
  list(kind: 'ClusterRole' | 'ClusterRoleBinding' | 'Role' | 'RoleBinding'): readonly KubeObject[];
  find(kind: 'ClusterRole' | 'Role', namespace: string, name: string): KubeObject | undefined;
}

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** One binding's gift to one subject: the rules of its role, or why they cannot be had. */
interface Grant {
  readonly order: number;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly binding: KubeObject;
  readonly subject: Subject;
  readonly rules: readonly PolicyRule[];
  readonly error: string | undefined;
}

/** What one combination of name and groups has been given, and what was decided for it so far. */
interface Identity {
  readonly grants: readonly Grant[];
  readonly verdicts: WeakMap<object, Verdict>;
}

const noOpinion: Verdict = { decision: 'no-opinion', reason: '' };

/**
 * Role-based access control (`plugin/pkg/auth/authorizer/rbac`). Bindings are indexed by subject, a caller's grants are put together
 * once, and a decision is remembered with the request that asked: all of it until a role or binding changes.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #source: PolicySource;
  #mark = -1;
  #index: PolicyIndex | undefined;

  constructor(source: PolicySource) {
    this.#source = source;
  }

  authorize(user: User, attributes: Attributes): Verdict {
    const identity = this.#indexed().identityOf(user);
    const known = identity.verdicts.get(attributes);
    if (known) return known;
    const verdict = judge(identity.grants, attributes);
    identity.verdicts.set(attributes, verdict);
    return verdict;
  }

  rulesFor(user: User, namespace: string): Rules {
    const grants = this.#indexed()
      .identityOf(user)
      .grants.filter((grant) => grant.namespace === '' || grant.namespace === namespace);
    const errors = grants.flatMap(({ error }) => error ?? []);
    return { rules: grants.flatMap(({ rules }) => rules), ...(errors.length ? { error: aggregate(errors) } : {}) };
  }

  /** The rules a binding refers to; a sentence when its role is not there. */
  rulesOfRole(ref: RoleRef, namespace: string): readonly PolicyRule[] | string {
    return rulesOf(ref, namespace, (kind, within, name) => this.#source.find(kind, within, name));
  }

  #indexed(): PolicyIndex {
    if (this.#index && this.#source.mark === this.#mark) return this.#index;
    this.#mark = this.#source.mark;
    this.#index = sharedIndex(this.#source);
    return this.#index;
  }
}

type FindRole = (kind: 'ClusterRole' | 'Role', namespace: string, name: string) => KubeObject | undefined;

function rulesOf(ref: RoleRef, namespace: string, find: FindRole): readonly PolicyRule[] | string {
  const kind = ref.kind === 'Role' ? 'Role' : 'ClusterRole';
  const role = find(kind, kind === 'Role' ? namespace : '', ref.name);
  return role ? (role['rules'] ?? []) : `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(ref.name)} not found`;
}

const identitiesMax = 1_000;

/** Who was given what by one state of all roles and bindings. */
class PolicyIndex {
  readonly roles: readonly KubeObject[];
  readonly bindings: readonly KubeObject[];
  readonly #bySubject = new Map<string, Grant[]>();
  #byUser = new WeakMap<User, Identity>();
  readonly #byName = new Map<string, Identity>();

  constructor(roles: readonly KubeObject[], bindings: readonly KubeObject[]) {
    this.roles = roles;
    this.bindings = bindings;
    const byName = new Map(roles.map((role) => [`${role.metadata.namespace ?? ''}/${role.metadata.name}`, role]));
    for (const [order, binding] of bindings.entries())
      this.#add(binding, order, (_, namespace, name) => byName.get(`${namespace}/${name}`));
  }

  identityOf(user: User): Identity {
    const known = this.#byUser.get(user);
    if (known) return known;
    const name = `${user.name}\n${user.groups.join('\n')}`;
    const identity = this.#byName.get(name) ?? { grants: this.#grantsOf(user), verdicts: new WeakMap() };
    if (this.#byName.size >= identitiesMax) this.#byName.clear();
    this.#byName.set(name, identity);
    this.#byUser.set(user, identity);
    return identity;
  }

  #grantsOf(user: User): Grant[] {
    const found = [...(this.#bySubject.get(`User/${user.name}`) ?? [])];
    for (const group of user.groups) found.push(...(this.#bySubject.get(`Group/${group}`) ?? []));
    const first = new Map<number, Grant>();
    for (const grant of found) if (!first.has(grant.order)) first.set(grant.order, grant);
    return [...first.values()].sort((a, b) => a.order - b.order);
  }

  #add(binding: KubeObject, order: number, find: FindRole): void {
    const { namespace = '' } = binding.metadata;
    const rules = rulesOf(binding['roleRef'], namespace, find);
    for (const subject of (binding['subjects'] ?? []) as Subject[]) {
      const key = keyOfSubject(subject, namespace);
      if (key === undefined) continue;
      const given = typeof rules === 'string' ? { rules: [], error: rules } : { rules, error: undefined };
      const grant = { order, namespace, binding, subject, ...given };
      const before = this.#bySubject.get(key);
      if (before) before.push(grant);
      else this.#bySubject.set(key, [grant]);
    }
  }
}

/** The newest few. Forks share their objects with the cluster they come from, and so what was made of them. */
const indexes: PolicyIndex[] = [];
const indexesMax = 8;

function sharedIndex(source: PolicySource): PolicyIndex {
  const roles = [...source.list('ClusterRole'), ...source.list('Role')];
  const bindings = [...source.list('ClusterRoleBinding'), ...source.list('RoleBinding')];
  const known = indexes.find((index) => isSame(index.bindings, bindings) && isSame(index.roles, roles));
  if (known) return known;
  const index = new PolicyIndex(roles, bindings);
  indexes.unshift(index);
  indexes.length = Math.min(indexes.length, indexesMax);
  return index;
}

function isSame(a: readonly KubeObject[], b: readonly KubeObject[]): boolean {
  return a.length === b.length && a.every((object, index) => object === b[index]);
}

function keyOfSubject({ kind, name, namespace }: Subject, own: string): string | undefined {
  switch (kind) {
    case 'User':
    case 'Group':
      return `${kind}/${name}`;
    case 'ServiceAccount':
      return (namespace ?? own) === '' ? undefined : `User/system:serviceaccount:${namespace || own}:${name}`;
    default:
      return undefined;
  }
}

/** `validation.clusterRoleBindingDescriber` and `roleBindingDescriber`. */
function describe({ binding, subject, namespace: own }: Grant): string {
  const { metadata, ['roleRef']: ref } = binding as KubeObject & { roleRef: RoleRef };
  const { kind, name, namespace } = subject;
  const what = own ? `RoleBinding ${JSON.stringify(`${metadata.name}/${own}`)}` : `ClusterRoleBinding ${JSON.stringify(metadata.name)}`;
  const whom = kind === 'ServiceAccount' ? `${name}/${namespace || own}` : name;
  return `${what} of ${ref.kind} ${JSON.stringify(ref.name)} to ${kind} ${JSON.stringify(whom)}`;
}

function judge(grants: readonly Grant[], asked: Attributes): Verdict {
  const namespace = asked.isResource ? asked.namespace : '';
  const errors: string[] = [];
  for (const grant of grants) {
    if (grant.namespace !== '' && grant.namespace !== namespace) continue;
    if (grant.error !== undefined) errors.push(grant.error);
    if (grant.rules.some((rule) => ruleAllows(asked, rule))) return { decision: 'allow', reason: `RBAC: allowed by ${describe(grant)}` };
  }
  return errors.length === 0 ? noOpinion : { decision: 'no-opinion', reason: `RBAC: ${aggregate(errors)}` };
}
