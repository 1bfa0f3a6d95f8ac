import { admissionVariables, CelAuthorizer, CelError, CelMessage, compileCel } from '@/lib/cluster/api/cel';

const variables = { object: 'dyn', n: 'int', device: { driver: 'string', attributes: 'map<string, map<string, dyn>>' } } as const;

function refusal(expression: string): string | undefined {
  const compiled = compileCel(expression, variables);
  return compiled.type === 'error' ? compiled.detail : undefined;
}

function value(expression: string, values: Record<string, unknown> = {}): unknown {
  const compiled = compileCel(expression, variables);
  if (compiled.type === 'error') throw new Error(compiled.detail);
  return compiled.program.evaluate({ object: {}, n: 0, ...values });
}

const starts = "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";

test.each([
  ['1 +', `1:4: Syntax error: mismatched input '<EOF>' expecting {${starts}}\n | 1 +\n | ...^`],
  ['device.', "1:8: Syntax error: no viable alternative at input '.'\n | device.\n | .......^"],
  ['[1, 2', "1:6: Syntax error: missing ']' at '<EOF>'\n | [1, 2\n | .....^"],
  ['1 2', "1:3: Syntax error: extraneous input '2' expecting <EOF>\n | 1 2\n | ..^"],
  ['x', "1:1: undeclared reference to 'x' (in container '')\n | x\n | ^"],
  ['foo(1)', "1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^"],
  ['size(1)', "1:5: found no matching overload for 'size' applied to '(int)'\n | size(1)\n | ....^"],
  [
    '"a".startsWith(1)',
    `1:15: found no matching overload for 'startsWith' applied to 'string.(int)'\n | "a".startsWith(1)\n | ..............^`,
  ],
  ['1 + "a"', `1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + "a"\n | ..^`],
  ['n && true', "1:3: found no matching overload for '_&&_' applied to '(int, bool)'\n | n && true\n | ..^"],
  ['n.foo', "1:2: type 'int' does not support field selection\n | n.foo\n | .^"],
  ['device.bar', "1:7: undefined field 'bar'\n | device.bar\n | ......^"],
  ['object.a\n == y', "2:5: undeclared reference to 'y' (in container '')\n |  == y\n | ....^"],
])('%s does not compile', (expression, why) => {
  expect(refusal(expression)).toBe(`compilation failed: ERROR: <input>:${why}`);
});

test.each([
  ['object.spec.replicas <= 5', { object: { spec: { replicas: 3 } } }, true],
  ['has(object.spec) && object.spec.size() > 0', { object: {} }, false],
  ['object.?spec.orValue(7)', { object: {} }, 7n],
  ['quantity("1Gi").isGreaterThan(quantity("512Mi"))', {}, true],
  ['quantity("1500m").isInteger()', {}, false],
  ['url("https://a.example:8443/b?c=d").getHostname()', {}, 'a.example'],
  ['url("https://a.example:8443/b?c=d").getQuery()["c"]', {}, ['d']],
  ['isURL("no")', {}, false],
  ['cidr("10.0.0.0/8").containsIP("10.1.2.3")', {}, true],
  ['ip("2001:db8::1").family()', {}, 6n],
  ['isIP("10.0.0.256")', {}, false],
  ['"%s is %d of %.2f".format(["a", 3, 4.0])', {}, 'a is 3 of 4.00'],
  ['"a1b22".findAll("[0-9]+")', {}, ['1', '22']],
  ['"a-b-c".replace("-", "+", 1)', {}, 'a+b-c'],
  ['[1, 2, 3].sum()', {}, 6n],
  ['[3, 1].isSorted()', {}, false],
  ['sets.contains([1, 2], [2])', {}, true],
])('%s with %j is %j', (expression, values, expected) => {
  expect(value(expression, values)).toEqual(expected);
});

test('the type of an expression is known where its variables have one', () => {
  const output = (expression: string) => {
    const compiled = compileCel(expression, variables);
    return compiled.type === 'program' ? compiled.program.output : undefined;
  };
  expect(['n', 'object.a', '[1, 2]', 'duration("1h")', '{"a": n}'].map(output)).toEqual([
    'int',
    'dyn',
    'list(int)',
    'duration',
    'map(string, int)',
  ]);
});

test('what fails is told as CEL tells it', () => {
  expect(() => value('object.spec.replicas > 1', { object: { spec: {} } })).toThrow(new CelError('no such key: replicas'));
});

test('an expression may not be endless', () => {
  expect(refusal('('.repeat(200) + '1' + ')'.repeat(200))).toMatch(/^compilation failed/);
});

describe('about admission', () => {
  const compile = (expression: string) => {
    const compiled = compileCel(expression, admissionVariables({ hasAuthorizer: true, composed: { limit: 'int' } }));
    if (compiled.type === 'error') throw new Error(compiled.detail);
    return compiled.program;
  };

  test('a request has the fields of an AdmissionRequest and no others', () => {
    expect(compile('request.userInfo.username').output).toBe('string');
    expect(() => compile('request.bogus')).toThrow("undefined field 'bogus'");
    expect(() => compile('variables.limits')).toThrow("undefined field 'limits'");
    expect(() => compile('params')).toThrow("undeclared reference to 'params'");
  });

  test('the authorizer is asked step by step', () => {
    const asked: unknown[] = [];
    const authorizer = new CelAuthorizer(
      (question) => {
        asked.push(question);
        return { isAllowed: question.verb === 'get', reason: 'because' };
      },
      { resource: 'pods', namespace: 'default' },
    );
    const check = (expression: string) => compile(expression).evaluate({ authorizer });
    expect(check('authorizer.group("apps").resource("deployments").namespace("a").check("get").allowed()')).toBe(true);
    expect(check('authorizer.requestResource.check("delete").allowed()')).toBe(false);
    expect(check('authorizer.serviceAccount("ci", "bot").path("/healthz").check("get").reason()')).toBe('because');
    expect(asked).toEqual([
      { group: 'apps', resource: 'deployments', namespace: 'a', verb: 'get' },
      { resource: 'pods', namespace: 'default', verb: 'delete' },
      { user: { namespace: 'ci', name: 'bot' }, path: '/healthz', verb: 'get' },
    ]);
  });

  test('a mutation writes objects and patches', () => {
    const apply = compile('Object{spec: Object.spec{replicas: variables.limit, paused: has(object.x)}}');
    expect(apply.output).toBe('Object');
    const made = apply.evaluate({ object: {}, variables: { limit: 3 } }) as CelMessage;
    expect(made.fields).toEqual({ spec: new (made.constructor as typeof CelMessage)('Object.spec', { replicas: 3n, paused: false }) });
    expect(compile('[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: "{x: 1}"}]').output).toBe(
      'list(JSONPatch)',
    );
    expect(() => compile('Object{spec: nothing}')).toThrow("<input>:1:14: undeclared reference to 'nothing'");
  });
});
