import type { ApiConnection, ApiForwarding, ApiResponse, ApiStream, ForwardedConnection } from '@/lib/cluster';
import { jsonText } from './api-json';
import type { ApiAnswer, ClientFlow, ServerFlow } from './protocol';

/** An API answer made ready to cross to the main thread. `flow` is where what the client sends later goes. */
export function sendAnswer(
  response: ApiResponse,
  send: (flow: ServerFlow) => void,
): { answer: ApiAnswer; flow?: (flow: ClientFlow) => void } {
  const { status, headers, body, stream, connect, forward } = response;
  if (stream) return { answer: { status, headers, kind: 'stream' }, flow: streamFlow(stream, send) };
  if (connect) return { answer: { status, headers, kind: 'connect' }, flow: connectionFlow(connect, send) };
  if (forward) return { answer: { status, headers, kind: 'forward' }, flow: forwardingFlow(forward, send) };
  return {
    answer: {
      status,
      headers,
      kind: 'body',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : `${jsonText(body)}\n` }),
    },
  };
}

/** Starts when the main thread is ready to pass chunks on; hung up on before that, it never starts. */
function streamFlow(stream: ApiStream, send: (flow: ServerFlow) => void): (flow: ClientFlow) => void {
  let hangUp: (() => void) | undefined;
  return (flow) => {
    if ('start' in flow)
      hangUp = stream.start({
        write: (chunk) => send({ chunk: typeof chunk === 'string' ? chunk : `${jsonText(chunk)}\n` }),
        end: () => send({ end: true }),
      });
    else if ('hangUp' in flow) hangUp?.();
  };
}

function connectionFlow(connection: ApiConnection, send: (flow: ServerFlow) => void): (flow: ClientFlow) => void {
  let process: ReturnType<ApiConnection['start']> | undefined;
  return (flow) => {
    if ('start' in flow)
      process = connection.start({
        stdout: (stdout) => send({ stdout }),
        stderr: (stderr) => send({ stderr }),
        exit: (exit) => send({ exit }),
      });
    else if ('stdin' in flow) process?.stdin(flow.stdin);
    else if ('closeStdin' in flow) process?.closeStdin();
    else if ('resize' in flow) process?.resize(flow.resize.columns, flow.resize.rows);
    else if ('hangUp' in flow) process?.hangUp();
  };
}

function forwardingFlow(forwarding: ApiForwarding, send: (flow: ServerFlow) => void): (flow: ClientFlow) => void {
  const connections = new Map<number, ForwardedConnection>();
  return (flow) => {
    if ('hangUp' in flow) forwarding.close();
    if (!('forward' in flow)) return;
    const forwarded = flow.forward;
    if ('port' in flow)
      connections.set(
        forwarded,
        forwarding.open(flow.port, {
          data: (bytes) => send({ forwarded, bytes }),
          end(error) {
            connections.delete(forwarded);
            send({ forwarded, closed: true, ...(error === undefined ? {} : { error }) });
          },
        }),
      );
    else if ('bytes' in flow) connections.get(forwarded)?.write(flow.bytes);
    else if (flow.closes === 'write') connections.get(forwarded)?.closeWrite();
    else connections.get(forwarded)?.hangUp();
  };
}

export interface FlowPort {
  /** Sends to the thread where the answer came from. */
  send(flow: ClientFlow): void;
  /** Names who gets what comes from there. */
  receive(listener: (flow: ServerFlow) => void): void;
}

/** The other end: an API answer that came from a worker thread, as the API server would have given it. */
export function receiveAnswer({ status, headers, kind, body }: ApiAnswer, port: FlowPort): ApiResponse {
  if (kind === 'stream') return { status, headers, stream: receiveStream(port) };
  if (kind === 'body') return { status, headers, ...(body === undefined ? {} : { body }) };
  const { whenLost, ...rest } = untilLost(port);
  return kind === 'connect'
    ? { status, headers, whenLost, connect: receiveConnection(rest) }
    : { status, headers, whenLost, forward: receiveForwarding(rest) };
}

function untilLost({ send, receive }: FlowPort): FlowPort & Required<Pick<ApiResponse, 'whenLost'>> {
  let hear: (flow: ServerFlow) => void = () => undefined;
  let onLost: () => void = () => undefined;
  receive((flow) => ('lost' in flow ? onLost() : hear(flow)));
  return { send, receive: (listener) => void (hear = listener), whenLost: (listener) => void (onLost = listener) };
}

function receiveStream(port: FlowPort): ApiStream {
  return {
    start(sink) {
      port.receive((flow) => {
        if ('chunk' in flow) sink.write(flow.chunk);
        else if ('end' in flow || 'lost' in flow) sink.end();
      });
      port.send({ start: true });
      return () => port.send({ hangUp: true });
    },
  };
}

function receiveConnection(port: FlowPort): ApiConnection {
  return {
    start(sink) {
      port.receive((flow) => {
        if ('stdout' in flow) sink.stdout(flow.stdout);
        else if ('stderr' in flow) sink.stderr(flow.stderr);
        else if ('exit' in flow) sink.exit(flow.exit);
      });
      port.send({ start: true });
      return {
        stdin: (stdin) => port.send({ stdin }),
        closeStdin: () => port.send({ closeStdin: true }),
        resize: (columns, rows) => port.send({ resize: { columns, rows } }),
        hangUp: () => port.send({ hangUp: true }),
      };
    },
  };
}

function receiveForwarding(port: FlowPort): ApiForwarding {
  const sinks = new Map<number, Parameters<ApiForwarding['open']>[1]>();
  let last = 0;
  port.receive((flow) => {
    if (!('forwarded' in flow)) return;
    const sink = sinks.get(flow.forwarded);
    if ('bytes' in flow) return sink?.data(flow.bytes);
    sinks.delete(flow.forwarded);
    sink?.end(flow.error);
  });
  return {
    open(number, sink) {
      const forward = ++last;
      sinks.set(forward, sink);
      port.send({ forward, port: number });
      return {
        write: (bytes) => port.send({ forward, bytes }),
        closeWrite: () => port.send({ forward, closes: 'write' }),
        hangUp() {
          sinks.delete(forward);
          port.send({ forward, closes: 'both' });
        },
      };
    },
    close: () => port.send({ hangUp: true }),
  };
}
