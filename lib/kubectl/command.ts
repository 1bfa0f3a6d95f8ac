import type { Context } from './context';
import type { FlagDefinition } from './flags';

/** One verb: its words, flags and help, and what it does. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly short: string;
  /** What help begins with; absent means `short`. */
  readonly long?: string;
  /** Pairs of what it is for and how it is written. */
  readonly examples?: readonly (readonly [string, string])[];
  /** What follows the command's path in the usage line. */
  readonly usage?: string;
  readonly flags?: readonly FlagDefinition[];
  readonly subcommands?: readonly Command[];
  /** Absent in a command that only groups others. Returns the exit code when it is not 0. */
  run?(context: Context): Promise<number | void>;
  /** `--selector` says something else here than which objects are meant (`expose`). */
  readonly selectorIsOwn?: boolean;
  /** Exit code of failures of its own arguments; 1 unless it says otherwise (`diff` uses 2). */
  readonly failureCode?: number;
  /** It does the same whatever follows it, flags that are known nowhere included. */
  readonly takesAnything?: boolean;
}

/** A heading of `kubectl --help` and its commands. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export function defineCommand(command: Command): Command {
  return command;
}
