import type { Tool } from '../tool';
import { createCurl } from './curl';
import { createDig, createNslookup } from './lookup';
import type { ToolNetwork } from './network';
import { createPing } from './ping';
import { createWget } from './wget';

/** The programs that speak over `network`. */
export function createNetworkTools(network: ToolNetwork): readonly Tool[] {
  return [createCurl(network), createWget(network), createPing(network), createNslookup(network), createDig(network)];
}
