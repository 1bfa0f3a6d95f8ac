import { compareBytes, deepEqual } from '@/lib/base';
import { statusErrors, type KubeObject } from '../../api';
import type { User } from '../authentication';
import { decide, type Attributes, type Authorizer, type PolicyRule } from '../authorization';
import { resourceOf, type RequestContext } from '../context';
import type { StoreHooks } from '../store';
import { compactRules, missingRules, quotedList, ruleText } from './covers';
import type { RbacAuthorizer, RoleRef } from './rbac-authorizer';

const rbacGroup = 'rbac.authorization.k8s.io';

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody gives away what they do not hold, unless they may `escalate` a role or `bind` it (`registry/rbac/…/policybased`).
 * Group `system:masters` may always.
 */
export function escalationHooks(rbac: RbacAuthorizer, authorizers: readonly Authorizer[]): ReadonlyMap<string, StoreHooks> {
  const may = (user: User, attributes: Attributes) => decide(user, attributes, authorizers).decision === 'allow';
  const role: StoreHooks = {
    authorize(context, object, old) {
      if (isUnlimited(context.user) || may(context.user, escalating(context)) || (old && changesOnlyWhatCollectionNeeds(object, old)))
        return;
      const refused = refusal(rbac, context, object.rules ?? []);
      if (refused) throw statusErrors.forbidden(resourceOf(context.definition), object.metadata.name, refused);
      if (object.aggregationRule?.clusterRoleSelectors?.length && refusal(rbac, context, everything))
        throw statusErrors.forbidden(
          resourceOf(context.definition),
          object.metadata.name,
          'must have cluster-admin privileges to use the aggregationRule',
        );
    },
  };
  const binding: StoreHooks = {
    authorize(context, object, old) {
      const { user, info } = context;
      if (isUnlimited(user) || (old && changesOnlyWhatCollectionNeeds(object, old))) return;
      const ref = object.roleRef as RoleRef;
      if (may(user, bindingTo(ref, info.namespace))) return;
      const rules = rbac.rulesOfRole(ref, info.namespace);
      if (typeof rules === 'string')
        throw statusErrors.notFound({ group: rbacGroup, resource: ref.kind === 'Role' ? 'roles' : 'clusterroles' }, ref.name);
      const refused = refusal(rbac, context, rules);
      if (refused) throw statusErrors.forbidden(resourceOf(context.definition), object.metadata.name, refused);
    },
  };
  return new Map([
    ['Role', role],
    ['ClusterRole', role],
    ['RoleBinding', binding],
    ['ClusterRoleBinding', binding],
  ]);
}

function isUnlimited({ groups }: User): boolean {
  return groups.includes('system:masters');
}

function escalating({ info }: RequestContext): Attributes {
  const { group, version, resource, namespace, name } = info;
  return { isResource: true, verb: 'escalate', group, version, resource, subresource: '', namespace, name };
}

function bindingTo({ kind, name }: RoleRef, namespace: string): Attributes {
  const resource = kind === 'Role' ? 'roles' : 'clusterroles';
  return { isResource: true, verb: 'bind', group: rbacGroup, version: '*', resource, subresource: '', namespace, name };
}

/** `validation.ConfirmNoEscalation`. */
function refusal(rbac: RbacAuthorizer, { user, info }: RequestContext, wanted: readonly PolicyRule[]): string | undefined {
  const { rules, error } = rbac.rulesFor(user, info.namespace);
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(ruleText))].sort(compareBytes);
  return `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${error ? `; resolution errors: [${error}]` : ''}`;
}

/** Owners and finalizers are the garbage collector's business (`registry/rbac.IsOnlyMutatingGCFields`). */
function changesOnlyWhatCollectionNeeds(object: KubeObject, old: KubeObject): boolean {
  const plain = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, ...kept } = metadata;
    return { ...rest, metadata: kept };
  };
  return deepEqual(plain(object), plain(old));
}
