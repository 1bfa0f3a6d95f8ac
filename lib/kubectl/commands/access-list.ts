import { compareBytes } from '@/lib/base';
import type { Context } from '../context';
import { TabWriter } from '../printers/table';

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** `kubectl auth can-i --list`: everything that may be done in a namespace, one line a resource (`kubectl/pkg/cmd/auth/cani.go`). */
export async function listAccess(context: Context): Promise<number> {
  const { status } = await context.client.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: context.namespace },
  });
  if (status.incomplete) context.warn(`Warning: the list may be incomplete: ${status.evaluationError ?? ''}\n`);
  const rules: Rule[] = [...(status.resourceRules ?? []), ...(status.nonResourceRules ?? [])];
  const rows = compacted(rules.flatMap(atomsOf))
    .toSorted((a, b) => compareBytes(goText(a), goText(b)))
    .map((rule) => [resourceOf(rule), bracketed(rule.nonResourceURLs), bracketed(rule.resourceNames), bracketed(rule.verbs)]);
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  context.out(new TabWriter().write(context.flags.bool('no-headers') ? rows : [header, ...rows]));
  return 0;
}

function atomsOf(rule: Rule): Rule[] {
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb): Rule[] => {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return rule.resourceNames?.length ? rule.resourceNames.map((name) => ({ ...atom, resourceNames: [name] })) : [atom];
      }),
    ),
  );
  return [
    ...resources,
    ...(rule.nonResourceURLs ?? []).flatMap((url) => rule.verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] }))),
  ];
}

/** The verbs of one resource in one line; paths stay apart. */
function compacted(atoms: readonly Rule[]): Rule[] {
  const byResource = new Map<string, Rule>();
  for (const atom of atoms.filter(({ nonResourceURLs }) => !nonResourceURLs)) {
    const key = JSON.stringify([atom.apiGroups, atom.resources, atom.resourceNames]);
    const before = byResource.get(key);
    byResource.set(key, before ? { ...before, verbs: [...before.verbs, ...atom.verbs] } : atom);
  }
  return [...atoms.filter(({ nonResourceURLs }) => nonResourceURLs), ...byResource.values()];
}

/** `deployments.apps/scale` (`describe.CombineResourceGroup`). */
function resourceOf({ resources = [], apiGroups = [] }: Rule): string {
  const [resource = '', subresource] = (resources[0] ?? '').split('/');
  return `${resource}${apiGroups[0] ? `.${apiGroups[0]}` : ''}${subresource === undefined ? '' : `/${subresource}`}`;
}

function bracketed(list: readonly string[] = []): string {
  return `[${list.join(' ')}]`;
}

/** How Go prints a rule, by which the lines are in order. */
function goText({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: Rule): string {
  return `&PolicyRule{Verbs:${bracketed(verbs)},APIGroups:${bracketed(apiGroups)},Resources:${bracketed(resources)},ResourceNames:${bracketed(resourceNames)},NonResourceURLs:${bracketed(nonResourceURLs)},}`;
}
