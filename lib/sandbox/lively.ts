import type { ApiConnection, ApiForwarding, ApiResponse } from '@/lib/cluster';

/** The same answer, which has time catch up whenever its client sends something over an open connection. */
export function lively(response: ApiResponse, turn: () => void): ApiResponse {
  const { connect, forward } = response;
  if (connect) return { ...response, connect: livelyConnection(connect, turn) };
  if (forward) return { ...response, forward: livelyForwarding(forward, turn) };
  return response;
}

/** What is sent belongs to now, and what comes of it is due at once. */
function inTime<Arguments extends readonly unknown[], T>(turn: () => void, send: (...args: Arguments) => T): (...args: Arguments) => T {
  return (...args) => {
    turn();
    const result = send(...args);
    setImmediate(turn);
    return result;
  };
}

function livelyConnection(connection: ApiConnection, turn: () => void): ApiConnection {
  return {
    start: inTime(turn, (sink) => {
      const process = connection.start(sink);
      return {
        stdin: inTime(turn, (text) => process.stdin(text)),
        closeStdin: inTime(turn, () => process.closeStdin()),
        resize: inTime(turn, (columns, rows) => process.resize(columns, rows)),
        hangUp: inTime(turn, () => process.hangUp()),
      };
    }),
  };
}

function livelyForwarding(forwarding: ApiForwarding, turn: () => void): ApiForwarding {
  return {
    open: inTime(turn, (port, sink) => {
      const connection = forwarding.open(port, sink);
      return {
        write: inTime(turn, (bytes) => connection.write(bytes)),
        closeWrite: inTime(turn, () => connection.closeWrite()),
        hangUp: inTime(turn, () => connection.hangUp()),
      };
    }),
    close: inTime(turn, () => forwarding.close()),
  };
}
