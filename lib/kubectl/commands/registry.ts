import type { Command, CommandGroup } from '../command';
import { apply } from './apply';
import { create } from './create';
import { deleteCommand } from './delete';
import { describe } from './describe';
import { get } from './get';
import { annotate, label } from './label';
import { logs } from './logs';
import { rollout } from './rollout';
import { scale } from './scale';

/** Every verb, under the headings of `kubectl --help`. */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Basic Commands (Beginner)', commands: [create] },
  { title: 'Basic Commands (Intermediate)', commands: [get, deleteCommand] },
  { title: 'Deploy Commands', commands: [rollout, scale] },
  { title: 'Troubleshooting and Debugging Commands', commands: [describe, logs] },
  { title: 'Advanced Commands', commands: [apply] },
  { title: 'Settings Commands', commands: [label, annotate] },
];

export const commands: readonly Command[] = commandGroups.flatMap(({ commands: list }) => list);
