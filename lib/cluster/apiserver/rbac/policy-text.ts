import type { PolicyRule } from '../authorization';

/**
 * Reads a rule as the tables of the bootstrap policy write it: `verbs groups resources [names]`, or `verbs url paths`, each a list with
 * commas. `core` is the group without a name. Lists come out sorted, as `rbacv1helpers.NewRule` leaves them.
 */
export function ruleOf(text: string): PolicyRule {
  const [verbs = '', groups = '', targets = '', names] = text.split(' ');
  if (groups === 'url') return { verbs: sorted(verbs), nonResourceURLs: sorted(targets) };
  return {
    verbs: sorted(verbs),
    apiGroups: sorted(groups)
      .map((group) => (group === 'core' ? '' : group))
      .sort(),
    resources: sorted(targets),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  };
}

function sorted(list: string): string[] {
  return list.split(',').sort();
}

export const read = 'get,list,watch';
export const write = 'create,update,patch,delete,deletecollection';
export const events = 'create,update,patch core,events.k8s.io events';
