export { EtcdError, type Compare, type Etcd, type KeyValue, type Operation, type RangeOptions, type RangeResponse, type Revision, type Txn, type TxnResponse, type WatchEvent, type WatchOptions, type WatchResponse } from './kv';
export { MvccStore, type MvccCommit, type MvccSnapshot } from './mvcc';
