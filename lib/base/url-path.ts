import { memo } from './memo';

/** The path of an absolute URL, without its query; probes ask for the same few every second. Empty where there is none. */
export const pathOfUrl = memo((url) => url.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#]/)[0] as string, { max: 256, lengthMax: 1_024 });
