import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleQuestionMark,
  CircleX,
  Hourglass,
  RefreshCw,
  Scissors,
  Unplug,
  Wrench,
  type LucideIcon,
} from 'lucide-react';
import type { Verdict } from '@/lib/grading/verdict';

export type Tone = 'ok' | 'bad' | 'warn' | 'wait';

interface Look {
  readonly tone: Tone;
  readonly icon: LucideIcon;
}

const looks: Record<string, Look> = {
  Running: { tone: 'ok', icon: CircleCheck },
  Ready: { tone: 'ok', icon: CircleCheck },
  Completed: { tone: 'ok', icon: CircleCheck },
  Succeeded: { tone: 'ok', icon: CircleCheck },
  Leader: { tone: 'ok', icon: CircleDot },
  Pending: { tone: 'wait', icon: Hourglass },
  ContainerCreating: { tone: 'wait', icon: RefreshCw },
  PodInitializing: { tone: 'wait', icon: RefreshCw },
  Terminating: { tone: 'wait', icon: Scissors },
  Unknown: { tone: 'wait', icon: CircleQuestionMark },
  NotReady: { tone: 'bad', icon: Unplug },
};

/** How a STATUS word of kubectl looks. Words that are not known and speak of trouble look like trouble. */
export function lookOf(status: string): Look {
  const word = status.split(',')[0] ?? status;
  const known = looks[word];
  if (known) return known;
  if (/BackOff|Err|Error|Evicted|OOMKilled|Failed|Invalid|CannotRun/.test(word)) return { tone: 'bad', icon: CircleX };
  if (word.startsWith('Init:')) return { tone: 'wait', icon: RefreshCw };
  return { tone: 'wait', icon: CircleQuestionMark };
}

/** An icon and a word, always both. */
export function State({ status, children }: { status: string; children?: string }) {
  const { tone, icon: Icon } = lookOf(status);
  return (
    <span className={`state tone-${tone}`}>
      <Icon size={14} strokeWidth={2} aria-hidden="true" />
      {children ?? status}
    </span>
  );
}

const verdictLooks: Record<Verdict, Look & { word: string }> = {
  pass: { tone: 'ok', icon: CircleCheck, word: 'Pass' },
  'not-yet': { tone: 'wait', icon: CircleDashed, word: 'Not yet' },
  'platform-error': { tone: 'warn', icon: Wrench, word: 'Platform error' },
};

export function VerdictState({ verdict, wordHidden = false }: { verdict: Verdict; wordHidden?: boolean }) {
  const { tone, icon: Icon, word } = verdictLooks[verdict];
  return (
    <span className={`state tone-${tone}`}>
      <Icon size={14} strokeWidth={2} aria-hidden="true" />
      <span className={wordHidden ? 'visually-hidden' : undefined}>{word}</span>
    </span>
  );
}
