import type { PolicyRule } from '../authorization';

/** The atoms of `wanted` that none of `held` covers (`component-helpers/auth/rbac/validation.Covers`). */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(atomsOf).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** One rule for each verb, group, resource and name. */
function atomsOf(rule: PolicyRule): PolicyRule[] {
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb): PolicyRule[] => {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return rule.resourceNames?.length ? rule.resourceNames.map((name) => ({ ...atom, resourceNames: [name] })) : [atom];
      }),
    ),
  );
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) => rule.verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })));
  return [...resources, ...urls];
}

function covers(owner: PolicyRule, atom: PolicyRule): boolean {
  if (!coversAll(owner.verbs, atom.verbs)) return false;
  if (atom.nonResourceURLs) return atom.nonResourceURLs.every((url) => (owner.nonResourceURLs ?? []).some((own) => coversUrl(own, url)));
  if (!coversAll(owner.apiGroups ?? [], atom.apiGroups ?? [])) return false;
  if (!(atom.resources ?? []).every((resource) => coversResource(owner.resources ?? [], resource))) return false;
  if (!owner.resourceNames?.length) return true;
  return atom.resourceNames !== undefined && atom.resourceNames.every((name) => owner.resourceNames?.includes(name));
}

function coversAll(own: readonly string[], wanted: readonly string[]): boolean {
  return own.includes('*') || wanted.every((one) => own.includes(one));
}

function coversResource(own: readonly string[], resource: string): boolean {
  if (own.includes('*') || own.includes(resource)) return true;
  const [, subresource] = resource.split('/');
  return subresource !== undefined && own.includes(`*/${subresource}`);
}

function coversUrl(own: string, url: string): boolean {
  return own === url || own === '*' || (own.endsWith('*') && url.startsWith(own.replace(/\*+$/, '')));
}

/** Rules about one resource each are put together by it (`validation.CompactRules`). */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const key = keyOfSimple(rule);
    const before = key === undefined ? undefined : simple.get(key);
    if (key === undefined) others.push(rule);
    else simple.set(key, before ? { ...before, verbs: [...before.verbs, ...rule.verbs] } : rule);
  }
  return [...others, ...simple.values()];
}

function keyOfSimple({ apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string | undefined {
  if (nonResourceURLs.length > 0 || apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1) return undefined;
  return JSON.stringify([apiGroups[0], resources[0], resourceNames]);
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}` (`rbacv1helpers.CompactString`). */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const;
  return `{${parts
    .filter(([, list]) => list?.length)
    .map(([name, list]) => `${name}:${quotedList(list as readonly string[])}`)
    .join(', ')}}`;
}

/** Go's `%q` of a slice. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
}
