// Prisma without its engine download: the CLI only generates, migrations are authored with the engine's WebAssembly build.
//   node scripts/prisma.mjs generate          writes generated/prisma
//   node scripts/prisma.mjs migrate <name>    writes prisma/migrations/<time>_<name>/migration.sql for what changed in the schema
// Migrations are applied by the server when it starts (lib/db/migrate.ts). Their history is in Prisma's own format.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const schemaPath = join(root, 'prisma/schema.prisma');
/** The schema up to the newest migration; `migrate` looks at the difference to the present one. */
const migratedPath = join(root, 'prisma/migrations/schema.prisma');

/** `generate` needs no engine, but the CLI fetches one unless it is told of an existing file. */
function generate() {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/prisma/build/index.js'), 'generate', '--schema', schemaPath],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
    },
  );
  if (status !== 0) throw new Error(`prisma generate failed:\n${stdout}${stderr}`);
}

async function migrate(name) {
  if (!/^[a-z0-9_]+$/.test(name ?? '')) throw new Error('usage: node scripts/prisma.mjs migrate <name_in_snake_case>');
  const before = existsSync(migratedPath) ? readFileSync(migratedPath, 'utf8') : undefined;
  const after = readFileSync(schemaPath, 'utf8');
  const sql = await difference(before, after);
  if (!sql.trim() || sql.includes('This is an empty migration')) return console.log('nothing changed: no migration written');
  const folder = join(root, 'prisma/migrations', `${stamp()}_${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'migration.sql'), sql);
  writeFileSync(migratedPath, after);
  writeFileSync(join(root, 'prisma/migrations/migration_lock.toml'), 'provider = "postgresql"\n');
  console.log(`wrote ${folder}: read it before committing`);
}

async function difference(before, after) {
  const { SchemaEngine } = await engine();
  const instance = await SchemaEngine.new({ datamodels: undefined }, () => {}, noDatabase);
  const target = (content) =>
    content === undefined ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] };
  const { stdout } = await instance.diff({
    from: target(before),
    to: target(after),
    script: true,
    exitCode: null,
    shadowDatabaseUrl: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout ?? '';
}

async function engine() {
  const folder = join(root, 'node_modules/@prisma/schema-engine-wasm');
  const bindings = await import(join(folder, 'schema_engine_bg.js'));
  const { instance } = await WebAssembly.instantiate(readFileSync(join(folder, 'schema_engine_bg.wasm')), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  return bindings;
}

/** The engine asks which server it talks to before it compares two files. */
const connection = {
  provider: 'postgres',
  adapterName: 'no-database',
  getConnectionInfo: () => ({ ok: true, value: { schemaName: 'public', supportsRelationJoins: true } }),
  executeScript: async () => ({ ok: true }),
  executeRaw: async () => ({ ok: true, value: 0 }),
  queryRaw: async () => ({
    ok: true,
    value: {
      columnNames: ['schema_exists', 'version', 'numeric_version'],
      columnTypes: [5, 7, 0],
      rows: [[true, 'PostgreSQL 17', 170000]],
    },
  }),
  dispose: async () => ({ ok: true }),
};
const noDatabase = {
  provider: 'postgres',
  adapterName: 'no-database',
  connect: async () => ({ ok: true, value: connection }),
  connectToShadowDb: async () => ({ ok: true, value: connection }),
};

function stamp() {
  return new Date().toISOString().replace(/\D/g, '').slice(0, 14);
}

const [command, name] = process.argv.slice(2);
if (command === 'generate') generate();
else if (command === 'migrate') await migrate(name);
else throw new Error('usage: node scripts/prisma.mjs generate | migrate <name>');
