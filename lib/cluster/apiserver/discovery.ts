import type { ApiRequest, ApiResponse, ResourceDefinition } from '../api';
import type { RequestInfo } from './request-info';
import type { Descriptions } from './tables';

/** Everything an API server tells about itself. */
export interface Discovery {
  hasGroup(group: string): boolean;
  answer(request: ApiRequest, info: Extract<RequestInfo, { isResource: false }>): ApiResponse | undefined;
}

export function discover(resources: readonly ResourceDefinition[], _descriptions: () => Descriptions): Discovery {
  const groups = new Set(resources.map(({ group }) => group));
  return { hasGroup: (group) => groups.has(group), answer: () => undefined };
}
