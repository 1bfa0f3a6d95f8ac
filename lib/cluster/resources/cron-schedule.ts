/**
 * A schedule as CronJobs have it: five fields, or a descriptor such as `@hourly`, in the grammar and with the complaints of
 * `robfig/cron/v3`'s `ParseStandard`. What comes back is which minutes, hours, days and months match.
 */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** `*` in a field of days, which leaves the decision to the other one. */
  readonly isAnyDayOfMonth: boolean;
  readonly isAnyDayOfWeek: boolean;
}

/** `@every 90m`: a delay from one run to the next, whole seconds. */
export interface CronInterval {
  readonly everySeconds: number;
}

/** Its message is upstream's. */
export class CronSyntaxError extends Error {}

/** Throws `CronSyntaxError`. */
export function parseCronSchedule(text: string): CronSchedule | CronInterval {
  if (text === '') throw new CronSyntaxError('empty spec string');
  const spec = text.replace(/^(CRON_)?TZ=\S*\s+/, '').trim();
  if (spec.startsWith('@')) return parseDescriptor(spec);
  const fields = spec.split(/\s+/).filter(Boolean);
  if (fields.length !== 5) throw new CronSyntaxError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = bounds.map((range, index) => parseField(fields[index] as string, range));
  return scheduleOf(minutes as Field, hours as Field, daysOfMonth as Field, months as Field, daysOfWeek as Field);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const bounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

interface Field {
  readonly values: ReadonlySet<number>;
  readonly isAny: boolean;
}

function scheduleOf(minutes: Field, hours: Field, daysOfMonth: Field, months: Field, daysOfWeek: Field): CronSchedule {
  return {
    minutes: minutes.values,
    hours: hours.values,
    daysOfMonth: daysOfMonth.values,
    months: months.values,
    daysOfWeek: daysOfWeek.values,
    isAnyDayOfMonth: daysOfMonth.isAny,
    isAnyDayOfWeek: daysOfWeek.isAny,
  };
}

function parseField(text: string, range: Bounds): Field {
  const parts = text
    .split(',')
    .filter(Boolean)
    .map((part) => parseRange(part, range));
  return { values: new Set(parts.flatMap(({ values }) => [...values])), isAny: parts.some(({ isAny }) => isAny) };
}

/** `5`, `1-5`, `*`, `*\/15`, `10-30/5`, `mon-fri`. */
function parseRange(text: string, { min, max, names }: Bounds): Field {
  const [range = '', stepText, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreHighs] = range.split('-');
  const isStar = low === '*' || low === '?';
  if (!isStar && moreHighs.length > 0) throw new CronSyntaxError(`too many hyphens: ${text}`);
  const start = isStar ? min : parseNumber(low, names);
  const last = isStar ? max : high === undefined ? start : parseNumber(high, names);
  if (moreSteps.length > 0) throw new CronSyntaxError(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  const end = stepText !== undefined && high === undefined ? max : last;
  if (start < min) throw new CronSyntaxError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new CronSyntaxError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new CronSyntaxError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronSyntaxError(`step of range should be a positive number: ${text}`);
  const values = new Set<number>();
  for (let value = start; value <= end; value += step) values.add(value);
  return { values, isAny: isStar && step === 1 };
}

function parseNumber(text: string, names?: readonly string[]): number {
  const named = text ? (names?.indexOf(text.toLowerCase()) ?? -1) : -1;
  if (named >= 0) return named;
  if (!/^[+-]?\d+$/.test(text))
    throw new CronSyntaxError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new CronSyntaxError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const every = '@every ';

function parseDescriptor(spec: string): CronSchedule | CronInterval {
  const fields = Object.hasOwn(descriptors, spec) ? descriptors[spec] : undefined;
  if (fields) return parseCronSchedule(fields);
  if (!spec.startsWith(every)) throw new CronSyntaxError(`unrecognized descriptor: ${spec}`);
  return { everySeconds: Math.max(1, Math.trunc(parseDuration(spec, spec.slice(every.length)))) };
}

const unitSeconds: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Go's `time.ParseDuration`, in seconds. */
function parseDuration(spec: string, text: string): number {
  const refuse = (why: string) => new CronSyntaxError(`failed to parse duration ${spec}: time: ${why}`);
  const digits = text.replace(/^[+-]/, '');
  if (digits === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)[a-zµ]*)+$/.test(digits)) throw refuse(`invalid duration ${JSON.stringify(text)}`);
  const parts = [...digits.matchAll(/(\d+\.?\d*|\.\d+)([a-zµ]*)/g)];
  const seconds = parts.reduce((sum, [, amount, unit = '']) => {
    if (unit === '') throw refuse(`missing unit in duration ${JSON.stringify(text)}`);
    if (!Object.hasOwn(unitSeconds, unit)) throw refuse(`unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    return sum + Number(amount) * (unitSeconds[unit] as number);
  }, 0);
  return text.startsWith('-') ? -seconds : seconds;
}
