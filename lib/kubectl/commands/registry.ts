import type { Command, CommandGroup } from '../command';
import { apply } from './apply';
import { autoscale } from './autoscale';
import { certificate } from './certificate';
import { apiResources, apiVersions, auth, clusterInfo, version } from './cluster';
import { top } from './top';
import { config } from './config';
import { cp } from './cp';
import { create } from './create';
import { debug } from './debug';
import { deleteCommand } from './delete';
import { describe } from './describe';
import { diff } from './diff';
import { edit } from './edit';
import { events } from './events';
import { attach, exec } from './exec';
import { explain } from './explain';
import { expose } from './expose';
import { get } from './get';
import { annotate, label } from './label';
import { logs } from './logs';
import { cordon, drain, taint, uncordon } from './nodes';
import { patch } from './patch';
import { portForward } from './port-forward';
import { refused } from './refused';
import { replace } from './replace';
import { rollout } from './rollout';
import { run } from './run';
import { scale } from './scale';
import { set } from './set';
import { wait } from './wait';

/** Every verb, under the headings of `kubectl --help`. */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Basic Commands (Beginner)', commands: [create, expose, run, set] },
  { title: 'Basic Commands (Intermediate)', commands: [explain, get, edit, deleteCommand] },
  {
    title: 'Deploy Commands',
    commands: [rollout, scale, autoscale],
  },
  {
    title: 'Cluster Management Commands',
    commands: [certificate, clusterInfo, top, cordon, uncordon, drain, taint],
  },
  {
    title: 'Troubleshooting and Debugging Commands',
    commands: [
      describe,
      logs,
      attach,
      exec,
      portForward,
      refused('proxy', 'Run a proxy to the Kubernetes API server', 'use kubectl get --raw PATH'),
      cp,
      auth,
      debug,
      events,
    ],
  },
  {
    title: 'Advanced Commands',
    commands: [
      diff,
      apply,
      patch,
      replace,
      wait,
      refused('kustomize', 'Build a kustomization target from a directory or URL', 'write plain manifests'),
    ],
  },
  {
    title: 'Settings Commands',
    commands: [
      label,
      annotate,
      refused(
        'completion',
        'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
        'the Tab key already completes kubectl here',
      ),
    ],
  },
  {
    title: 'Other Commands',
    commands: [
      apiResources,
      apiVersions,
      config,
      refused('kuberc', 'Manage kuberc configuration files', ''),
      refused('plugin', 'Provides utilities for interacting with plugins', ''),
      version,
    ],
  },
];

const unlisted: readonly Command[] = [
  { name: 'options', short: 'Print the list of flags inherited by all commands', run: async () => undefined },
  { name: 'help', short: 'Help about any command', run: async () => undefined },
];

export const commands: readonly Command[] = [...commandGroups.flatMap(({ commands: list }) => list), ...unlisted];
