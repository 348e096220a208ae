/** A small cluster's kinds for the tests: the shapes that real schemas use. */
import type { KindSchemaResponse } from '../../../../sandbox-server/protocol/files.ts'
import type { Kinds } from './schema.ts'

const meta = { properties: { name: { type: 'string' }, uid: { type: 'string' } }, type: 'object' }

const virtualService: KindSchemaResponse = {
  root: 'VirtualService',
  definitions: {
    Meta: meta,
    VirtualService: {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { ref: 'Meta', description: 'Standard metadata.' },
        status: { type: 'object', preserveUnknown: true },
        spec: {
          type: 'object',
          properties: {
            hosts: { type: 'array', items: { type: 'string' }, description: 'To which traffic is sent.' },
            http: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  name: { type: 'string' },
                  timeout: { type: 'string' },
                  headers: { type: 'object', additionalProperties: { type: 'string' } },
                  route: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['destination'],
                      properties: {
                        weight: { type: 'integer', minimum: 0, maximum: 100 },
                        destination: {
                          type: 'object',
                          required: ['host'],
                          properties: { host: { type: 'string' }, subset: { type: 'string' } },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
}

const service: KindSchemaResponse = {
  root: 'Service',
  definitions: {
    Meta: meta,
    Port: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
    Service: {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { ref: 'Meta' },
        spec: {
          type: 'object',
          properties: {
            type: { type: 'string', enum: ['ClusterIP', 'NodePort'], default: 'ClusterIP' },
            publishNotReadyAddresses: { type: 'boolean' },
            selector: { type: 'object', additionalProperties: { type: 'string' } },
            ports: {
              type: 'array',
              items: {
                type: 'object',
                required: ['port'],
                properties: { port: { type: 'integer' }, targetPort: { ref: 'Port' } },
              },
            },
          },
        },
      },
    },
  },
}

const known: [string, string, KindSchemaResponse][] = [
  ['v1', 'Service', service],
  ['networking.istio.io/v1', 'VirtualService', virtualService],
  ['networking.istio.io/v1beta1', 'VirtualService', virtualService],
]

export const testingKinds: Kinds = {
  all: () => known.map(([apiVersion, kind]) => ({ apiVersion, kind })),
  schema: (apiVersion, kind) => known.find(one => one[0] === apiVersion && one[1] === kind)?.[2],
}
