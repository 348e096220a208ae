/** The OpenAPI document, made of the routes by @fastify/swagger when somebody asks for it: nobody else waits for that. */
import { z } from 'zod'
import { errorResponse } from '../../protocol/messages.ts'
import type { ApiRoute } from './api-route.ts'

export async function openApiDocument(routes: readonly ApiRoute[]): Promise<unknown> {
  const [{ default: fastify }, { default: swagger }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
  ])
  const app = fastify({ logger: false })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => value => JSON.stringify(value))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Meshdojo',
        description: 'Workshops: instructors, seats, live help, results.',
        version: '1',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Made with POST /api/tokens.' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'meshdojo_user' },
        },
      },
    },
  })
  for (const route of routes)
    app.route({
      method: route.method,
      url: route.url,
      schema: schemaOf(route),
      handler: async () => undefined,
    })
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}

const SECURITY: Record<string, string[]>[] = [{ token: [] }, { cookie: [] }]

function schemaOf(route: ApiRoute) {
  const names = [...route.url.matchAll(/:(\w+)/g)].flatMap(([, name]) => name ?? [])
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.url.replace(/^\/api/, '').replace(/[/:.-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    tags: [route.url.split('/')[2] ?? ''],
    ...(route.access === 'public' ? {} : { security: SECURITY }),
    ...(names.length === 0
      ? {}
      : {
          params: {
            type: 'object',
            properties: Object.fromEntries(names.map(name => [name, { type: 'string' }])),
            required: names,
          },
        }),
    ...(route.body ? { body: jsonSchema(route.body, 'input') } : {}),
    ...(route.query ? { querystring: jsonSchema(route.query, 'input') } : {}),
    response: {
      '2xx': answerOf(route),
      '4xx': { description: 'Refused', ...jsonSchema(errorResponse, 'output') },
    },
  }
}

const answerOf = ({ answer }: ApiRoute) =>
  typeof answer === 'string'
    ? { description: 'OK', content: { [answer]: { schema: { type: 'string' } } } }
    : { description: 'OK', ...(answer ? jsonSchema(answer, 'output') : { type: 'object' }) }

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' })
  return rest
}
