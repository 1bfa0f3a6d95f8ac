import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import type { Info } from '../resources';
import type { Text } from './text';

/** Writes one kind in words (`kubectl/pkg/describe`). */
export interface Describer {
  /** Adds lines to `text`; `events` is absent when they are not to be shown. */
  describe(
    text: Text,
    object: any,
    details: { readonly context: Context; readonly info: Info; readonly events: readonly KubeObject[] | undefined },
  ): Promise<void> | void;
  /** Whether the kind shows events at all. */
  readonly hasEvents: boolean;
}

export function defineDescriber(describer: Describer): Describer {
  return describer;
}
