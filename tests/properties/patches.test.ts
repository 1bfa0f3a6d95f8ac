import fc from 'fast-check';
import { deepEqual } from '@/lib/base';
import { strategicMergePatch } from '@/lib/cluster/api';
import {
  difference,
  exclude,
  intersection,
  isFieldSet,
  isMember,
  pathsOf,
  setOfPath,
  union,
  type FieldSet,
} from '@/lib/cluster/apiserver/fields/field-set';
import { ApiBench } from '../support/api-server';

const pod = 'io.k8s.api.core.v1.Pod';
const names = fc.constantFrom('a', 'b', 'c', 'd');
const env = fc.uniqueArray(fc.record({ name: names, value: fc.constantFrom('1', '2') }), { selector: ({ name }) => name, maxLength: 4 });

/** A keyed list merged as the documentation says it: items of the patch by name into those there are, new ones at the end. */
function naive(original: readonly { name: string; value: string }[], patch: readonly { name: string; value: string }[]) {
  return new Map([...original, ...patch].map((item) => [item.name, item]));
}

test('a strategic merge of a keyed list holds what a naive merge by name holds', () => {
  fc.assert(
    fc.property(env, env, (original, patch) => {
      const wrap = (items: object[]) => ({ spec: { containers: [{ name: 'c', env: items }] } });
      const merged = strategicMergePatch(pod, wrap(original), wrap(patch)).spec.containers[0]!.env as { name: string; value: string }[];
      const expected = naive(original, patch);
      return merged.length === expected.size && merged.every((item) => deepEqual(item, expected.get(item.name)));
    }),
  );
});

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:"x"');
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
const setOf = (all: readonly string[][]) => all.reduce<FieldSet>((set, path) => union(set, setOfPath(path)), undefined);
const keys = (set: FieldSet) => new Set(pathsOf(set).map((path) => path.join('/')));
const naiveKeys = (all: readonly string[][]) => new Set(all.map((path) => path.join('/')));

test('field sets are sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [setOf(left), setOf(right)];
      const [x, y] = [naiveKeys(left), naiveKeys(right)];
      expect(keys(a)).toEqual(x);
      expect(keys(union(a, b))).toEqual(new Set([...x, ...y]));
      expect(keys(difference(a, b))).toEqual(new Set([...x].filter((path) => !y.has(path))));
      expect(keys(intersection(a, b))).toEqual(new Set([...x].filter((path) => y.has(path))));
      expect(keys(exclude(a, b))).toEqual(
        new Set([...x].filter((path) => ![...y].some((other) => path === other || path.startsWith(`${other}/`)))),
      );
      expect(a === undefined || (isFieldSet(a) && !isMember(undefined))).toBe(true);
    }),
  );
});

test('a set that loses or gains nothing stays the same object', () => {
  fc.assert(
    fc.property(paths, (all) => {
      const set = setOf(all);
      return union(set, set) === set && difference(set, setOfPath(['f:elsewhere'])) === set && exclude(set, undefined) === set;
    }),
  );
});

const url = '/api/v1/namespaces/default/configmaps/c';
const data = fc.dictionary(names, fc.constantFrom('1', '2'), { maxKeys: 4, noNullPrototype: true });
const step = fc.record({ manager: fc.constantFrom('m1', 'm2', 'm3'), data, force: fc.boolean(), isUpdate: fc.boolean() });
type Step = { manager: string; data: Record<string, string>; force: boolean; isUpdate: boolean };

function perform(api: ApiBench, { manager, data: values, force, isUpdate }: Step): number {
  if (isUpdate)
    return api.send('PATCH', `${url}?fieldManager=${manager}`, { data: values }, { 'content-type': 'application/merge-patch+json' }).status;
  // An empty map is not stored, so whoever applies one claims `.data` anew each time, and others conflict with that.
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', labels: { kept: 'yes' } },
    ...(Object.keys(values).length > 0 ? { data: values } : {}),
  };
  return api.send('PATCH', `${url}?fieldManager=${manager}&force=${force}`, body, { 'content-type': 'application/apply-patch+yaml' })
    .status;
}

test('an apply that succeeds makes true what it says, once and again, and every field has an owner', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const api = new ApiBench();
      for (const one of steps) {
        if (perform(api, one) >= 300) continue;
        const object = api.get(url);
        expect(object.data ?? {}).toMatchObject(one.data);
        if (!one.isUpdate) {
          expect(perform(api, one)).toBe(200);
          expect(api.get(url)).toEqual(object);
        }
        const owned = new Set(
          (object.metadata.managedFields ?? []).flatMap(({ fieldsV1 }) => Object.keys((fieldsV1 as any)['f:data'] ?? {})),
        );
        for (const key of Object.keys(object.data ?? {})) expect(owned).toContain(`f:${key}`);
        for (const key of owned) if (key !== '.') expect(object.data).toHaveProperty(key.slice(2));
      }
    }),
    { numRuns: 200 },
  );
});
