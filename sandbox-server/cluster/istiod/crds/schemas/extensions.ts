/**
 * WasmPlugin and TrafficExtension (extensions.istio.io/v1alpha1), written after the API's documentation:
 * https://istio.io/latest/docs/reference/config/proxy_extensions/
 */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  anything,
  atMostOneOf,
  enumeration,
  int32,
  integer,
  list,
  object,
  rules,
  string,
} from '../notation.ts'
import { ONE_TARGET, policySelector, policyTargetRef, policyTargetRefs } from './policy-attachment.ts'
import { status } from './shared.ts'

const options = (values: readonly string[], description: string): JsonSchema => {
  const shown = values.filter(value => !value.startsWith('UN'))
  return enumeration(values, `${description}\n\nValid Options: ${shown.join(', ')}`)
}

const trafficMatch = (): JsonSchema =>
  list(
    object({
      mode: options(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'], 'Direction of the traffic.'),
      ports: list(
        object({ number: integer('', { maximum: 65535, minimum: 1 }) }, '', { required: ['number'] }),
        'Destination ports of the traffic.',
        { 'x-kubernetes-list-map-keys': ['number'], 'x-kubernetes-list-type': 'map' },
      ),
    }),
    'Which traffic is passed on.',
  )

const phase = (unset: string): JsonSchema =>
  options([unset, 'AUTHN', 'AUTHZ', 'STATS'], 'Place in the filter chain.')

const priority = (): JsonSchema => int32('Order within the phase: higher ones first.', { nullable: true })

const vmConfig = (): JsonSchema =>
  object(
    {
      env: list(
        object(
          {
            name: string('Name of the variable.', { maxLength: 256, minLength: 1 }),
            value: string('Value of the variable.', { maxLength: 2048 }),
            valueFrom: options(['INLINE', 'HOST'], 'Where the value comes from.'),
          },
          '',
          {
            required: ['name'],
            ...rules([
              'value may only be set when valueFrom is INLINE',
              '(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)',
            ]),
          },
        ),
        'Environment variables of the VM.',
        { maxItems: 256, 'x-kubernetes-list-map-keys': ['name'], 'x-kubernetes-list-type': 'map' },
      ),
    },
    'Configuration of the Wasm VM.',
  )

const wasmModule = (): Record<string, JsonSchema> => ({
  failStrategy: options(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'], 'What happens when the plugin fails.'),
  imagePullPolicy: options(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'], 'When the module is fetched.'),
  imagePullSecret: string('Credentials for fetching an OCI image.', { maxLength: 253, minLength: 1 }),
  pluginConfig: anything('Configuration handed to the plugin.'),
  pluginName: string('Name of the plugin in Envoy.', { maxLength: 256, minLength: 1 }),
  sha256: string('Checksum of the module.', { pattern: '(^$|^[a-f0-9]{64}$)' }),
  type: options(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'], 'Kind of the extension.'),
  url: string('Where the module is.', {
    minLength: 1,
    ...rules([
      'url must have schema one of [http, https, file, oci]',
      'isURL(self) ? (url(self).getScheme() in ["", "http", "https", "oci", "file"]) : (isURL("http://" + self) &&\nurl("http://" + self).getScheme() in ["", "http", "https", "oci", "file"])',
    ]),
  }),
  verificationKey: string(),
  vmConfig: vmConfig(),
})

/** The schema of WasmPlugin. */
export const wasmPlugin = (): JsonSchema =>
  object(
    {
      spec: object(
        {
          ...wasmModule(),
          match: trafficMatch(),
          phase: phase('UNSPECIFIED_PHASE'),
          priority: priority(),
          selector: policySelector(),
          targetRef: policyTargetRef(),
          targetRefs: policyTargetRefs(),
        },
        'Extend the functionality provided by the Istio proxy through WebAssembly filters. See more details at: https://istio.io/docs/reference/config/proxy_extensions/wasm-plugin.html',
        { required: ['url'], ...rules(ONE_TARGET) },
      ),
      status: status(),
    },
    '',
    { required: ['spec'] },
  )

/** The schema of TrafficExtension. */
export const trafficExtension = (): JsonSchema =>
  object(
    {
      spec: object(
        {
          lua: object(
            { inlineCode: string('The Lua code.', { maxLength: 65536, minLength: 1 }) },
            'A filter in Lua.',
            { required: ['inlineCode'] },
          ),
          match: trafficMatch(),
          phase: phase('UNSPECIFIED'),
          priority: priority(),
          selector: policySelector(),
          targetRefs: policyTargetRefs(),
          wasm: object(wasmModule(), 'A WebAssembly filter.', { required: ['url'] }),
        },
        'Extend the functionality provided by the Istio proxy through WebAssembly or Lua filters. See more details at: https://istio.io/docs/reference/config/proxy_extensions/traffic-extension.html',
        {
          ...atMostOneOf('wasm', 'lua'),
          ...rules(
            [
              'only one of targetRefs or selector can be set',
              '(has(self.selector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
            ],
            ['exactly one of wasm or lua must be set', 'has(self.wasm) != has(self.lua)'],
          ),
        },
      ),
      status: status(),
    },
    '',
    { required: ['spec'] },
  )
