import { FieldPath, fieldError, type FieldError } from '../../../api';
import { checks, type PodToCheck, type Violation } from './checks';

export type Level = 'privileged' | 'baseline' | 'restricted';

/** A level as it was at a minor version; `latest` is this server's. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: string;
}

/** What a namespace's labels ask for (`pod-security-admission/api`). */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const prefix = 'pod-security.kubernetes.io/';
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const latestMinor = 36;
const free: LevelVersion = { level: 'privileged', version: 'latest' };

export function textOf({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

/** A level nobody knows restricts; a version nobody knows is the latest. */
export function policyOf(labels: Readonly<Record<string, string>> = {}): Policy {
  const read = (mode: string, fallback: LevelVersion): LevelVersion => {
    const level = labels[prefix + mode];
    const version = labels[`${prefix}${mode}-version`];
    return {
      level: level === undefined ? fallback.level : isLevel(level) ? level : 'restricted',
      version: version !== undefined && isVersion(version) ? version : fallback.version,
    };
  };
  const enforce = read('enforce', free);
  return { enforce, audit: read('audit', free), warn: read('warn', enforce) };
}

/** What is wrong with a namespace's labels. */
export function labelErrors(labels: Readonly<Record<string, string>> = {}): FieldError[] {
  const path = FieldPath.of('metadata').child('labels');
  return ['enforce', 'audit', 'warn'].flatMap((mode) => {
    const level = labels[prefix + mode];
    const version = labels[`${prefix}${mode}-version`];
    return [
      ...(level === undefined || isLevel(level)
        ? []
        : [fieldError.invalid(path.key(prefix + mode), level, `must be one of ${levels.join(', ')}`)]),
      ...(version === undefined || isVersion(version)
        ? []
        : [fieldError.invalid(path.key(`${prefix}${mode}-version`), version, 'must be "latest" or "v1.x"')]),
    ];
  });
}

function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text);
}

function isVersion(text: string): boolean {
  return text === 'latest' || /^v1\.([0-9]|[1-9][0-9]*)$/.test(text);
}

export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return levels.indexOf(a.level) > levels.indexOf(b.level);
}

/** Everything about a Pod that its level forbids. */
export function violationsOf({ level, version }: LevelVersion, pod: PodToCheck): readonly Violation[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? latestMinor : Number(version.slice(3));
  const applying = checks.filter((check) => check.since <= minor && (check.level === 'baseline' || level === 'restricted'));
  const overridden = applying.map(({ overrides }) => overrides);
  return applying.filter(({ id }) => !overridden.includes(id)).flatMap((check) => check.check(pod, minor) ?? []);
}

export function violationsText(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');
}
