import type { V1CustomResourceDefinition, V1CustomResourceDefinitionNames } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { isTrue, withCondition, type Condition } from './conditions';

/** The definition with the names it may have, of those it asks for, and with conditions that say so (`status/naming_controller.go`). */
export function withAcceptedNames(
  crd: V1CustomResourceDefinition,
  others: readonly V1CustomResourceDefinition[],
  now: string,
): V1CustomResourceDefinition {
  const { names, accepted } = acceptNames(crd, usedNames(crd, others));
  const named = deepEqual(crd.status?.acceptedNames, names) ? crd : { ...crd, status: { ...crd.status, acceptedNames: names } };
  const told = withCondition(named as V1CustomResourceDefinition, accepted, now);
  return isTrue(told, 'Established') ? told : withCondition(told, accepted.status === 'True' ? installing : notAccepted, now);
}

const notAccepted: Condition = { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
const installing: Condition = {
  type: 'Established',
  status: 'False',
  reason: 'Installing',
  message: 'the initial names have been accepted',
};
export const established: Condition = { ...installing, status: 'True', reason: 'InitialNamesAccepted' };
const noConflicts: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };

interface Used {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function usedNames({ metadata, spec }: V1CustomResourceDefinition, others: readonly V1CustomResourceDefinition[]): Used {
  const inGroup = others.filter((one) => one.spec.group === spec.group && one.metadata?.name !== metadata?.name);
  const taken = inGroup.flatMap(({ status }) => status?.acceptedNames ?? []);
  return {
    resources: new Set(taken.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular ?? '', ...shortNames]).filter(Boolean)),
    kinds: new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind ?? '']).filter(Boolean)),
  };
}

function acceptNames(
  { spec, status }: V1CustomResourceDefinition,
  { resources, kinds }: Used,
): { names: V1CustomResourceDefinitionNames; accepted: Condition } {
  const asked = spec.names;
  const names: V1CustomResourceDefinitionNames = { ...(status?.acceptedNames ?? { plural: '', kind: '' }) };
  let accepted = noConflicts;
  const refuse = (what: string, message: string) =>
    void (accepted = { type: 'NamesAccepted', status: 'False', reason: `${what}Conflict`, message });
  const take = (field: 'plural' | 'singular' | 'kind' | 'listKind', what: string, used: ReadonlySet<string>) => {
    const name = asked[field];
    if (name === undefined) return;
    if (name !== names[field] && used.has(name)) refuse(what, inUse(name));
    else names[field] = name;
  };
  take('plural', 'Plural', resources);
  take('singular', 'Singular', resources);
  const clashes = (asked.shortNames ?? []).filter((name) => !names.shortNames?.includes(name) && resources.has(name));
  if (clashes.length > 0) refuse('ShortNames', clashes.length === 1 ? inUse(clashes[0] as string) : `[${clashes.map(inUse).join(', ')}]`);
  else setOrDrop(names, 'shortNames', asked.shortNames);
  take('kind', 'Kind', kinds);
  take('listKind', 'ListKind', kinds);
  setOrDrop(names, 'categories', asked.categories);
  return { names, accepted };
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}

function setOrDrop(names: V1CustomResourceDefinitionNames, field: 'shortNames' | 'categories', value: string[] | undefined): void {
  if (value === undefined) delete names[field];
  else names[field] = value;
}
