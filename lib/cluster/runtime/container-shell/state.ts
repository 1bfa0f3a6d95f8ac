import type { Json } from '@/lib/base';

/** Where a task's output goes: the process's own streams, nowhere, a file that is appended to, or the capture on frame `depth`. */
export type Target = 'stdout' | 'stderr' | 'null' | { readonly file: string } | { readonly capture: number };

export interface Streams {
  /** What is left to read; undefined means the end. */
  stdin: string;
  out: Target;
  err: Target;
}

/** A place in the code of one of the machine's scripts. */
export interface Place {
  script: number;
  pc: number;
}

/** What a subshell gives back when it ends. */
export interface Saved {
  vars: Record<string, string>;
  exported: string[];
  params: string[];
  cwd: string;
  traps: Record<string, string>;
  options: Options;
}

export interface Options {
  errexit: boolean;
  nounset: boolean;
  xtrace: boolean;
  pipefail: boolean;
}

/** What is open around the instruction that runs: plain data, so that the process can be copied in the middle of a loop. */
export type Frame =
  | { kind: 'words'; captured: string[] }
  | { kind: 'capture'; text: string; streams: Streams; saved: Saved; end: number; script: number }
  | { kind: 'subshell'; saved: Saved; end: number; script: number }
  | { kind: 'pipe'; text: string; streams: Streams; outer: Streams; saved: Saved; end: number; script: number; statuses: number[] }
  | { kind: 'redirect'; streams: Streams }
  | { kind: 'loop'; breakTo: number; continueTo: number; name?: string; items?: string[]; next?: number }
  | { kind: 'call'; back: Place; streams: Streams; params: string[] | undefined; locals: Record<string, string | null>; isTested: boolean }
  | { kind: 'trap'; back: Place; status: number };

/** A program that runs in the foreground, or in place of the shell. */
export interface Child {
  path: string;
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  state: Json;
  isExec: boolean;
  /** It has read what was piped in; nothing of it is left for the next command. */
  hasReadInput: boolean;
  ports: number[];
}

/** One flow of control: the script, or a list in the background. */
export interface Task {
  pid: number;
  at: Place;
  vars: Record<string, string>;
  exported: string[];
  params: string[];
  name: string;
  cwd: string;
  status: number;
  lastBackground: number;
  streams: Streams;
  frames: Frame[];
  options: Options;
  traps: Record<string, string>;
  pendingTraps: string[];
  child: Child | null;
  /** Waiting for these background tasks; empty means for none. */
  waitsFor: number[];
  /** Commands run in this slice of simulated processor time. */
  spent: number;
}

export interface ShellState {
  scripts: string[];
  functions: Record<string, Place>;
  tasks: Task[];
  ended: Record<string, number>;
  nextPid: number;
}
