// npm run build: everything `npm start` needs, made ahead of time.
import { explain, prepare } from './steps.mjs';

await prepare({ isBuilt: true }).catch(explain);
