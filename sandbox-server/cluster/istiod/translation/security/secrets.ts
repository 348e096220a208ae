/** References to certificates that the proxy is given by secret discovery. */

const FROM_AGENT = {
  apiConfigSource: {
    apiType: 'GRPC',
    transportApiVersion: 'V3',
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
    setNodeOnFirstMessageOnly: true,
  },
  initialFetchTimeout: '0s',
  resourceApiVersion: 'V3',
}

const FROM_ISTIOD = { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' }

/**
 * A secret by name: `default` is the workload's own certificate, `ROOTCA` the mesh's authorities; from the proxy's
 * agent, or a gateway's credential from istiod.
 */
export const secretConfig = (name: string, source: 'agent' | 'ads' = 'agent'): Record<string, unknown> => ({
  name,
  sdsConfig: source === 'ads' ? FROM_ISTIOD : FROM_AGENT,
})
