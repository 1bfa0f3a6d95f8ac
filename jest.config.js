import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const swc = JSON.parse(readFileSync(new URL('./.swcrc', import.meta.url), 'utf8'));

const base = {
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // A stylesheet's class names stand for themselves.
  moduleNameMapper: { '\\.css$': '<rootDir>/tests/support/stylesheet.ts', '^@/(.*)$': '<rootDir>/$1' },
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  transformIgnorePatterns: ['/node_modules/'],
  testPathIgnorePatterns: ['/node_modules/', '/.next/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.next/', '<rootDir>/dist/'],
};

/** One project per kind of test, so that each kind runs alone: `npm test -- --selectProjects simulation`. */
const kinds = ['unit', 'conformance', 'properties', 'simulation', 'transcripts', 'parity', 'content', 'architecture', 'components', 'e2e'];

export default {
  projects: kinds.map((kind) => ({
    ...base,
    displayName: kind,
    testEnvironment: 'node',
    testMatch: [`<rootDir>/tests/${kind}/**/*.test.{ts,tsx}`],
  })),
  testTimeout: 60_000,
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  // Modules of finished test files are never given back: a process that has grown is replaced by a new one.
  workerIdleMemoryLimit: '1GB',
};
