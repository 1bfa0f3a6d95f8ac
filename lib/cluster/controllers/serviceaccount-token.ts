import type { V1Secret } from '@/generated/kubernetes/types';
import { mintLegacyToken } from '../apiserver';
import { encodeBase64, keyOf, type KubeObject } from '../api';
import { done, ignoreNotFound, whenAllSynced, WorkQueue, type Outcome } from '../client';
import { Secret, ServiceAccount } from '../resources';
import type { Controller } from './controller';

const type = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

/**
 * Fills the Secrets that ask for a token of a service account that lasts as long as they do, and deletes them with the account
 * (`pkg/controller/serviceaccount/tokens_controller.go`).
 */
export const serviceAccountTokenController: Controller = {
  name: 'serviceaccount-token-controller',
  start({ kernel, client, informers, options, log }) {
    const secrets = informers.for(Secret);
    const accounts = informers.for(ServiceAccount);
    const reconcile = (key: string): Outcome => {
      const secret = secrets.get(key);
      const account = secret && accounts.get(`${secret.metadata.namespace}/${accountOf(secret)}`);
      if (!secret) return done;
      const expected = secret.metadata.annotations?.[uidAnnotation];
      if (!account || (expected && expected !== account.metadata.uid)) {
        ignoreNotFound(() => client.delete(Secret, secret.metadata, { preconditions: { uid: secret.metadata.uid as string } }));
        return done;
      }
      const data = dataOf(secret, account as unknown as KubeObject);
      if (isComplete(secret, data, account.metadata.uid as string)) return done;
      kernel.record('reconcile', client.actor, `reconcile Secret ${key}`, { object: `Secret/${key}` });
      const annotations = { ...secret.metadata.annotations, [uidAnnotation]: account.metadata.uid as string };
      client.update(Secret, { ...secret, metadata: { ...secret.metadata, annotations }, data: { ...data, ...secret.data } });
      return done;
    };
    const dataOf = ({ metadata }: V1Secret, account: KubeObject) => ({
      ...(options.rootCa ? { 'ca.crt': encodeBase64(options.rootCa) } : {}),
      namespace: encodeBase64(metadata.namespace ?? ''),
      token: encodeBase64(mintLegacyToken(account, metadata.name ?? '', options.serviceAccountKey ?? kernel.seed)),
    });
    const queue = new WorkQueue({
      kernel,
      actor: client.actor,
      reconcile,
      startsClosed: true,
      onError: (error, key) => log(`"Unhandled Error" err="error synchronizing serviceaccount token ${key}: ${(error as Error).message}"`),
    });
    const enqueue = (secret: V1Secret) =>
      void (secret.type === type && accountOf(secret) && queue.add(keyOf(secret as unknown as KubeObject)));
    const enqueueOf = ({ metadata }: { metadata: { namespace?: string | undefined; name?: string | undefined } }) => {
      for (const secret of secrets.list(metadata.namespace)) if (accountOf(secret) === metadata.name) enqueue(secret);
    };
    secrets.addHandler({ added: enqueue, updated: (_, secret) => enqueue(secret), deleted() {} });
    accounts.addHandler({ added: enqueueOf, updated() {}, deleted: enqueueOf });
    whenAllSynced([secrets, accounts], () => queue.open());
    return { stop: () => queue.stop() };
  },
};

function accountOf({ metadata }: V1Secret): string {
  return metadata.annotations?.[nameAnnotation] ?? '';
}

function isComplete({ data, metadata }: V1Secret, wanted: object, uid: string): boolean {
  return metadata.annotations?.[uidAnnotation] === uid && Object.keys(wanted).every((key) => data?.[key]);
}
