/** RequestAuthentication (security.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { boolean, duration, enumeration, list, object, rules, string } from '../notation.ts'
import { selector, status, targetRef, targetRefs } from './shared.ts'

/** The schema of RequestAuthentication, the same in every served version. */
export const requestAuthentication = (): JsonSchema =>
  object({
    spec: object(
      {
        jwtRules: list(
          object(
            {
              audiences: list(
                string('', { minLength: 1 }),
                'The list of JWT [audiences](https://tools.ietf.org/html/rfc7519#section-4.1.3) that are allowed to access.',
              ),
              forwardOriginalToken: boolean(
                'If set to true, the original token will be kept for the upstream request.',
              ),
              fromCookies: list(
                string('', { minLength: 1 }),
                'List of cookie names from which JWT is expected.',
              ),
              fromHeaders: list(
                object(
                  {
                    name: string('The HTTP header name.', { minLength: 1 }),
                    prefix: string('The prefix that should be stripped before decoding the token.'),
                  },
                  '',
                  { required: ['name'] },
                ),
                'List of header locations from which JWT is expected.',
              ),
              fromParams: list(
                string('', { minLength: 1 }),
                'List of query parameters from which JWT is expected.',
              ),
              issuer: string('Identifies the issuer that issued the JWT.', { minLength: 1 }),
              jwks: string('JSON Web Key Set of public keys to validate signature of the JWT.'),
              jwksUri: string("URL of the provider's public key set to validate signature of the JWT.", {
                maxLength: 2048,
                minLength: 1,
                ...rules([
                  'url must have scheme http:// or https://',
                  'url(self).getScheme() in ["http", "https"]',
                ]),
              }),
              jwks_uri: string("URL of the provider's public key set to validate signature of the JWT.", {
                maxLength: 2048,
                minLength: 1,
                ...rules([
                  'url must have scheme http:// or https://',
                  'url(self).getScheme() in ["http", "https"]',
                ]),
              }),
              outputClaimToHeaders: list(
                object(
                  {
                    claim: string('The name of the claim to be copied from.', { minLength: 1 }),
                    header: string('The name of the header to be created.', {
                      minLength: 1,
                      pattern: '^[-_A-Za-z0-9]+$',
                    }),
                  },
                  '',
                  { required: ['header', 'claim'] },
                ),
                'This field specifies a list of operations to copy the claim to HTTP headers on a successfully verified token.',
              ),
              outputPayloadToHeader: string(
                'This field specifies the header name to output a successfully verified JWT payload to the backend.',
              ),
              presence: enumeration(
                ['OPTIONAL', 'REQUIRED'],
                'Configures whether the JWT token must be present in the request.\n\nValid Options: OPTIONAL, REQUIRED',
              ),
              spaceDelimitedClaims: list(
                string('', { minLength: 1 }),
                'List of JWT claim names that should be treated as space-delimited strings.',
                { maxItems: 64 },
              ),
              timeout: duration(
                'The maximum amount of time that the resolver, determined by the PILOT_JWT_ENABLE_REMOTE_JWKS environment variable, will spend waiting for the JWKS to be fetched.',
              ),
            },
            '',
            {
              ...rules([
                'only one of jwks or jwksUri can be set',
                '(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1',
              ]),
            },
          ),
          "Define the list of JWTs that can be validated at the selected workloads' proxy.",
          { maxItems: 4096 },
        ),
        selector: selector(),
        targetRef: targetRef(),
        targetRefs: targetRefs(),
      },
      'Request authentication configuration for workloads. See more details at: https://istio.io/docs/reference/config/security/request_authentication.html',
      {
        ...rules([
          'only one of targetRefs or selector can be set',
          '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        ]),
      },
    ),
    status: status(),
  })
