import fc from 'fast-check';
import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { definitionIdOfKind } from '@/lib/cluster/apiserver/context';
import { builtInResources } from '@/lib/cluster/resources';
import { ApiBench } from '../support/api-server';

/** Objects that have the fields of their kind, filled with what comes: mostly of the right type, seldom sensible. */
class Generator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  #next(): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return this.#state / 0x7fffffff;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#next() * values.length)] as T;
  }

  value(schema: FieldSchema, depth: number): unknown {
    if (this.#next() < 0.04) return this.#pick<unknown>([null, 5, 'x', [], {}, true, [null], { a: null }]);
    if (schema.$ref) return this.#referred(schema.$ref, depth);
    const { items, additionalProperties } = schema;
    if (items) return this.#times(() => this.value(items, depth - 1));
    if (additionalProperties)
      return Object.fromEntries(this.#times(() => [this.#pick(texts), this.value(additionalProperties, depth - 1)] as const));
    if (schema.type === 'integer') return this.#pick([0, 1, -1, 2147483647, 100001]);
    if (schema.type === 'number') return this.#pick([0, 1.5]);
    return schema.type === 'boolean' ? this.#next() < 0.5 : this.#pick(texts);
  }

  #referred(id: string, depth: number): unknown {
    if (id.endsWith('.Quantity')) return this.#pick(['1', '1Gi', '-5m', 3, '1e400']);
    if (id.endsWith('.IntOrString')) return this.#pick([1, '50%', -1]);
    if (id.endsWith('Time')) return '2026-01-05T08:00:00Z';
    const { properties } = definitions[id] ?? {};
    if (!properties) return definitions[id] ? this.value(definitions[id] as FieldSchema, depth) : {};
    if (depth <= 0) return {};
    const chosen = Object.entries(properties).filter(([name]) => this.#next() < (likely.has(name) ? 0.9 : 0.3));
    return Object.fromEntries(chosen.map(([name, schema]) => [name, this.value(schema, depth - 1)]));
  }

  #times<T>(make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#next() * 3) }, make);
  }
}

const likely = new Set(['spec', 'template', 'containers', 'status']);
const texts = [
  'a',
  'x'.repeat(70),
  'A_b',
  '10Gi',
  '-1',
  '__proto__',
  'constructor',
  'Always',
  'In',
  '*/5 * * * *',
  'a/b',
  '5-1',
  'Resource',
  'Indexed',
  '50%',
];

function withDefaultAccount(): ApiBench {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return bench;
}

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const merge = { 'content-type': 'application/merge-patch+json' };

test.each(
  builtInResources
    .filter((definition) => definitions[definitionIdOfKind(definition)])
    .map((definition) => [`${definition.group}/${definition.version}`, definition.names.plural, definition] as const),
)('%s %s of any sort are answered with an object or a Status', (_, plural, definition) => {
  const bench = withDefaultAccount();
  const { group, version, kind, scope } = definition;
  const path = `${group ? `/apis/${group}` : '/api'}/${version}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`;
  const schema = { $ref: definitionIdOfKind(definition) } as FieldSchema;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (seed) => {
      const generator = new Generator(seed);
      const fields = () => JSON.parse(JSON.stringify(generator.value(schema, 7) ?? {})) as { spec?: unknown; status?: unknown };
      const typed = { apiVersion: group ? `${group}/${version}` : version, kind, metadata: { name: `n${seed}` } };
      const { status } = bench.send('POST', path, { ...fields(), ...typed });
      if (status !== 201) return status >= 400 && status < 500;
      const { spec, status: state } = fields();
      bench.send('PATCH', `${path}/n${seed}`, { spec }, merge);
      bench.send('PATCH', `${path}/n${seed}/status`, { status: state }, merge);
      return bench.send('GET', `${path}/n${seed}`, undefined, table).status === 200;
    }),
    { numRuns: 40 },
  );
});
