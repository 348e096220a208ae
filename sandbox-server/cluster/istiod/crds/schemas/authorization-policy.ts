/** AuthorizationPolicy (security.istio.io) as its CRD describes it, after a recording of the served OpenAPI. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { atMostOneOf, enumeration, list, object, rules, string } from '../notation.ts'
import { selector, status, targetRef, targetRefs } from './shared.ts'

/** The schema of AuthorizationPolicy, the same in every served version. */
export const authorizationPolicy = (): JsonSchema =>
  object({
    spec: object(
      {
        action: enumeration(
          ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'],
          'Optional.\n\nValid Options: ALLOW, DENY, AUDIT, CUSTOM',
        ),
        provider: object(
          { name: string('Specifies the name of the extension provider.') },
          'Specifies detailed configuration of the CUSTOM action.',
        ),
        rules: list(
          object({
            from: list(
              object({
                source: object(
                  {
                    ipBlocks: list(string(), 'Optional.'),
                    namespaces: list(string(), 'Optional.'),
                    notIpBlocks: list(string(), 'Optional.'),
                    notNamespaces: list(string(), 'Optional.'),
                    notPrincipals: list(string(), 'Optional.'),
                    notRemoteIpBlocks: list(string(), 'Optional.'),
                    notRequestPrincipals: list(string(), 'Optional.'),
                    notServiceAccounts: list(string('', { maxLength: 320 }), 'Optional.', { maxItems: 16 }),
                    notTrustDomains: list(string(), 'Optional.'),
                    principals: list(string(), 'Optional.'),
                    remoteIpBlocks: list(string(), 'Optional.'),
                    requestPrincipals: list(string(), 'Optional.'),
                    serviceAccounts: list(string('', { maxLength: 320 }), 'Optional.', { maxItems: 16 }),
                    trustDomains: list(string(), 'Optional.'),
                  },
                  'Source specifies the source of a request.',
                  {
                    ...rules([
                      'Cannot set serviceAccounts with namespaces or principals',
                      '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
                    ]),
                  },
                ),
              }),
              'Optional.',
              { maxItems: 512 },
            ),
            to: list(
              object({
                operation: object(
                  {
                    hosts: list(string(), 'Optional.'),
                    methods: list(string(), 'Optional.'),
                    notHosts: list(string(), 'Optional.'),
                    notMethods: list(string(), 'Optional.'),
                    notPaths: list(string(), 'Optional.'),
                    notPorts: list(string(), 'Optional.'),
                    paths: list(string(), 'Optional.'),
                    ports: list(string(), 'Optional.'),
                  },
                  'Operation specifies the operation of a request.',
                ),
              }),
              'Optional.',
            ),
            when: list(
              object(
                {
                  key: string('The name of an Istio attribute.'),
                  notValues: list(string(), 'Optional.'),
                  values: list(string(), 'Optional.'),
                },
                '',
                { required: ['key'] },
              ),
              'Optional.',
            ),
          }),
          'Optional.',
          { maxItems: 512 },
        ),
        selector: selector(),
        targetRef: targetRef(),
        targetRefs: targetRefs(),
      },
      'Configuration for access control on workloads. See more details at: https://istio.io/docs/reference/config/security/authorization-policy.html',
      {
        ...atMostOneOf('provider'),
        ...rules([
          'only one of targetRefs or selector can be set',
          '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        ]),
      },
    ),
    status: status(),
  })
