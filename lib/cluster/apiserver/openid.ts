import { failure, type ApiRequest, type ApiResponse } from '../api';
import { issuer } from './service-account-tokens';

const keysType = 'application/jwk-set+json';

/** `/.well-known/openid-configuration`: how somebody outside may check a service account's token (`serviceaccount/openidmetadata.go`). */
export function openIdConfiguration(serverAddress: string): object {
  return {
    issuer,
    jwks_uri: `https://${serverAddress}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** `/openid/v1/jwks`. No key is told: tokens are signed with one that only this cluster's API servers have. */
export function keysResponse({ headers }: ApiRequest): ApiResponse {
  const accept = headers['accept'] ?? '*/*';
  if (!accept.split(',').some((type) => ['*/*', 'application/*', keysType].includes(type.split(';')[0]?.trim() ?? '')))
    throw failure(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${keysType}`, {});
  return { status: 200, headers: { 'content-type': keysType, 'cache-control': 'public, max-age=3600' }, body: { keys: [] } };
}
