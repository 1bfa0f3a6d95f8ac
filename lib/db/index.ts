export * from './attempt';
export * from './content';
export { database, DatabaseUnavailable, openDatabase, shareDatabase, type Database, type DatabaseOptions, type Db } from './database';
export * from './lesson';
export { FolderInUse, lockFolder } from './lock';
export * from './sandbox';
export * from './user';
