/** `/api/schemas`: the kinds of the learner's cluster and what they consist of. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { KindSchemaResponse, KindsResponse } from '../../protocol/files.ts'
import { PlatformError } from '../errors.ts'
import type { LearnerRoutesDeps } from '../http/learner-routes.ts'
import { isStatus, KubeError } from '../kube-client/kube-error.ts'
import { ClusterSchemas } from './cluster-schemas.ts'

const wantedKind = z.object({ apiVersion: z.string().min(1).max(200), kind: z.string().min(1).max(100) })

export function registerSchemas(app: FastifyInstance, deps: LearnerRoutesDeps): void {
  const schemas = new ClusterSchemas()
  const asShown = (error: unknown): never => {
    if (isStatus(error, 404)) throw new PlatformError('not_found', { path: error.message })
    if (error instanceof KubeError) throw new PlatformError('sandbox_failed', { detail: error.message })
    throw error
  }
  app.get('/api/schemas', (request, reply): Promise<KindsResponse> => {
    reply.header('cache-control', 'no-store')
    return deps.withLearner(request, async ({ sandbox }) =>
      schemas.kinds((await sandbox.whenCluster()).client.transport).catch(asShown),
    )
  })
  app.get('/api/schemas/kind', (request, reply): Promise<KindSchemaResponse> => {
    reply.header('cache-control', 'no-store')
    const { apiVersion, kind } = wantedKind.parse(request.query)
    return deps.withLearner(request, async ({ sandbox }) => {
      const { transport } = (await sandbox.whenCluster()).client
      return schemas.schema(transport, apiVersion, kind).catch(asShown)
    })
  })
}
