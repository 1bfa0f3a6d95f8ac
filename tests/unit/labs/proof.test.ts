import { lockOf, proveLab } from '@/lib/labs/proof';
import { smallLab, testHost } from '../../support/lab-folders';

const check = '- { id: map, assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: settings }, data: { mode: fast } } }';
const solution = { 'solution/only.sh': 'kubectl create configmap settings --from-literal=mode=fast\n' };

async function problemsOf(checks: string, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await proveLab({ source: smallLab(checks, files), lock: undefined, seeds: 1, host: testHost })).problems;
}

describe('a lab is proven', () => {
  test('when its solution passes and its mistakes are caught', async () => {
    expect(
      await problemsOf(check, {
        ...solution,
        'mistakes/slow.sh': '# fails: map\nkubectl create configmap settings --from-literal=mode=slow\n',
      }),
    ).toEqual([]);
  });

  test('only if nothing passes as shipped', async () => {
    expect(await problemsOf("- { id: map, cel: 'true' }", solution)).toEqual(['as shipped: map passes already: It holds. [seed 1]']);
  });

  test('only if the solution is whole, runs, and passes', async () => {
    expect(await problemsOf(check, {})).toContain('solution/only.sh is missing');
    expect(await problemsOf(check, { 'solution/only.sh': 'kubectl create configmap settings --from-literal=mode=slow\n' })).toEqual([
      'after solution/only.sh: map does not pass: ConfigMap settings: data.mode is slow, and should be fast. (data.mode: expected "fast", actual "slow") [seed 1]',
    ]);
    expect((await problemsOf(check, { 'solution/only.sh': 'kubectl frobnicate\n' }))[0]).toMatch(
      /solution\/only\.sh ends with 1\n.*unknown command "frobnicate"/,
    );
  });

  test('only if every mistake fails exactly what it names', async () => {
    expect(
      await problemsOf(check, {
        ...solution,
        'mistakes/none.sh': '# fails: map\nkubectl create configmap settings --from-literal=mode=fast\n',
      }),
    ).toEqual(['mistakes/none.sh: map passes, and should not [seed 1]']);
    expect(await problemsOf(check, { ...solution, 'mistakes/other.sh': '# fails: nosuch\ntrue\n' })).toContain(
      'mistakes/other.sh names no check of this lab: nosuch',
    );
    expect(await problemsOf(check, { ...solution, 'mistakes/silent.sh': 'true\n' })).toContain(
      'mistakes/silent.sh: its first line should say which checks catch it: # fails: some-check',
    );
  });

  test('only if a check that changed has a new revision', async () => {
    const source = smallLab(check, solution);
    const lock = lockOf(source);
    const changed = {
      ...source,
      files: { ...source.files, 'lab.yaml': (source.files['lab.yaml'] as string).replace('mode: fast', 'mode: faster') },
    };
    const { problems } = await proveLab({ source: changed, lock, seeds: 0, host: testHost });
    expect(problems).toEqual(['lab.yaml: check map changed within revision 1; raise the revision']);
    const retitled = {
      ...source,
      files: { ...source.files, 'lab.yaml': (source.files['lab.yaml'] as string).replace('id: map,', 'id: map, title: Better words,') },
    };
    expect((await proveLab({ source: retitled, lock, seeds: 0, host: testHost })).problems).toEqual([]);
  });
});
