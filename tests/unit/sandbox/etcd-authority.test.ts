import { connect } from 'node:net';
import { createRpcServer } from '@/lib/sandbox/etcd/grpc';

/** What an etcdctl 3.4 with `--endpoints=http://127.0.0.1:24795` sends to ask for a status: its opening, and the request's headers. */
const opening = '505249202a20485454502f322e300d0a0d0a534d0d0a0d0a000000040000000000000000040100000000';
const headers =
  '0000770104000000018386459760a924882d9dcb6571afa066a925a87510ac6e48d36a3f41909d29aee30c044eae05c0b86e09a75f6f5f8b1d75d0620d263d4c4d65647a8b9acac8b4c7602bb2caecff40027465864d833505b11f40899acac8b24d494f6a7f8669f7c01102df408d25062d495875996ee5b1063d5f03332e34';

/** The types of the frames that answer on the request's stream. */
async function answered(send: (write: (bytes: Buffer) => Promise<void>) => Promise<void>): Promise<number[]> {
  const server = createRpcServer({});
  const port = await server.listen(0, '127.0.0.1');
  const socket = connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);
  const types = () => {
    const found: number[] = [];
    for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3))
      if (received.readUInt32BE(at + 5) === 1) found.push(received[at + 3] as number);
    return found;
  };
  const isAnswered = new Promise<void>((resolve) =>
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (types().length > 0) resolve();
    }),
  );
  await send((bytes) => new Promise((resolve) => socket.write(bytes, () => setImmediate(resolve))));
  await isAnswered;
  socket.destroy();
  await server.close();
  return types();
}

const [headersType, resetType] = [1, 3];

test('a request whose authority is a whole URL is answered, however its bytes come', async () => {
  const whole = await answered(async (write) => {
    await write(Buffer.from(opening, 'hex'));
    await write(Buffer.from(headers, 'hex'));
  });
  expect(whole[0]).toBe(headersType);
  const byByte = await answered(async (write) => {
    await write(Buffer.from(opening, 'hex'));
    for (const byte of Buffer.from(headers, 'hex')) await write(Buffer.from([byte]));
  });
  expect(byByte[0]).toBe(headersType);
});

test('an authority that is wrong in another way is refused', async () => {
  const wrong = headers.replace('41909d29aee30c04', '41909d29aee30c0c');
  const types = await answered(async (write) => {
    await write(Buffer.from(opening, 'hex'));
    await write(Buffer.from(wrong.replace('9d29aee30c', '9d29aee318'), 'hex'));
  });
  expect(types[0]).toBe(resetType);
});
