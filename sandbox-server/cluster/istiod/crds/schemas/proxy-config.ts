/**
 * ProxyConfig (networking.istio.io/v1beta1), written after the API's documentation:
 * https://istio.io/latest/docs/reference/config/networking/proxy-config/
 */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { int32, map, object, string } from '../notation.ts'
import { policySelector } from './policy-attachment.ts'
import { status } from './shared.ts'

/** The schema of ProxyConfig. */
export const proxyConfig = (): JsonSchema =>
  object({
    spec: object(
      {
        concurrency: int32('Number of worker threads.', { minimum: 0, nullable: true }),
        environmentVariables: map(
          string('', { maxLength: 2048 }),
          'More environment variables for the proxy.',
        ),
        image: object(
          { imageType: string('Type of the image, e.g. distroless.') },
          'The image of the proxy.',
        ),
        selector: policySelector(),
      },
      'Provides configuration for individual workloads. See more details at: https://istio.io/docs/reference/config/networking/proxy-config.html',
    ),
    status: status(),
  })
