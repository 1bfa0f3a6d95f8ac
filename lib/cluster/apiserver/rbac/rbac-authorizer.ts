import type { KubeObject } from '../../api';
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
  readonly source: string;
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
  #bySubject = new Map<string, Grant[]>();
  #byUser = new WeakMap<User, Identity>();
  #byName = new Map<string, Identity>();

  constructor(source: PolicySource) {
    this.#source = source;
  }

  authorize(user: User, attributes: Attributes): Verdict {
    const identity = this.#identityOf(user);
    const known = identity.verdicts.get(attributes);
    if (known) return known;
    const verdict = judge(identity.grants, attributes);
    identity.verdicts.set(attributes, verdict);
    return verdict;
  }

  rulesFor(user: User, namespace: string): Rules {
    const grants = this.#identityOf(user).grants.filter((grant) => grant.namespace === '' || grant.namespace === namespace);
    const errors = grants.flatMap(({ error }) => error ?? []);
    return { rules: grants.flatMap(({ rules }) => rules), ...(errors.length ? { error: aggregate(errors) } : {}) };
  }

  /** The rules a binding refers to; a sentence when its role is not there. */
  rulesOfRole(ref: RoleRef, namespace: string): readonly PolicyRule[] | string {
    const kind = ref.kind === 'Role' ? 'Role' : 'ClusterRole';
    const role = this.#source.find(kind, kind === 'Role' ? namespace : '', ref.name);
    return role ? (role.rules ?? []) : `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(ref.name)} not found`;
  }

  #identityOf(user: User): Identity {
    if (this.#source.mark !== this.#mark) this.#index();
    const known = this.#byUser.get(user);
    if (known) return known;
    const name = `${user.name}\n${user.groups.join('\n')}`;
    const identity = this.#byName.get(name) ?? { grants: this.#grantsOf(user), verdicts: new WeakMap() };
    this.#byName.set(name, identity);
    this.#byUser.set(user, identity);
    return identity;
  }

  #grantsOf(user: User): Grant[] {
    const found = new Set<Grant>(this.#bySubject.get(`User/${user.name}`));
    for (const group of user.groups) for (const grant of this.#bySubject.get(`Group/${group}`) ?? []) found.add(grant);
    const first = new Map<number, Grant>();
    for (const grant of found) if (!first.has(grant.order)) first.set(grant.order, grant);
    return [...first.values()].sort((a, b) => a.order - b.order);
  }

  #index(): void {
    this.#mark = this.#source.mark;
    this.#bySubject = new Map();
    this.#byUser = new WeakMap();
    this.#byName = new Map();
    const bindings = [...this.#source.list('ClusterRoleBinding'), ...this.#source.list('RoleBinding')];
    for (const [order, binding] of bindings.entries()) this.#indexBinding(binding, order);
  }

  #indexBinding(binding: KubeObject, order: number): void {
    const { namespace = '' } = binding.metadata;
    const rules = this.rulesOfRole(binding.roleRef, namespace);
    for (const subject of (binding.subjects ?? []) as Subject[]) {
      const key = keyOfSubject(subject, namespace);
      const grants = key === undefined ? undefined : (this.#bySubject.get(key) ?? []);
      if (!grants) continue;
      grants.push({
        order,
        namespace,
        source: describe(binding, subject, namespace),
        ...(typeof rules === 'string' ? { rules: [], error: rules } : { rules, error: undefined }),
      });
      this.#bySubject.set(key as string, grants);
    }
  }
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
function describe({ metadata, roleRef }: KubeObject, { kind, name, namespace }: Subject, own: string): string {
  const binding = own ? `RoleBinding ${JSON.stringify(`${metadata.name}/${own}`)}` : `ClusterRoleBinding ${JSON.stringify(metadata.name)}`;
  const whom = kind === 'ServiceAccount' ? `${name}/${namespace || own}` : name;
  return `${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${kind} ${JSON.stringify(whom)}`;
}

function judge(grants: readonly Grant[], asked: Attributes): Verdict {
  const namespace = asked.isResource ? asked.namespace : '';
  const errors: string[] = [];
  for (const grant of grants) {
    if (grant.namespace !== '' && grant.namespace !== namespace) continue;
    if (grant.error !== undefined) errors.push(grant.error);
    if (grant.rules.some((rule) => ruleAllows(asked, rule))) return { decision: 'allow', reason: `RBAC: allowed by ${grant.source}` };
  }
  return errors.length === 0 ? noOpinion : { decision: 'no-opinion', reason: `RBAC: ${aggregate(errors)}` };
}

/** `utilerrors.NewAggregate`: each sentence once. */
function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}
