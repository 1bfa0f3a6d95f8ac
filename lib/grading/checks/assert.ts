import { z } from 'zod';
import type { Json } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import { defineCheck, nameOf, notYet, pass, shown, type Finding } from '../check';
import { compare, type Comparison } from '../match';
import type { Observer } from '../observer';

export const partialObject = z
  .looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
  })
  .transform((value) => value as PartialObject);

export interface PartialObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: any;
}

/** Some object contains everything that this partial one says. Without a namespace, `default` is meant. */
export const assertCheck = defineCheck<PartialObject>({
  key: 'assert',
  spec: partialObject,
  title: (partial) => `${whatOf(partial)} is as described`,
  reach: 'look',
  run(partial, observer) {
    const candidates = candidatesOf(partial, observer);
    const compared = candidates.map((object) => ({ object, ...compare(partial as Json, object as unknown as Json) }));
    const match = compared.find((one) => !one.mismatch);
    if (match) return pass(`${nameOf(match.object)} is as it should be.`);
    const nearest = compared.sort((a, b) => b.matched - a.matched)[0];
    return nearest ? parting(nearest) : nothing(partial, observer);
  },
});

/** The objects a partial one may mean: those of its kind, of its namespace, and with its name if it has one. */
export function candidatesOf(partial: PartialObject, observer: Observer): readonly KubeObject[] {
  const { name, namespace = 'default' } = partial.metadata ?? {};
  const objects = observer.objects(partial.apiVersion, partial.kind, namespace);
  return name === undefined ? objects : objects.filter((object) => object.metadata.name === name);
}

function parting({ object, mismatch }: Comparison & { object: KubeObject }): Finding {
  const { path, expected, actual } = mismatch as NonNullable<Comparison['mismatch']>;
  const message =
    actual === undefined
      ? `${nameOf(object)}: ${path} is not set; it should be ${shown(expected)}.`
      : `${nameOf(object)}: ${path} is ${shown(actual)}, and should be ${shown(expected)}.`;
  return notYet(message, { path, expected, resource: object, ...(actual === undefined ? {} : { actual }) });
}

function nothing(partial: PartialObject, observer: Observer): Finding {
  const { name, namespace = 'default' } = partial.metadata ?? {};
  const place = observer.isNamespaced(partial.apiVersion, partial.kind) ? ` in namespace ${namespace}` : '';
  const others =
    name === undefined ? [] : observer.objects(partial.apiVersion, partial.kind, namespace).map((object) => object.metadata.name);
  const hint = others.length > 0 && others.length <= 5 ? ` There is ${others.join(', ')}.` : '';
  return notYet(name === undefined ? `There is no ${partial.kind}${place}.` : `There is no ${partial.kind} ${name}${place}.${hint}`, {
    expected: partial as Json,
  });
}

export function whatOf({ kind, metadata }: PartialObject): string {
  return metadata?.name === undefined ? `A ${kind}` : nameOf({ kind, metadata });
}
