import { isRecord, mergePatch } from './merge-patch';
import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { CommandError, messageOf } from '../errors';
import { flag } from '../flags';

export const overrideFlags = [
  flag.string(
    'overrides',
    'An inline JSON override for the generated object. If this is non-empty, it is used to override the generated object. Requires that the object supply a valid apiVersion field.',
  ),
  flag.string('override-type', 'The method used to override the generated object: json, merge, or strategic.', 'merge'),
];

/** The generated object with `--overrides` laid over it. */
export async function applyOverrides(context: Context, object: KubeObject): Promise<KubeObject> {
  const text = context.flags.string('overrides');
  if (!text) return object;
  if (context.flags.string('override-type') !== 'merge')
    throw new CommandError(`--override-type=${context.flags.string('override-type')} is not simulated; use merge`);
  try {
    const patch: unknown = JSON.parse(text);
    if (isRecord(patch)) return mergePatch(object, patch) as KubeObject;
  } catch (error) {
    throw new CommandError(`Invalid JSON Patch: ${messageOf(error)}`.replace('JSON Patch', 'overrides'));
  }
  throw new CommandError('invalid overrides: not a JSON object');
}
