/**
 * `npm run bench`: what a learner feels and what a classroom needs, as medians of at least ten runs on the product as it
 * is served. Numbers of one run compare with each other; machines differ and are noisy.
 */
import { availableParallelism, cpus, totalmem } from 'node:os'
import { Learner } from '../driver/learner.ts'
import { processTree } from '../driver/processes.ts'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { proportionalMegabytes } from './process-memory.ts'
import { formatMeasurement, type Measurement } from './statistics.ts'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 10)
/** How many sandboxes stand side by side when memory is read. */
const SANDBOXES = Number(process.env['BENCH_SANDBOXES'] ?? 6)
const CHAPTER = 'request-routing'

const show = (measurement: Measurement) => process.stdout.write(`${formatMeasurement(measurement)}\n`)

async function repeat(run: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let index = 0; index < RUNS; index++) values.push(await run())
  return values
}

/** From the learner's arrival until the sandbox says it is ready and its product page answers. */
async function coldStarts(server: TestServer): Promise<{ ready: number[]; routable: number[] }> {
  const ready: number[] = []
  const routable = await repeat(async () => {
    const beganMs = performance.now()
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.sandboxReady()
    ready.push(performance.now() - beganMs)
    await learner.openTerminal()
    await learner.run(PAGE_ANSWERS)
    const elapsedMs = performance.now() - beganMs
    learner.leave()
    return elapsedMs
  })
  return { ready, routable }
}

const PAGE_ANSWERS = `until curl -sf -o /dev/null -m 1 productpage:9080/productpage; do :; done`

/**
 * From the moment a changed VirtualService is sent to the API server until a request is routed by it. A loop in ratings
 * asks reviews all the time over one connection and notes when another version answers; both times are the same kernel's
 * clock. The loop is bash alone: a process per request would measure the machine's forks.
 */
const WATCH_SCRIPT = `
exec 3<>/dev/tcp/reviews/9080 4<> <(:)
while :; do
  printf 'GET /reviews/0 HTTP/1.1\\r\\nHost: reviews:9080\\r\\n\\r\\n' >&3
  length=0
  while IFS= read -r line <&3 && [ "$line" != $'\\r' ]; do
    case $line in [Cc]ontent-[Ll]ength:*) length=\${line#*:}; length=\${length//[^0-9]/} ;; esac
  done
  IFS= read -r -N "$length" body <&3
  now=\${body#*reviews-v}; now=v\${now:0:1}
  [ "$now" = "$last" ] || printf '%s:%s\\n' "$now" "\${EPOCHREALTIME/./}"
  last=$now
  read -rt 0.002 -u 4
done`
const ROUTE_SCRIPT = `
account=/var/run/secrets/kubernetes.io/serviceaccount
url=https://kubernetes.default/apis/networking.istio.io/v1/namespaces/$(cat $account/namespace)/virtualservices/reviews
patch='{"spec":{"http":[{"route":[{"destination":{"host":"reviews","subset":"'$1'"}}]}]}}'
token=$(cat $account/token)
sent=\${EPOCHREALTIME/./}
curl -s -o /dev/null --cacert $account/ca.crt -H "Authorization: Bearer $token" \\
  -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$patch" $url
until [ "$(tail -n 1 /tmp/versions.log | cut -d: -f1)" = "$1" ]; do sleep 0.01; done
echo "sent:$sent routed:$(tail -n 1 /tmp/versions.log | cut -d: -f2)"`

async function applyToTraffic(learner: Learner): Promise<number[]> {
  await learner.run('kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml >/dev/null')
  await learner.run('kubectl apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml >/dev/null')
  await learner.run(writeFile('/tmp/watch.sh', WATCH_SCRIPT))
  await learner.run(writeFile('/tmp/route.sh', ROUTE_SCRIPT))
  await learner.run(
    '{ kubectl exec -i deploy/ratings-v1 -c ratings -- bash < /tmp/watch.sh > /tmp/versions.log & }',
  )
  await learner.run('until [ -s /tmp/versions.log ]; do sleep 0.1; done')
  const versions = ['v3', 'v1']
  let turn = 0
  const values = await repeat(async () => {
    const text = await learner.run(`bash /tmp/route.sh ${versions[turn++ % 2]}`)
    const at = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1] ?? Number.NaN)
    return (at('routed') - at('sent')) / 1000
  })
  await learner.run('kill %1; wait')
  return values
}

/** A shell command that writes `text`, in base64: a terminal edits what is typed, bytes it leaves alone. */
const writeFile = (path: string, text: string): string =>
  `base64 -d > ${path} <<< ${Buffer.from(text).toString('base64')}`

/** From a command's output in the terminal until its check has passed. */
async function evidenceToTick(server: TestServer): Promise<number[]> {
  return repeat(async () => {
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.sandboxReady()
    await learner.openTerminal()
    learner.send({ type: 'open-step', step: 'look-around' })
    await learner.run('kubectl get pods')
    await learner.run('kubectl get svc')
    const beganMs = performance.now()
    await learner.stepState('look-around', 'passed')
    const elapsedMs = performance.now() - beganMs
    learner.leave()
    return elapsedMs
  })
}

/** What each of several ready sandboxes takes, whole trees, when they stand side by side. */
async function memory(server: TestServer): Promise<number[]> {
  const before = new Set(processTree(server.pid))
  const learners: Learner[] = []
  for (let index = 0; index < SANDBOXES; index++) {
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.sandboxReady()
    await learner.openTerminal()
    await learner.run(PAGE_ANSWERS)
    learners.push(learner)
  }
  const added = processTree(server.pid).filter(pid => !before.has(pid))
  const roots = added.filter(pid => !added.some(other => other !== pid && processTree(other).includes(pid)))
  const values = roots.map(root => proportionalMegabytes(processTree(root)))
  for (const learner of learners) learner.leave()
  return values
}

const data = temporaryData()
const server = await startServer(data)
try {
  const gib = (totalmem() / 2 ** 30).toFixed(0)
  process.stdout.write(
    `${availableParallelism()} processors (${cpus()[0]?.model.trim()}), ${gib} GiB, Node ${process.versions.node}\n\n`,
  )
  const { ready, routable } = await coldStarts(server)
  show({ name: 'cold start: sandbox says ready', unit: 'ms', values: ready })
  show({ name: 'cold start: Bookinfo routable', unit: 'ms', values: routable, goal: 1000 })
  const learner = await new Learner(server.url, CHAPTER).join()
  await learner.sandboxReady()
  await learner.openTerminal()
  show({ name: 'apply to traffic', unit: 'ms', values: await applyToTraffic(learner), goal: 150 })
  learner.leave()
  show({ name: 'evidence to tick', unit: 'ms', values: await evidenceToTick(server), goal: 1000 })
  show({
    name: `memory per ready sandbox, ${SANDBOXES} side by side`,
    unit: 'MB',
    values: await memory(server),
    goal: 75,
  })
} finally {
  await server.kill('SIGTERM')
  removeData(data)
}
