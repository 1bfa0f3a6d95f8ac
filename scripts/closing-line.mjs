import { writeFileSync } from 'node:fs';

/** Counts a test run for whoever started it. A file that could not be run at all counts as one failure. */
export default class ClosingLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const line = `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`;
    if (process.env.ORRERY_CLOSING_LINE) writeFileSync(process.env.ORRERY_CLOSING_LINE, line);
  }
}
