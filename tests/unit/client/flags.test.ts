import { parseFlags, readDuration, type Flags } from '@/lib/cluster/client';

interface Line {
  readonly port: number;
  readonly elect: boolean;
}
const flags: Flags<Line> = {
  port: { type: 'number', apply: (line, port) => ({ ...line, port }) },
  elect: { type: 'boolean', apply: (line, elect) => ({ ...line, elect }) },
};
const parse = (...argv: string[]) => parseFlags(flags, argv, { port: 1, elect: false });

test('a value follows an equals sign or is the next word; a boolean flag needs none', () => {
  expect(parse('--port=2', '--elect')).toEqual({ type: 'options', options: { port: 2, elect: true } });
  expect(parse('--port', '3', '--elect=false')).toEqual({ type: 'options', options: { port: 3, elect: false } });
});

test('what is wrong is said in the words of pflag', () => {
  expect(parse('--nope')).toEqual({ type: 'error', message: 'unknown flag: --nope' });
  expect(parse('--port')).toEqual({ type: 'error', message: 'flag needs an argument: --port' });
  expect(parse('--elect=maybe')).toEqual({
    type: 'error',
    message: 'invalid argument "maybe" for "--elect" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  });
});

test('durations are written as Go writes them', () => {
  expect(readDuration('1m30s')).toBe(90_000);
  expect(readDuration('1.5h')).toBe(5_400_000);
  expect(readDuration('5')).toEqual(new Error('time: missing unit in duration "5"'));
});
