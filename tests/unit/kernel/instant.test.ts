import { instant, parseInstant, rfc3339, rfc3339Micro } from '@/lib/cluster/kernel';

const texts = [
  ['2026-01-01T08:00:00.000Z', '2026-01-01T08:00:00Z', '2026-01-01T08:00:00.000000Z'],
  ['2026-01-01T08:00:00.999Z', '2026-01-01T08:00:00Z', '2026-01-01T08:00:00.999000Z'],
  ['2026-01-01T08:00:01.007Z', '2026-01-01T08:00:01Z', '2026-01-01T08:00:01.007000Z'],
  ['1969-12-31T23:59:59.500Z', '1969-12-31T23:59:59Z', '1969-12-31T23:59:59.500000Z'],
] as const;

test('a Time has whole seconds and a MicroTime six digits more, in whatever order moments are told', () => {
  for (const [moment, time, micro] of [...texts, ...[...texts].reverse()]) {
    const at = instant(Date.parse(moment));
    expect(rfc3339(at)).toBe(time);
    expect(rfc3339Micro(at)).toBe(micro);
    expect(parseInstant(rfc3339Micro(at))).toBe(at);
  }
});
