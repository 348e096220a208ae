/** `/stats` of one pod: its share of the shared Envoy's, under the names a real sidecar prints. */
import { unscopedText } from '../multiplex/proxy.ts'
import { type AdminResponse, askEnvoy } from './envoy-client.ts'

/** What is the process's and not a pod's. */
const OF_THE_PROCESS =
  /^(server|cluster_manager|listener_manager|cluster\.xds-grpc|runtime|wasm|main_thread|workers)\b/

export interface PodStats {
  id: string
  envoySocketPath: string
  isIncluded(name: string): boolean
  /** Counters as they were at the pod's last `reset_counters`, by shared name. */
  baseline: ReadonlyMap<string, number>
}

/** What the pod's counters stand at; the shared Envoy's cannot be set to nothing, since they are everybody's. */
export async function countersNow(id: string, envoySocketPath: string): Promise<Map<string, number>> {
  const { body } = await askEnvoy(
    envoySocketPath,
    'GET',
    `/stats?type=Counters&filter=${encodeURIComponent(`${id}~`)}`,
  )
  const counters = new Map<string, number>()
  for (const line of body.split('\n')) {
    const at = line.lastIndexOf(': ')
    if (at > 0) counters.set(line.slice(0, at), Number(line.slice(at + 2)))
  }
  return counters
}

/** A restarted Envoy counts from nothing, below the baseline. */
const sinceReset = (value: number, before: number): number => (value >= before ? value - before : value)

/** Answers `/stats` and `/stats/prometheus` with the query that Envoy knows (`filter`, `usedonly`, `type`, `format`). */
export async function podStats(pod: PodStats, url: URL): Promise<AdminResponse> {
  const format = url.pathname.endsWith('/prometheus') ? 'prometheus' : url.searchParams.get('format')
  const isWanted = nameFilter(url.searchParams.get('filter'))
  if (isWanted === undefined) return { status: 400, contentType: 'text/plain', body: 'Invalid re2 regex\n' }
  const forwarded = new URLSearchParams(url.searchParams)
  // Names differ here and there: the pod's own filter is applied to the pod's own names.
  forwarded.delete('filter')
  forwarded.set('filter', format === 'prometheus' ? `${pod.id}~` : `(${pod.id}~)|(${OF_THE_PROCESS.source})`)
  if (format === 'prometheus') forwarded.delete('format')
  const path = `${format === 'prometheus' ? '/stats/prometheus' : '/stats'}?${forwarded}`
  const answer = await askEnvoy(pod.envoySocketPath, 'GET', path)
  if (answer.status !== 200) return answer
  const keep = (sharedName: string): string | undefined => {
    if (!belongsTo(pod.id, sharedName)) return undefined
    const name = unscopedText(pod.id, sharedName)
    return pod.isIncluded(name) && isWanted(name) ? name : undefined
  }
  if (format === 'prometheus') return { ...answer, body: prometheus(answer.body, pod) }
  if (format === 'json' || format === 'html') return { ...answer, body: json(answer.body, keep) }
  return { ...answer, body: text(answer.body, keep, pod.baseline) }
}

function nameFilter(filter: string | null): ((name: string) => boolean) | undefined {
  if (filter === null) return () => true
  try {
    const regexp = new RegExp(filter)
    return name => regexp.test(name)
  } catch {
    return undefined
  }
}

/** `p1~` must not be found in `p11~`. */
function belongsTo(id: string, sharedName: string): boolean {
  if (!sharedName.includes('~')) return OF_THE_PROCESS.test(sharedName)
  return new RegExp(`(^|[^\\w])${id}~`).test(sharedName)
}

function text(
  body: string,
  keep: (name: string) => string | undefined,
  baseline: ReadonlyMap<string, number>,
): string {
  const lines: string[] = []
  for (const line of body.split('\n')) {
    const at = line.lastIndexOf(': ')
    const histogram = line.indexOf(': P0')
    const end = histogram > 0 ? histogram : at
    const name = end > 0 ? keep(line.slice(0, end)) : undefined
    if (name === undefined) continue
    const before = baseline.get(line.slice(0, end))
    const value = before === undefined ? line.slice(end + 2) : sinceReset(Number(line.slice(end + 2)), before)
    lines.push(`${name}: ${value}`)
  }
  // Sorted as Envoy sorts them, by the names as they are now.
  return lines.length === 0 ? '' : `${lines.sort().join('\n')}\n`
}

function json(body: string, keep: (name: string) => string | undefined): string {
  const parsed: { stats?: { name?: string }[] } = JSON.parse(body)
  const stats = (parsed.stats ?? []).flatMap(stat => {
    const name = stat.name === undefined ? undefined : keep(stat.name)
    return name === undefined ? [] : [{ ...stat, name }]
  })
  return JSON.stringify({ ...parsed, stats })
}

/** Labels carry the pod's prefix there; `# TYPE` lines stay where some sample of theirs does. */
function prometheus(body: string, pod: PodStats): string {
  const samplesOf = new Map<string, string[]>()
  let samples: string[] = []
  const prefix = new RegExp(`(["._])${pod.id}~`)
  for (const line of body.split('\n')) {
    if (line.startsWith('#')) {
      const type = line.replace('_rq_xx ', '_rq ')
      samples = samplesOf.get(type) ?? []
      samplesOf.set(type, samples)
    } else if (prefix.test(line) && isIncludedMetric(line, pod)) {
      samples.push(withIstioLabels(unscopedText(pod.id, line)))
    }
  }
  const kept = [...samplesOf].flatMap(([type, lines]) => (lines.length > 0 ? [type, ...lines] : []))
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`
}

/** Istio's rules call `…_rq_2xx` `…_rq` of the class `2xx`, where Envoy's own make it `…_rq_xx` of the class `2`. */
const withIstioLabels = (line: string): string =>
  line
    .replace(/_rq_xx\{envoy_response_code_class="(\d)"/, '_rq{response_code_class="$1xx"')
    .replace('{envoy_response_code="', '{response_code="')

/** `envoy_cluster_upstream_rq_total{cluster_name="outbound|…"}` was `cluster.outbound|….upstream_rq_total`. */
function isIncludedMetric(line: string, pod: PodStats): boolean {
  const match = /^envoy_([a-z]+)_(\w+)\{(.*)\}/.exec(line)
  if (!match) return true
  const [, family = '', metric = '', labels = ''] = match
  const owner = /(?:cluster_name|_prefix|listener_address)="([^"]*)"/.exec(labels)?.[1] ?? ''
  return pod.isIncluded(`${family}.${unscopedText(pod.id, owner)};.${metric}`)
}
