import type { V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { compareBytes, deepEqual, hash32 } from '@/lib/base';

export const podTemplateHashLabel = 'pod-template-hash';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A name for a Pod template, in the alphabet of `rand.SafeEncodeString`. Real Kubernetes hashes Go's printed form of the struct;
 * here it is the canonical JSON, so hashes are as stable but not the same (docs/fidelity.md).
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  const hash = hash32(`${canonical(template)}${collisionCount ?? ''}`);
  return safeEncode(String(hash));
}

/** `rand.SafeEncodeString`: no vowels and no digits that look like letters. */
export function safeEncode(text: string): string {
  return [...text].map((letter) => alphabet[letter.charCodeAt(0) % alphabet.length]).join('');
}

/** Whether two templates are the same but for the hash label the controller added itself. */
export function isSameTemplate(a: V1PodTemplateSpec, b: V1PodTemplateSpec): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: V1PodTemplateSpec): V1PodTemplateSpec {
  const labels = template.metadata?.labels;
  if (!labels || !(podTemplateHashLabel in labels)) return template;
  const { [podTemplateHashLabel]: _, ...rest } = labels;
  return { ...template, metadata: { ...template.metadata, labels: rest } } as V1PodTemplateSpec;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  fields.sort(([a], [b]) => compareBytes(a, b));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
}
