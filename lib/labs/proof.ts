import { hash32 } from '@/lib/base';
import { Observer, runChecks, stateHash, type CheckResult } from '@/lib/grading';
import { allVariants, checkRules, parseLab, type Lab, type LabSource, type Variant } from './lab';
import { Session, type SessionHost } from './session';

/** What a lab's checks were when its revision was last proven: one hash for each check, beside the revision. */
export interface LabLock {
  readonly revision: number;
  readonly checks: Readonly<Record<string, string>>;
}

export interface ProofOptions {
  readonly source: LabSource;
  readonly lock: LabLock | undefined;
  readonly seeds: number;
  readonly host: SessionHost;
}

export interface Proof {
  readonly slug: string;
  /** What was shown, one line each. */
  readonly facts: readonly string[];
  /** What is wrong, one line each. */
  readonly problems: readonly string[];
}

interface Mistake {
  readonly name: string;
  readonly fails: readonly string[];
}

/** One lab as one learner gets it, being proven. */
interface Attempt {
  readonly source: LabSource;
  readonly lab: Lab;
  readonly seed: string;
  readonly variant: Variant;
  readonly host: SessionHost;
}

/** Simulated time after a script until everything it set going has come to rest. */
const settleMs = 600_000;

/**
 * Plays a lab through: as shipped, with its solution, with every mistake; over seeds and variants; twice for the same state.
 * A lab that cannot be read throws `LabError`.
 */
export async function proveLab({ source, lock, seeds, host }: ProofOptions): Promise<Proof> {
  const variants = allVariants(source);
  const problems: string[] = [...revisionProblems(source, lock)];
  const mistakes = mistakesOf(source, problems);
  for (const variant of variants) {
    const lab = parseLab(source, variant);
    problems.push(
      ...missingSolutions(lab),
      ...mistakes
        .filter((one) => !stepOf(one, lab.steps))
        .map(({ name, fails }) => `mistakes/${name}.sh names no check of this lab: ${fails.join(', ')}`),
    );
    for (let seed = 1; seed <= seeds; seed++) {
      const attempt: Attempt = { source, lab, variant, seed: String(seed), host };
      const found = [...(await proveOnce(attempt, mistakes)), ...(seed === 1 ? await proveSameState(attempt) : [])];
      problems.push(...found.map((problem) => `${problem}${whereOf(attempt, variants.length)}`));
      if (found.length > 0) break;
    }
  }
  const { steps } = parseLab(source);
  const checks = steps.flatMap((step) => step.checks);
  const facts = [
    `${steps.length} steps, ${checks.length} checks, ${mistakes.length} mistakes`,
    `${seeds} seeds${variants.length > 1 ? ` × ${variants.length} variants` : ''}`,
  ];
  return { slug: source.slug, facts, problems: [...new Set(problems)] };
}

export function renderReport({ slug, facts, problems }: Proof): string {
  const head = problems.length === 0 ? `✓ ${slug}: ${facts.join(', ')}\n` : `✗ ${slug}: ${facts.join(', ')}\n`;
  return head + problems.map((problem) => `    ${problem.replace(/\n/g, '\n      ')}\n`).join('');
}

/** The lock to keep beside a lab that was proven. */
export function lockOf(source: LabSource): LabLock {
  return { revision: parseLab(source).revision, checks: hashesOf(source) };
}

/** As shipped nothing passes; after each step's solution exactly what has been asked so far passes; each mistake is caught in its step's stead. */
async function proveOnce(attempt: Attempt, mistakes: readonly Mistake[]): Promise<string[]> {
  const { steps } = attempt.lab;
  const session = open(attempt);
  const problems = unexpected(session, [], 'as shipped');
  for (const [index, step] of steps.entries()) {
    if (problems.length > 0) break;
    const due = steps.slice(0, index + 1).flatMap((one) => one.checks.map((check) => check.id));
    for (const mistake of mistakes.filter((one) => stepOf(one, steps) === step))
      problems.push(...(await proveMistake(session.fork(), mistake, due)));
    const failure = await play(session, `solution/${step.id}.sh`);
    if (failure) problems.push(failure);
    problems.push(...unexpected(session, due, `after solution/${step.id}.sh`));
  }
  session.stop();
  return problems;
}

/** The step whose solution a mistake stands in for: the first with a check that it names. */
function stepOf({ fails }: Mistake, steps: Lab['steps']): Lab['steps'][number] | undefined {
  return steps.find((step) => step.checks.some((check) => fails.includes(check.id)));
}

/** It fails what it names, and nothing else that has been asked so far. */
async function proveMistake(session: Session, { name, fails }: Mistake, due: readonly string[]): Promise<string[]> {
  await play(session, `mistakes/${name}.sh`);
  const results = resultsOf(session, due);
  session.stop();
  return [
    ...fails.filter((id) => !due.includes(id)).map((id) => `mistakes/${name}.sh names ${id}, which belongs to a later step`),
    ...results
      .filter((result) => result.verdict === 'pass' && fails.includes(result.id))
      .map((result) => `mistakes/${name}.sh: ${result.id} passes, and should not`),
    ...results
      .filter((result) => result.verdict !== 'pass' && !fails.includes(result.id))
      .map((result) => `mistakes/${name}.sh: ${told(result)}, which it does not name`),
  ];
}

/** The same seed gives the same cluster, to the last byte. */
async function proveSameState(attempt: Attempt): Promise<string[]> {
  const hashes: string[] = [];
  for (let run = 0; run < 2; run++) {
    const session = open(attempt);
    for (const step of attempt.lab.steps) await play(session, `solution/${step.id}.sh`);
    hashes.push(stateHash(new Observer(session.cluster)));
    session.stop();
  }
  return hashes[0] === hashes[1] ? [] : [`two runs of the solution end in different states: ${hashes.join(' and ')}`];
}

function open({ source, seed, variant, host }: Attempt): Session {
  return Session.create({ lab: source, seed, variant, host, setup: 'own' });
}

/** Runs a script of the lab and lets the cluster come to rest; what went wrong, if anything did. */
async function play(session: Session, path: string): Promise<string | undefined> {
  const script = session.lab.files[path];
  if (script === undefined) return `${path} is missing`;
  const { exitCode, stderr, stdout } = await session.run(script);
  session.cluster.kernel.runUntilIdle({ limitMs: settleMs });
  return exitCode === 0 ? undefined : `${path} ends with ${exitCode}\n${(stderr || stdout).trim().split('\n').slice(-5).join('\n')}`;
}

function unexpected(session: Session, due: readonly string[], when: string): string[] {
  return resultsOf(session).flatMap((result) => {
    const should = due.includes(result.id);
    if (result.verdict === 'platform-error') return [`${when}: ${told(result)}`];
    if (should && result.verdict !== 'pass') return [`${when}: ${told(result)}`];
    return !should && result.verdict === 'pass' && result.maxPoints > 0 ? [`${when}: ${result.id} passes already: ${result.message}`] : [];
  });
}

/** What the checks say, or only some of them: an experiment takes longer than everything else. */
function resultsOf({ lab, cluster }: Session, wanted?: readonly string[]): CheckResult[] {
  const steps = lab.steps.map((step) => ({ ...step, checks: step.checks.filter(({ id }) => !wanted || wanted.includes(id)) }));
  return runChecks({ ...lab, steps }, new Observer(cluster), { isSubmission: true });
}

function told({ id, verdict, message, path, expected, actual }: CheckResult): string {
  const details = path === undefined ? '' : ` (${path}: expected ${JSON.stringify(expected)}, actual ${JSON.stringify(actual)})`;
  return `${id} ${verdict === 'platform-error' ? 'cannot be judged' : 'does not pass'}: ${message}${details}`;
}

function whereOf({ seed, variant }: Attempt, variants: number): string {
  return ` [seed ${seed}${
    variants > 1
      ? `, ${Object.entries(variant)
          .map((pair) => pair.join('='))
          .join(' ')}`
      : ''
  }]`;
}

function missingSolutions(lab: Lab): string[] {
  return lab.steps.filter((step) => lab.files[`solution/${step.id}.sh`] === undefined).map((step) => `solution/${step.id}.sh is missing`);
}

function mistakesOf(source: LabSource, problems: string[]): Mistake[] {
  return Object.entries(source.files).flatMap(([path, script]) => {
    const name = /^mistakes\/(.+)\.sh$/.exec(path)?.[1];
    if (name === undefined) return [];
    const fails = /^# fails: (.+)$/m.exec(script.split('\n')[0] ?? '')?.[1]?.split(/,\s*/);
    if (!fails) problems.push(`${path}: its first line should say which checks catch it: # fails: some-check`);
    return fails ? [{ name, fails: fails.map((id) => id.trim()) }] : [];
  });
}

/** A check or its points changed, and the revision did not: attempts that began before would be judged by other rules. */
function revisionProblems(source: LabSource, lock: LabLock | undefined): string[] {
  const lab = parseLab(source);
  if (!lock || lab.revision > lock.revision) return [];
  if (lab.revision < lock.revision) return [`lab.yaml: revision ${lab.revision} is older than ${lock.revision}, which was proven already`];
  const now = hashesOf(source);
  const changed = [...new Set([...Object.keys(now), ...Object.keys(lock.checks)])].filter((id) => now[id] !== lock.checks[id]);
  return changed.map((id) => `lab.yaml: check ${id} changed within revision ${lab.revision}; raise the revision`);
}

function hashesOf(source: LabSource): Record<string, string> {
  return Object.fromEntries([...checkRules(source)].map(([id, rule]) => [id, hash32(JSON.stringify(rule)).toString(16)]));
}
