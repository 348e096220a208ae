/**
 * `/ws/mesh`: what goes on between a learner's workloads. The server counts, second by second and edge by edge; the page
 * adds up whatever window it shows. On connecting come `topology` messages (the last is the one of now) and `traffic` with
 * everything that is kept; then `traffic` at most once a second.
 */
import { z } from 'zod'

export const meshNode = z.object({
  /** `namespace/workload/version`, `host/NAME` for a host outside the mesh, or `outside`. */
  id: z.string(),
  /** A service without pods is a `service`. */
  kind: z.enum(['workload', 'gateway', 'service', 'host', 'outside']),
  namespace: z.string(),
  /** The workload without its version, or the host. */
  name: z.string(),
  /** `` when none. */
  version: z.string(),
  hasSidecar: z.boolean(),
  pods: z.object({ ready: z.number().int(), total: z.number().int() }),
  /** `reviews:9080`, of every service that selects its pods. */
  services: z.array(z.string()),
})
export type MeshNode = z.infer<typeof meshNode>

/** One route as a proxy holds it, with what it does to requests on their way. */
export const meshRule = z.object({
  /** Node whose proxy it is. */
  source: z.string(),
  /** What callers ask for, e.g. `reviews.default.svc.cluster.local`. */
  host: z.string(),
  port: z.number().int(),
  protocol: z.enum(['http', 'tcp']),
  /** In the words of a VirtualService; `` matches everything. */
  match: z.string(),
  /** `namespace/name` of the VirtualService, `` when there is none. */
  virtualService: z.string(),
  targets: z.array(
    z.object({ nodes: z.array(z.string()), host: z.string(), subset: z.string(), percent: z.number() }),
  ),
  timeoutMs: z.number().optional(),
  delay: z.object({ ms: z.number(), percent: z.number() }).optional(),
  abort: z.object({ status: z.number(), percent: z.number() }).optional(),
  mirror: z.object({ nodes: z.array(z.string()), percent: z.number() }).optional(),
})
export type MeshRule = z.infer<typeof meshRule>

/** Circuit breakers as a proxy holds them for what it calls. */
export const meshLimit = z.object({
  source: z.string(),
  nodes: z.array(z.string()),
  maxConnections: z.number().optional(),
  maxPending: z.number().optional(),
  maxRequests: z.number().optional(),
  outlierDetection: z.boolean(),
})
export type MeshLimit = z.infer<typeof meshLimit>

export const meshEdge = z.object({
  id: z.number().int(),
  source: z.string(),
  target: z.string(),
  protocol: z.enum(['http', 'tcp']),
  /** Copies of requests; nobody waits for their answers. */
  mirror: z.boolean(),
})
export type MeshEdge = z.infer<typeof meshEdge>

/** What happened on one edge within one second; what is absent is 0. */
export const edgeSecond = z.object({
  edge: z.number().int(),
  /** Requests, or TCP connections, that ended. */
  requests: z.number().int(),
  /** Answered with 4xx, 5xx or not at all. */
  errors: z.number().int().optional(),
  /** How many had which of Envoy's response flags. */
  flags: z.record(z.string(), z.number().int()).optional(),
  /** protocol/mesh-counts.ts */
  latency: z.array(z.number().int()),
  /** How many came over mTLS, and how many in plain text, as the called sidecars saw it. */
  secure: z.number().int().optional(),
  plain: z.number().int().optional(),
})
export type EdgeSecond = z.infer<typeof edgeSecond>

export const trafficSecond = z.object({
  /** Seconds since the epoch. */
  at: z.number().int(),
  edges: z.array(edgeSecond),
})
export type TrafficSecond = z.infer<typeof trafficSecond>

export const meshRequest = z.object({
  id: z.number().int(),
  edge: z.number().int(),
  /** When it began, milliseconds since the epoch. */
  at: z.number(),
  /** `` when the proxy gave none. */
  requestId: z.string(),
  method: z.string(),
  path: z.string(),
  authority: z.string(),
  status: z.number().int(),
  flags: z.string(),
  durationMs: z.number(),
})
export type MeshRequest = z.infer<typeof meshRequest>

/** One proxy's record of a request on its way. */
export const requestSpan = z.object({
  /** Whose proxy. */
  node: z.string(),
  /** `client`: on its way out of `node`; `server`: as it came in. */
  side: z.enum(['client', 'server']),
  /** Whom the node called; of `server` spans the node itself. */
  target: z.string(),
  depth: z.number().int(),
  at: z.number(),
  durationMs: z.number(),
  method: z.string(),
  path: z.string(),
  status: z.number().int(),
  flags: z.string(),
  details: z.string(),
  /** Subset that was chosen. */
  subset: z.string(),
  secure: z.boolean().optional(),
})
export type RequestSpan = z.infer<typeof requestSpan>

/**
 * chosen: it did; likely: nothing speaks against it, but headers are not in the log; passed: a match speaks against it;
 * elsewhere: it leads to other destinations, so its match cannot have held; after: an earlier rule had it already.
 */
export const ruleVerdict = z.enum(['chosen', 'likely', 'passed', 'elsewhere', 'after'])
export type RuleVerdict = z.infer<typeof ruleVerdict>

export const routeReason = z.object({
  /** What the request asked for. */
  host: z.string(),
  /** Where it went: `reviews v1`. */
  destination: z.string(),
  /** `namespace/name`; undefined when no VirtualService is for this host: then the service's own pods take turns. */
  virtualService: z.string().optional(),
  /** `http`, `tcp` or `tls`: the list of the VirtualService that was looked through. */
  section: z.enum(['http', 'tcp', 'tls']),
  rules: z.array(
    z.object({
      index: z.number().int(),
      name: z.string(),
      /** In words, `` matches everything. */
      match: z.string(),
      verdict: ruleVerdict,
      /** The condition that spoke against it, in words. */
      against: z.string(),
      destinations: z.array(z.object({ to: z.string(), percent: z.number(), taken: z.boolean() })),
      /** From 1, in what `kubectl get virtualservice NAME -o yaml` prints. */
      line: z.number().int(),
    }),
  ),
  /** What kubectl prints, from the line `from` on. */
  yaml: z.object({ from: z.number().int(), lines: z.array(z.string()) }),
  /** The VirtualService was changed after this request. */
  changedSince: z.boolean(),
})
export type RouteReason = z.infer<typeof routeReason>

export const meshServerMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('topology'),
    /** Milliseconds since the epoch from which on it holds. */
    at: z.number(),
    /** The learner's own. */
    namespace: z.string(),
    nodes: z.array(meshNode),
    rules: z.array(meshRule),
    limits: z.array(meshLimit),
  }),
  z.object({
    type: z.literal('traffic'),
    /** True after connecting: forget what was known. */
    fresh: z.boolean(),
    /** The server's clock, milliseconds since the epoch. */
    now: z.number(),
    /** Edges not told of before. */
    edges: z.array(meshEdge),
    /** Whole seconds; one that was told before is replaced. */
    seconds: z.array(trafficSecond),
    /** A sample under load: `kept` of `seen` since the server began to look. */
    requests: z.array(meshRequest),
    seen: z.number().int(),
    kept: z.number().int(),
  }),
  /** Answer to `open`. */
  z.object({
    type: z.literal('opened'),
    id: z.number().int(),
    spans: z.array(requestSpan),
    reason: routeReason.optional(),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type MeshServerMessage = z.infer<typeof meshServerMessage>
export type Topology = Extract<MeshServerMessage, { type: 'topology' }>
export type Traffic = Extract<MeshServerMessage, { type: 'traffic' }>
export type OpenedRequest = Extract<MeshServerMessage, { type: 'opened' }>

export const meshClientMessage = z.discriminatedUnion('type', [
  /** Its path through the mesh, and why it went there. */
  z.object({ type: z.literal('open'), id: z.number().int() }),
])
export type MeshClientMessage = z.infer<typeof meshClientMessage>
