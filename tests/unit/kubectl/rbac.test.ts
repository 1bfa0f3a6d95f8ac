import { freshCluster } from '@/tests/support/template';
import { Desk } from '@/tests/support/kubectl';

/** Commands at one keyboard, each answered with what it printed. */
async function answers(...commands: readonly string[]): Promise<string[]> {
  const desk = new Desk(freshCluster());
  const printed: string[] = [];
  for (const command of commands) {
    const { stdout, stderr } = await desk.run(command);
    printed.push(`${stdout}${stderr}`.trimEnd());
  }
  return printed;
}

test('a role and a binding made in two commands let somebody read Pods', async () => {
  expect(
    await answers(
      'create role reader --verb=get,list --resource=pods,deployments.apps/scale',
      'create rolebinding readers --role=reader --user=alice --serviceaccount=default:bot',
      'get role reader -o jsonpath={.rules}',
      'get rolebinding readers -o jsonpath={.subjects}',
      'auth can-i list pods --as=alice',
      'auth can-i delete pods --as=alice',
    ),
  ).toEqual([
    'role.rbac.authorization.k8s.io/reader created',
    'rolebinding.rbac.authorization.k8s.io/readers created',
    '[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]},{"apiGroups":["apps"],"resources":["deployments/scale"],"verbs":["get","list"]}]',
    '[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"alice"},{"kind":"ServiceAccount","name":"bot","namespace":"default"}]',
    'yes',
    'no',
  ]);
});

test('everything somebody may do is a table, with a warning about what cannot be listed', async () => {
  const [, , list] = await answers(
    'create clusterrole reader --verb=get,list --resource=pods',
    'create clusterrolebinding readers --clusterrole=reader --user=alice',
    'auth can-i --list --as=alice',
  );
  expect(list?.split('\n').slice(0, 7)).toEqual([
    'Resources                                       Non-Resource URLs   Resource Names   Verbs',
    'selfsubjectreviews.authentication.k8s.io        []                  []               [create]',
    'selfsubjectaccessreviews.authorization.k8s.io   []                  []               [create]',
    'selfsubjectrulesreviews.authorization.k8s.io    []                  []               [create]',
    'pods                                            []                  []               [get list]',
    '                                                [/api/*]            []               [get]',
    '                                                [/api]              []               [get]',
  ]);
  expect(list).toMatch(/Warning: the list may be incomplete: node authorizer does not support user rule resolution$/);
});

test('what is missing for a role or a binding is said', async () => {
  expect(
    await answers(
      'create role r --resource=pods',
      'create role r --verb=get',
      'create rolebinding b --user=alice',
      'create rolebinding b --role=r --serviceaccount=bot',
    ),
  ).toEqual([
    'error: at least one verb must be specified',
    'error: at least one resource must be specified',
    'error: exactly one of clusterrole or role must be specified',
    'error: serviceaccount must be <namespace>:<name>',
  ]);
});
